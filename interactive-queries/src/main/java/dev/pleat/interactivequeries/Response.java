package dev.pleat.interactivequeries;

/** What a request is answered with: at once, or bit by bit. */
sealed interface Response permits Reply, EventStream {}

package dev.pleat.topology.journal;

/** A row of the view {@code pages}. */
public record PageRow(String page, long lines, String last) {}

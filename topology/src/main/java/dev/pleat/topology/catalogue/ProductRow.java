package dev.pleat.topology.catalogue;

import java.time.Instant;

/** What the catalogue keeps of a product. */
record ProductRow(
    String productId, String name, String category, String description, Instant addedAt) {}

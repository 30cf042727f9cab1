package dev.pleat.schemas.products;

import java.time.Instant;

/** What can have happened to a product. */
public sealed interface ProductEvent {

  /** The product is in the catalogue from here on. */
  record ProductAdded(
      String productId, String name, String category, String description, Instant addedAt)
      implements ProductEvent {}

  /** What is said about the product was replaced. */
  record ProductDescribed(String productId, String name, String category, String description)
      implements ProductEvent {}

  /** The product is in the catalogue no more, and will not come back. */
  record ProductDiscontinued(String productId) implements ProductEvent {}
}

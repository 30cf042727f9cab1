package dev.pleat.schemas.products;

/** What can be asked of a product. Its price is another context's. */
public sealed interface ProductCommand {

  /** Add a product to the catalogue. */
  record AddProduct(String productId, String name, String category, String description)
      implements ProductCommand {}

  /** Replace what is said about a product. */
  record DescribeProduct(String productId, String name, String category, String description)
      implements ProductCommand {}

  /** Take a product out of the catalogue for good. */
  record DiscontinueProduct(String productId) implements ProductCommand {}
}

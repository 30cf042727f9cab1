package dev.pleat.schemas.products;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.products.ProductCommand.AddProduct;
import dev.pleat.schemas.products.ProductCommand.DescribeProduct;
import dev.pleat.schemas.products.ProductCommand.DiscontinueProduct;

/** What can be said to the products. They are asked for in the catalogue. */
public final class ProductSchema {

  public static final String PRODUCT_ALREADY_EXISTS = "product-already-exists";
  public static final String PRODUCT_NOT_FOUND = "product-not-found";
  public static final String PRODUCT_DISCONTINUED = "product-discontinued";
  public static final String NAME_REQUIRED = "name-required";

  public static final DomainSchema<ProductCommand, ProductEvent> SCHEMA =
      DomainSchema.of("products", ProductCommand.class, ProductEvent.class)
          .identifiedBy("product-id", IdFormat.UUID)
          .action(AddProduct.class, PRODUCT_ALREADY_EXISTS, PRODUCT_DISCONTINUED, NAME_REQUIRED)
          .action(DescribeProduct.class, PRODUCT_NOT_FOUND, PRODUCT_DISCONTINUED, NAME_REQUIRED)
          .action(DiscontinueProduct.class, PRODUCT_NOT_FOUND)
          .creates("/products", AddProduct.class)
          .updates("/products/{product-id}/description", DescribeProduct.class)
          .updates("/products/{product-id}/discontinuation", DiscontinueProduct.class)
          .build();

  private ProductSchema() {}
}

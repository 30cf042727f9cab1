package dev.pleat.topology.products;

import dev.pleat.schemas.products.ProductCommand;
import dev.pleat.schemas.products.ProductEvent;
import dev.pleat.schemas.products.ProductSchema;
import dev.pleat.topology.Domain;

/** The products: their rules, bound to their names. */
public final class ProductDomain {

  public static final Domain<Products.State, ProductCommand, ProductEvent> PRODUCTS =
      Domain.of(ProductSchema.SCHEMA).decidedBy(new Products(), Products.State.class).build();

  private ProductDomain() {}
}

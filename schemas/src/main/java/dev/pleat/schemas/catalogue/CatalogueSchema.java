package dev.pleat.schemas.catalogue;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.prices.PriceSchema;
import dev.pleat.schemas.products.ProductSchema;

/** What can be asked of the catalogue. It takes no commands: products and prices do. */
public final class CatalogueSchema {

  /** The view of all products that are in the catalogue, with their prices. */
  public static final String PRODUCT_PAGE = "product-page";

  public static final DomainSchema<Void, Void> SCHEMA =
      DomainSchema.ofViews("catalogue", CatalogueSchema.class)
          .derivedView(
              PRODUCT_PAGE,
              ProductPage.class,
              "product-id",
              IdFormat.UUID,
              ProductSchema.SCHEMA,
              PriceSchema.SCHEMA)
          .reads("/products/{product-id}", PRODUCT_PAGE)
          .build();

  private CatalogueSchema() {}
}

package dev.pleat.schemas.catalogue;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.prices.PriceSchema;
import dev.pleat.schemas.products.ProductSchema;
import java.text.Normalizer;
import java.util.Locale;

/** What can be asked of the catalogue. It takes no commands: products and prices do. */
public final class CatalogueSchema {

  /** The view of all products that are in the catalogue, with their prices. */
  public static final String PRODUCT_PAGE = "product-page";

  /** Pages of a category, whatever its case. */
  public static final String CATEGORY = "category";

  /** Pages with a word in their name or description, whatever its case. */
  public static final String WORD = "word";

  /** Pages in the order in which their products were added, the newest first. */
  public static final String NEWEST = "newest";

  /** Pages in the order of amounts, the smallest first; without those that have no price. */
  public static final String CHEAPEST = "cheapest";

  public static final DomainSchema<Void, Void> SCHEMA =
      DomainSchema.ofViews("catalogue", CatalogueSchema.class)
          .derivedView(
              PRODUCT_PAGE,
              ProductPage.class,
              "product-id",
              IdFormat.UUID,
              ProductSchema.SCHEMA,
              PriceSchema.SCHEMA)
          .foundBy(PRODUCT_PAGE, CATEGORY, CatalogueSchema::normal)
          .foundBy(PRODUCT_PAGE, WORD, CatalogueSchema::normal)
          .listedBy(PRODUCT_PAGE, NEWEST)
          .listedBy(PRODUCT_PAGE, CHEAPEST)
          .reads("/products/{product-id}", PRODUCT_PAGE)
          .build();

  private CatalogueSchema() {}

  private static String normal(String text) {
    return Normalizer.normalize(text.strip(), Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
  }
}

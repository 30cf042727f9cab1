package dev.pleat.topology.catalogue;

import static dev.pleat.schemas.catalogue.CatalogueSchema.CATEGORY;
import static dev.pleat.schemas.catalogue.CatalogueSchema.CHEAPEST;
import static dev.pleat.schemas.catalogue.CatalogueSchema.NEWEST;
import static dev.pleat.schemas.catalogue.CatalogueSchema.WORD;

import dev.pleat.schemas.catalogue.CatalogueSchema;
import dev.pleat.schemas.catalogue.ProductPage;
import dev.pleat.schemas.prices.PriceEvent.PriceSet;
import dev.pleat.schemas.prices.PriceSchema;
import dev.pleat.schemas.products.ProductSchema;
import dev.pleat.topology.Domain;
import dev.pleat.topology.EventTables;
import java.util.List;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Named;

/** The catalogue: products joined with their prices. It decides nothing. */
public final class CatalogueDomain {

  private static final String PAGE = CatalogueSchema.PRODUCT_PAGE;

  public static final Domain<Void, Void, Void> CATALOGUE =
      Domain.ofViews(CatalogueSchema.SCHEMA)
          .derivedAs(PAGE, ProductPage.class, CatalogueDomain::productPages)
          .foundBy(PAGE, ProductPage.class, CATEGORY, page -> List.of(page.category()))
          .foundBy(PAGE, ProductPage.class, WORD, Catalogue::words)
          .listedBy(PAGE, ProductPage.class, NEWEST, Catalogue::newest)
          .listedBy(PAGE, ProductPage.class, CHEAPEST, ProductPage::amount)
          .build();

  private CatalogueDomain() {}

  private static KTable<String, ProductPage> productPages(EventTables events) {
    KTable<String, ProductRow> products =
        events.table(ProductSchema.SCHEMA, ProductRow.class, Catalogue::product);
    KTable<String, PriceSet> prices =
        events.table(PriceSchema.SCHEMA, PriceSet.class, Catalogue::price);
    return products.leftJoin(prices, Catalogue::page, Named.as("priced"));
  }
}

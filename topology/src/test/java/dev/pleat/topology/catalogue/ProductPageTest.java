package dev.pleat.topology.catalogue;

import static dev.pleat.topology.catalogue.CatalogueDomain.CATALOGUE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.schemas.catalogue.CatalogueSchema;
import dev.pleat.schemas.catalogue.ProductPage;
import dev.pleat.schemas.prices.PriceEvent.PriceSet;
import dev.pleat.schemas.prices.PriceSchema;
import dev.pleat.schemas.products.ProductEvent.ProductAdded;
import dev.pleat.schemas.products.ProductEvent.ProductDescribed;
import dev.pleat.schemas.products.ProductEvent.ProductDiscontinued;
import dev.pleat.schemas.products.ProductSchema;
import dev.pleat.topology.DerivedRows;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProductPageTest {

  private static final Instant ADDED = Instant.parse("2026-11-21T10:00:00Z");
  private static final Optional<Instant> ALWAYS = Optional.empty();

  private final DerivedRows<ProductPage> pages =
      DerivedRows.of(CATALOGUE, CatalogueSchema.PRODUCT_PAGE, ProductPage.class);
  private final String id = UUID.randomUUID().toString();
  private final ProductAdded added =
      new ProductAdded(id, "kettle", "kitchen", "boils water", ADDED);
  private final PriceSet price = new PriceSet(id, 1250, "EUR", ALWAYS, ALWAYS);

  @AfterEach
  void close() {
    pages.close();
  }

  private Optional<ProductPage> kettle(String description, Optional<PriceSet> costing) {
    return Optional.of(
        new ProductPage(
            id,
            "kettle",
            "kitchen",
            description,
            ADDED,
            costing.map(PriceSet::amount),
            costing.map(PriceSet::currency),
            ALWAYS,
            ALWAYS));
  }

  @Test
  void shows_a_product_whose_price_is_not_set_yet() {
    pages.happens(ProductSchema.SCHEMA, id, added);

    assertEquals(kettle("boils water", Optional.empty()), pages.row(id));
  }

  @Test
  void shows_a_product_with_its_price_whichever_came_first() {
    pages.happens(PriceSchema.SCHEMA, id, price);
    assertEquals(Optional.empty(), pages.row(id));

    pages.happens(ProductSchema.SCHEMA, id, added);
    assertEquals(kettle("boils water", Optional.of(price)), pages.row(id));
  }

  @Test
  void follows_both() {
    PriceSet dearer = new PriceSet(id, 1350, "EUR", ALWAYS, ALWAYS);
    pages.happens(ProductSchema.SCHEMA, id, added);
    pages.happens(PriceSchema.SCHEMA, id, price);
    pages.happens(
        ProductSchema.SCHEMA,
        id,
        new ProductDescribed(id, "kettle", "kitchen", "boils water fast"));
    assertEquals(kettle("boils water fast", Optional.of(price)), pages.row(id));

    pages.happens(PriceSchema.SCHEMA, id, dearer);
    assertEquals(kettle("boils water fast", Optional.of(dearer)), pages.row(id));
  }

  @Test
  void a_product_that_was_discontinued_stays_away() {
    pages.happens(ProductSchema.SCHEMA, id, added);
    pages.happens(ProductSchema.SCHEMA, id, new ProductDiscontinued(id));
    assertEquals(Optional.empty(), pages.row(id));

    pages.happens(PriceSchema.SCHEMA, id, price);
    pages.happensAgain();
    assertEquals(Optional.empty(), pages.row(id));
  }

  @Test
  void delivered_again_everything_changes_nothing() {
    pages.happens(ProductSchema.SCHEMA, id, added);
    pages.happens(PriceSchema.SCHEMA, id, price);
    pages.happens(PriceSchema.SCHEMA, id, new PriceSet(id, 1, "USD", ALWAYS, ALWAYS));
    Optional<ProductPage> shown =
        kettle("boils water", Optional.of(new PriceSet(id, 1, "USD", ALWAYS, ALWAYS)));
    assertEquals(shown, pages.row(id));

    pages.happensAgain();
    pages.happensAgain();

    assertEquals(shown, pages.row(id));
  }

  @Test
  void indexes_have_the_entries_of_the_rows_and_no_others() {
    long seed = Long.getLong("pleat.seed", System.nanoTime());
    SplittableRandom random = new SplittableRandom(seed);
    List<String> ids = Stream.generate(() -> UUID.randomUUID().toString()).limit(10).toList();
    ids.forEach(
        each ->
            pages.happens(
                ProductSchema.SCHEMA, each, new ProductAdded(each, "a", "b", "c", ADDED)));
    for (int i = 0; i < 300; i++) {
      String each = ids.get(random.nextInt(ids.size()));
      if (random.nextBoolean()) {
        pages.happens(
            PriceSchema.SCHEMA, each, new PriceSet(each, random.nextInt(3), "EUR", ALWAYS, ALWAYS));
      } else if (random.nextInt(20) > 0) {
        pages.happens(
            ProductSchema.SCHEMA,
            each,
            new ProductDescribed(
                each, "n" + random.nextInt(3), "C" + random.nextInt(3), "a b" + random.nextInt(3)));
      } else {
        pages.happens(ProductSchema.SCHEMA, each, new ProductDiscontinued(each));
      }
      assertEquals(pages.expectedEntries(), pages.entries(), "seed " + seed + ", step " + i);
    }
  }
}

package dev.pleat.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.schemas.catalogue.CatalogueSchema;
import dev.pleat.schemas.catalogue.ProductPage;
import dev.pleat.schemas.customers.Customer;
import dev.pleat.schemas.customers.CustomerEvent.CustomerInvited;
import dev.pleat.schemas.customers.CustomerEvent.InvitationWithdrawn;
import dev.pleat.schemas.customers.CustomerSchema;
import dev.pleat.schemas.prices.PriceEvent.PriceSet;
import dev.pleat.schemas.prices.PriceSchema;
import dev.pleat.schemas.products.ProductEvent.ProductAdded;
import dev.pleat.schemas.products.ProductEvent.ProductDescribed;
import dev.pleat.schemas.products.ProductEvent.ProductDiscontinued;
import dev.pleat.schemas.products.ProductSchema;
import dev.pleat.topology.catalogue.CatalogueDomain;
import dev.pleat.topology.customers.CustomerDomain;
import java.time.Instant;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Every event delivered three times, shuffled among the aggregates, changes nothing. */
class DeliveredAgainTest {

  private static final int EVENTS = 200;
  private static final Instant TIME = Instant.parse("2026-11-21T10:00:00Z");

  private final long seed = Long.getLong("pleat.seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);

  private static String id(int number) {
    return new UUID(0, number).toString();
  }

  @Test
  void in_a_view_that_is_keyed_anew() {
    DerivedRows<Customer> once =
        DerivedRows.of(CustomerDomain.CUSTOMERS, CustomerSchema.BY_ID, Customer.class);
    boolean[] invited = new boolean[10];
    for (int i = 0; i < EVENTS; i++) {
      int at = random.nextInt(invited.length);
      String email = at + "@example.com";
      once.happens(
          CustomerSchema.SCHEMA,
          email,
          invited[at]
              ? new InvitationWithdrawn(id(at), email)
              : new CustomerInvited(id(at), email, Optional.of("event " + i)));
      invited[at] = !invited[at];
    }
    againThrice(
        once, DerivedRows.of(CustomerDomain.CUSTOMERS, CustomerSchema.BY_ID, Customer.class));
  }

  @Test
  void in_a_view_that_is_joined() {
    DerivedRows<ProductPage> once =
        DerivedRows.of(CatalogueDomain.CATALOGUE, CatalogueSchema.PRODUCT_PAGE, ProductPage.class);
    boolean[] added = new boolean[10];
    for (int i = 0; i < EVENTS; i++) {
      int at = random.nextInt(added.length);
      if (random.nextBoolean()) {
        once.happens(
            PriceSchema.SCHEMA,
            id(at),
            new PriceSet(id(at), i, "EUR", Optional.empty(), Optional.empty()));
      } else if (!added[at]) {
        added[at] = true;
        once.happens(
            ProductSchema.SCHEMA, id(at), new ProductAdded(id(at), "name", "a", "b", TIME));
      } else if (random.nextInt(20) == 0) {
        once.happens(ProductSchema.SCHEMA, id(at), new ProductDiscontinued(id(at)));
      } else {
        once.happens(
            ProductSchema.SCHEMA, id(at), new ProductDescribed(id(at), "name " + i, "a", "b"));
      }
    }
    againThrice(
        once,
        DerivedRows.of(CatalogueDomain.CATALOGUE, CatalogueSchema.PRODUCT_PAGE, ProductPage.class));
  }

  private <V extends Record> void againThrice(DerivedRows<V> once, DerivedRows<V> thrice) {
    try (once;
        thrice) {
      thrice.isToldThrice(once, random);
      assertEquals(once.rows(), thrice.rows(), "seed " + seed);
    }
  }
}

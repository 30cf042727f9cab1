package dev.pleat.deploy;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.prices.PriceEvent;
import dev.pleat.schemas.prices.PriceEvent.PriceSet;
import dev.pleat.schemas.prices.PriceSchema;
import dev.pleat.schemas.products.ProductEvent;
import dev.pleat.schemas.products.ProductEvent.ProductAdded;
import dev.pleat.schemas.products.ProductSchema;
import dev.pleat.topology.Domain;
import dev.pleat.topology.EventTables;
import java.util.Optional;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.TableJoined;
import org.apache.kafka.streams.state.KeyValueStore;

/** Prices with the names of their products: a view that is joined by a foreign key. */
final class Offers {

  /** A price with the name of its product. */
  record Offer(String productId, long amount, String name) {}

  private static final DomainSchema<Void, Void> SCHEMA =
      DomainSchema.ofViews("offers", Offers.class)
          .derivedView(
              "named",
              Offer.class,
              "product-id",
              IdFormat.UUID,
              ProductSchema.SCHEMA,
              PriceSchema.SCHEMA)
          .build();

  static final Domain<Void, Void, Void> OFFERS =
      Domain.ofViews(SCHEMA).derivedAs("named", Offer.class, Offers::named).build();

  private Offers() {}

  private static KTable<String, Offer> named(EventTables events) {
    KTable<String, ProductAdded> products =
        events.table(
            ProductSchema.SCHEMA,
            ProductAdded.class,
            (Optional<ProductAdded> row, ProductEvent event) ->
                event instanceof ProductAdded added ? Optional.of(added) : row);
    KTable<String, PriceSet> prices =
        events.table(
            PriceSchema.SCHEMA,
            PriceSet.class,
            (Optional<PriceSet> row, PriceEvent event) ->
                switch (event) {
                  case PriceSet set -> Optional.of(set);
                });
    return prices.join(
        products,
        PriceSet::productId,
        (price, product) -> new Offer(price.productId(), price.amount(), product.name()),
        TableJoined.as("by-product"),
        Materialized.<String, Offer, KeyValueStore<Bytes, byte[]>>as("named-joined")
            .withKeySerde(Serdes.String())
            .withValueSerde(EventTables.serde(Offer.class)));
  }
}

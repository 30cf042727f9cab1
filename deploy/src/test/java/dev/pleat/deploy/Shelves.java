package dev.pleat.deploy;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.products.ProductEvent;
import dev.pleat.schemas.products.ProductEvent.ProductAdded;
import dev.pleat.schemas.products.ProductEvent.ProductDescribed;
import dev.pleat.schemas.products.ProductEvent.ProductDiscontinued;
import dev.pleat.schemas.products.ProductSchema;
import dev.pleat.topology.Domain;
import dev.pleat.topology.EventTables;
import java.util.Optional;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Named;

/** How many products each category has: a view that sums up many aggregates in a row. */
final class Shelves {

  /** A row; there is none of a category without products. */
  record Shelf(String category, long products) {}

  /** Where a product stands. */
  record Placed(String category) {}

  static final DomainSchema<Void, Void> SCHEMA =
      DomainSchema.ofViews("shelves", Shelves.class)
          .derivedView("filled", Shelf.class, "category", IdFormat.TEXT, ProductSchema.SCHEMA)
          .build();

  static final Domain<Void, Void, Void> SHELVES =
      Domain.ofViews(SCHEMA).derivedAs("filled", Shelf.class, Shelves::filled).build();

  private Shelves() {}

  private static KTable<String, Shelf> filled(EventTables events) {
    return events
        .table(
            ProductSchema.SCHEMA,
            Placed.class,
            (Optional<Placed> row, ProductEvent event) ->
                switch (event) {
                  case ProductAdded added -> Optional.of(new Placed(added.category()));
                  case ProductDescribed described ->
                      row.map(before -> new Placed(described.category()));
                  case ProductDiscontinued discontinued -> Optional.empty();
                })
        .groupBy(
            (id, placed) -> KeyValue.pair(placed.category(), placed),
            Grouped.with("by-category", Serdes.String(), EventTables.serde(Placed.class)))
        .aggregate(
            () -> new Shelf("", 0),
            (category, placed, shelf) -> new Shelf(category, shelf.products() + 1),
            (category, placed, shelf) -> new Shelf(category, shelf.products() - 1),
            Named.as("count"),
            events.stored("counted", Shelf.class))
        .filter((category, shelf) -> shelf.products() > 0, Named.as("not-empty"));
  }
}

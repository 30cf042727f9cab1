package com.example.stock;

import com.example.stock.StockEvent.ItemsReceived;
import com.example.stock.StockEvent.ItemsShipped;
import dev.pleat.topology.Domain;
import java.util.Optional;

/** Names, rules and projection, bound together. */
public final class StockDomain {

  public static final Domain<Stock.State, StockCommand, StockEvent> STOCK =
      Domain.of(StockSchema.SCHEMA)
          .decidedBy(new Stock(), Stock.State.class)
          .projectedTo("levels", StockLevel.class, StockDomain::level)
          .build();

  private StockDomain() {}

  private static Optional<StockLevel> level(Optional<StockLevel> row, StockEvent event) {
    return Optional.of(
        switch (event) {
          case ItemsReceived received -> new StockLevel(received.sku(), received.inStock());
          case ItemsShipped shipped -> new StockLevel(shipped.sku(), shipped.inStock());
        });
  }
}

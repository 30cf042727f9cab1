package com.example.stock;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.IdFormat;

/** The names: actions, events, views, routes. */
public final class StockSchema {

  public static final DomainSchema<StockCommand, StockEvent> SCHEMA =
      DomainSchema.of("stock", StockCommand.class, StockEvent.class)
          .identifiedBy("sku", IdFormat.TEXT)
          .action(StockCommand.ReceiveItems.class)
          .action(StockCommand.ShipItems.class, "not-enough-stock")
          .view("levels", StockLevel.class)
          .reads("/stock/{sku}", "levels")
          .build();

  private StockSchema() {}
}

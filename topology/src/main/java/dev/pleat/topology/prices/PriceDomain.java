package dev.pleat.topology.prices;

import dev.pleat.schemas.prices.PriceCommand;
import dev.pleat.schemas.prices.PriceEvent;
import dev.pleat.schemas.prices.PriceHistory;
import dev.pleat.schemas.prices.PriceSchema;
import dev.pleat.topology.Domain;

/** The prices: their rules and their view, bound to their names. */
public final class PriceDomain {

  public static final Domain<Prices.State, PriceCommand, PriceEvent> PRICES =
      Domain.of(PriceSchema.SCHEMA)
          .decidedBy(new Prices(), Prices.State.class)
          .projectedTo(PriceSchema.HISTORY, PriceHistory.class, new PriceHistoryProjection())
          .build();

  private PriceDomain() {}
}

package dev.pleat.topology.prices;

import dev.pleat.schemas.prices.PriceCommand;
import dev.pleat.schemas.prices.PriceEvent;
import dev.pleat.topology.Scenario;

/** The rules of prices as bare functions. */
class PricesFunctionsTest extends PricesContract {

  @Override
  protected Scenario<PriceCommand, PriceEvent> scenario() {
    return Scenario.ofFunctions(PriceDomain.PRICES);
  }
}

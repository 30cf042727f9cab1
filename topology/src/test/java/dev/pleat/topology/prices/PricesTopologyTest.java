package dev.pleat.topology.prices;

import dev.pleat.schemas.prices.PriceCommand;
import dev.pleat.schemas.prices.PriceEvent;
import dev.pleat.topology.Scenario;

/** The prices on their real topologies. */
class PricesTopologyTest extends PricesContract {

  @Override
  protected Scenario<PriceCommand, PriceEvent> scenario() {
    return Scenario.ofTopology(PriceDomain.PRICES);
  }
}

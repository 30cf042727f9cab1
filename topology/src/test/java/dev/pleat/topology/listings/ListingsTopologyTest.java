package dev.pleat.topology.listings;

import dev.pleat.schemas.listings.ListingCommand;
import dev.pleat.schemas.listings.ListingEvent;
import dev.pleat.topology.Scenario;

/** The rules of listings in their topologies. */
class ListingsTopologyTest extends ListingsContract {

  @Override
  protected Scenario<ListingCommand, ListingEvent> scenario() {
    return Scenario.ofTopology(ListingDomain.LISTINGS);
  }
}

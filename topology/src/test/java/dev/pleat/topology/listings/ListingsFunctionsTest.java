package dev.pleat.topology.listings;

import dev.pleat.schemas.listings.ListingCommand;
import dev.pleat.schemas.listings.ListingEvent;
import dev.pleat.topology.Scenario;

/** The rules of listings as bare functions. */
class ListingsFunctionsTest extends ListingsContract {

  @Override
  protected Scenario<ListingCommand, ListingEvent> scenario() {
    return Scenario.ofFunctions(ListingDomain.LISTINGS);
  }
}

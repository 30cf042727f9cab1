package dev.pleat.topology.customers;

import dev.pleat.schemas.customers.CustomerCommand;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.topology.Scenario;

/** The rules of changing an address on their real topologies. */
class AddressChangesTopologyTest extends AddressChangesContract {

  @Override
  Scenario<CustomerCommand, CustomerEvent> scenario() {
    return Scenario.ofTopology(CustomerDomain.CUSTOMERS);
  }
}

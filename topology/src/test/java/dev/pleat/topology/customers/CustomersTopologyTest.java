package dev.pleat.topology.customers;

import dev.pleat.schemas.customers.CustomerCommand;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.topology.Scenario;

/** The customers on their real topologies. */
class CustomersTopologyTest extends CustomersContract {

  @Override
  protected Scenario<CustomerCommand, CustomerEvent> scenario() {
    return Scenario.ofTopology(CustomerDomain.CUSTOMERS);
  }
}

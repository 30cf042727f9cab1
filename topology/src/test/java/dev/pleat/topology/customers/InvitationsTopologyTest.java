package dev.pleat.topology.customers;

import dev.pleat.schemas.customers.CustomerCommand;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.topology.Scenario;

/** What is recorded of invitations, on the real topologies. */
class InvitationsTopologyTest extends InvitationsContract {

  @Override
  protected Scenario<CustomerCommand, CustomerEvent> scenario() {
    return Scenario.ofTopology(CustomerDomain.CUSTOMERS);
  }
}

package dev.pleat.topology.customers;

import dev.pleat.schemas.customers.CustomerCommand;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.topology.Scenario;

/** What is recorded of invitations, by bare functions. */
class InvitationsFunctionsTest extends InvitationsContract {

  @Override
  protected Scenario<CustomerCommand, CustomerEvent> scenario() {
    return Scenario.ofFunctions(CustomerDomain.CUSTOMERS);
  }
}

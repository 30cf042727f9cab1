package dev.pleat.topology.customers;

import dev.pleat.schemas.customers.CustomerCommand;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.topology.Scenario;

/** The rules of changing an address as bare functions. */
class AddressChangesFunctionsTest extends AddressChangesContract {

  @Override
  Scenario<CustomerCommand, CustomerEvent> scenario() {
    return Scenario.ofFunctions(CustomerDomain.CUSTOMERS);
  }
}

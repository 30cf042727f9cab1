package dev.pleat.topology.customers;

import dev.pleat.schemas.customers.CustomerCommand;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.topology.Scenario;

/** The rules of customers as bare functions. */
class CustomersFunctionsTest extends CustomersContract {

  @Override
  protected Scenario<CustomerCommand, CustomerEvent> scenario() {
    return Scenario.ofFunctions(CustomerDomain.CUSTOMERS);
  }
}

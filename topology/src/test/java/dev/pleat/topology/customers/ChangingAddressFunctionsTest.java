package dev.pleat.topology.customers;

import dev.pleat.schemas.customers.CustomerSchema;
import dev.pleat.topology.PolicyScenario;

/** The policy that changes addresses as a bare function. */
class ChangingAddressFunctionsTest extends ChangingAddressContract {

  @Override
  PolicyScenario scenario() {
    return PolicyScenario.ofFunctions(CustomerDomain.CUSTOMERS, CustomerSchema.CHANGING_ADDRESS);
  }
}

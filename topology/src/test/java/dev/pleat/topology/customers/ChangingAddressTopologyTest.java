package dev.pleat.topology.customers;

import dev.pleat.schemas.customers.CustomerSchema;
import dev.pleat.topology.PolicyScenario;

/** The policy that changes addresses in its topology. */
class ChangingAddressTopologyTest extends ChangingAddressContract {

  @Override
  PolicyScenario scenario() {
    return PolicyScenario.ofTopology(CustomerDomain.CUSTOMERS, CustomerSchema.CHANGING_ADDRESS);
  }
}

package dev.pleat.topology.market;

import dev.pleat.schemas.market.MarketSchema;
import dev.pleat.topology.PolicyScenario;

/** The policy between listings, enrolments and payments as bare functions. */
class EnrollingFunctionsTest extends EnrollingContract {

  @Override
  PolicyScenario scenario() {
    return PolicyScenario.ofFunctions(MarketDomain.MARKET, MarketSchema.ENROLLING);
  }
}

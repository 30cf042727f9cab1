package dev.pleat.topology.market;

import dev.pleat.schemas.market.MarketSchema;
import dev.pleat.topology.PolicyScenario;

/** The policy between listings, enrolments and payments in its topology. */
class EnrollingTopologyTest extends EnrollingContract {

  @Override
  PolicyScenario scenario() {
    return PolicyScenario.ofTopology(MarketDomain.MARKET, MarketSchema.ENROLLING);
  }
}

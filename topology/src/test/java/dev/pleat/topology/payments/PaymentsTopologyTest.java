package dev.pleat.topology.payments;

import dev.pleat.schemas.payments.PaymentCommand;
import dev.pleat.schemas.payments.PaymentEvent;
import dev.pleat.topology.Scenario;

/** The rules of payments in their topologies. */
class PaymentsTopologyTest extends PaymentsContract {

  @Override
  protected Scenario<PaymentCommand, PaymentEvent> scenario() {
    return Scenario.ofTopology(PaymentDomain.PAYMENTS);
  }
}

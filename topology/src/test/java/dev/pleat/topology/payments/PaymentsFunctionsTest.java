package dev.pleat.topology.payments;

import dev.pleat.schemas.payments.PaymentCommand;
import dev.pleat.schemas.payments.PaymentEvent;
import dev.pleat.topology.Scenario;

/** The rules of payments as bare functions. */
class PaymentsFunctionsTest extends PaymentsContract {

  @Override
  protected Scenario<PaymentCommand, PaymentEvent> scenario() {
    return Scenario.ofFunctions(PaymentDomain.PAYMENTS);
  }
}

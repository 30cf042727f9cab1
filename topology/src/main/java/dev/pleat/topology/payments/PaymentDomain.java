package dev.pleat.topology.payments;

import dev.pleat.schemas.payments.PaymentCommand;
import dev.pleat.schemas.payments.PaymentEvent;
import dev.pleat.schemas.payments.PaymentSchema;
import dev.pleat.topology.Domain;

/** The payments: their rules, bound to their names. */
public final class PaymentDomain {

  public static final Domain<Payments.State, PaymentCommand, PaymentEvent> PAYMENTS =
      Domain.of(PaymentSchema.SCHEMA).decidedBy(new Payments(), Payments.State.class).build();

  private PaymentDomain() {}
}

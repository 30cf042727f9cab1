package dev.pleat.schemas.payments;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.payments.PaymentCommand.AuthorisePayment;
import dev.pleat.schemas.payments.PaymentCommand.VoidPayment;

/** What can be said to the payments. They are asked for in the market. */
public final class PaymentSchema {

  public static final String PAYMENT_ALREADY_DECIDED = "payment-already-decided";
  public static final String PAYMENT_NOT_FOUND = "payment-not-found";

  public static final DomainSchema<PaymentCommand, PaymentEvent> SCHEMA =
      DomainSchema.of("payments", PaymentCommand.class, PaymentEvent.class)
          .identifiedBy("payment-id", IdFormat.UUID)
          .action(AuthorisePayment.class, PAYMENT_ALREADY_DECIDED)
          .action(VoidPayment.class, PAYMENT_NOT_FOUND)
          .build();

  private PaymentSchema() {}
}

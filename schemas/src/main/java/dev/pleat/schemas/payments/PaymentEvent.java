package dev.pleat.schemas.payments;

/** What can have happened to a payment. */
public sealed interface PaymentEvent {

  /** The payer will pay. */
  record PaymentAuthorised(String paymentId, String payer, long amount, String currency)
      implements PaymentEvent {}

  /** The payer will not pay. */
  record PaymentDeclined(String paymentId, String payer, String reason) implements PaymentEvent {}

  /** The payer need not pay any more. */
  record PaymentVoided(String paymentId) implements PaymentEvent {}
}

package dev.pleat.schemas.payments;

/** What can be asked of a payment. */
public sealed interface PaymentCommand {

  /** Ask for money; the amount is in the smallest unit of the currency. */
  record AuthorisePayment(String paymentId, String payer, long amount, String currency)
      implements PaymentCommand {}

  /** Give an authorisation back. */
  record VoidPayment(String paymentId) implements PaymentCommand {}
}

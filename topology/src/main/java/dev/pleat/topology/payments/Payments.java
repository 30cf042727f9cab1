package dev.pleat.topology.payments;

import static dev.pleat.schemas.payments.PaymentSchema.PAYMENT_ALREADY_DECIDED;
import static dev.pleat.schemas.payments.PaymentSchema.PAYMENT_NOT_FOUND;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.payments.PaymentCommand;
import dev.pleat.schemas.payments.PaymentCommand.AuthorisePayment;
import dev.pleat.schemas.payments.PaymentCommand.VoidPayment;
import dev.pleat.schemas.payments.PaymentEvent;
import dev.pleat.schemas.payments.PaymentEvent.PaymentAuthorised;
import dev.pleat.schemas.payments.PaymentEvent.PaymentDeclined;
import dev.pleat.schemas.payments.PaymentEvent.PaymentVoided;
import dev.pleat.topology.Decider;
import dev.pleat.topology.Decision;

/** The rules of payments. They stand for a bank: what is over a limit is declined. */
public final class Payments implements Decider<Payments.State, PaymentCommand, PaymentEvent> {

  /** In the smallest unit of the currency. */
  public static final long LIMIT = 100_000;

  /** What is remembered of a payment. */
  public enum State {
    UNKNOWN,
    AUTHORISED,
    DECLINED,
    VOIDED
  }

  @Override
  public State initialState() {
    return State.UNKNOWN;
  }

  @Override
  public Decision<PaymentEvent> decide(
      State state, PaymentCommand command, CommandContext context) {
    return switch (command) {
      case AuthorisePayment ask -> {
        if (state != State.UNKNOWN) {
          yield Decision.reject(
              PAYMENT_ALREADY_DECIDED, "payment " + ask.paymentId() + " was decided before");
        }
        yield Decision.accept(
            ask.amount() > LIMIT
                ? new PaymentDeclined(ask.paymentId(), ask.payer(), "over-limit")
                : new PaymentAuthorised(
                    ask.paymentId(), ask.payer(), ask.amount(), ask.currency()));
      }
      case VoidPayment free ->
          switch (state) {
            case UNKNOWN ->
                Decision.reject(PAYMENT_NOT_FOUND, "there is no payment " + free.paymentId());
            case AUTHORISED -> Decision.accept(new PaymentVoided(free.paymentId()));
            case DECLINED, VOIDED -> Decision.unchanged();
          };
    };
  }

  @Override
  public State evolve(State state, PaymentEvent event) {
    return switch (event) {
      case PaymentAuthorised authorised -> State.AUTHORISED;
      case PaymentDeclined declined -> State.DECLINED;
      case PaymentVoided voided -> State.VOIDED;
    };
  }

  @Override
  public int stateVersion() {
    return 1;
  }
}

package dev.pleat.topology.payments;

import static dev.pleat.schemas.payments.PaymentSchema.PAYMENT_ALREADY_DECIDED;
import static dev.pleat.schemas.payments.PaymentSchema.PAYMENT_NOT_FOUND;

import dev.pleat.schemas.payments.PaymentCommand;
import dev.pleat.schemas.payments.PaymentCommand.AuthorisePayment;
import dev.pleat.schemas.payments.PaymentCommand.VoidPayment;
import dev.pleat.schemas.payments.PaymentEvent;
import dev.pleat.schemas.payments.PaymentEvent.PaymentAuthorised;
import dev.pleat.schemas.payments.PaymentEvent.PaymentDeclined;
import dev.pleat.schemas.payments.PaymentEvent.PaymentVoided;
import dev.pleat.topology.Scenario;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What happens to payments, whatever it runs on: every command in every state. A subclass says what
 * it runs on.
 */
@SuppressWarnings("this-escape") // a subclass's scenario needs nothing of the subclass
public abstract class PaymentsContract {

  @RegisterExtension final Scenario<PaymentCommand, PaymentEvent> payments = scenario();

  private final String id = UUID.randomUUID().toString();

  /** What the scenarios run on. */
  protected abstract Scenario<PaymentCommand, PaymentEvent> scenario();

  @Test
  void authorises_what_is_not_over_the_limit() {
    payments
        .given()
        .when(new AuthorisePayment(id, "ada", Payments.LIMIT, "EUR"))
        .then(new PaymentAuthorised(id, "ada", Payments.LIMIT, "EUR"));
    payments
        .given()
        .when(new AuthorisePayment(id, "ada", Payments.LIMIT + 1, "EUR"))
        .then(new PaymentDeclined(id, "ada", "over-limit"));
  }

  @Test
  void decides_once() {
    payments
        .given(new PaymentDeclined(id, "ada", "over-limit"))
        .when(new AuthorisePayment(id, "ada", 1, "EUR"))
        .thenRejected(PAYMENT_ALREADY_DECIDED);
  }

  @Test
  void gives_an_authorisation_back_once() {
    PaymentAuthorised authorised = new PaymentAuthorised(id, "ada", 1, "EUR");
    payments.given(authorised).when(new VoidPayment(id)).then(new PaymentVoided(id));
    payments.given(authorised, new PaymentVoided(id)).when(new VoidPayment(id)).thenUnchanged();
    payments
        .given(new PaymentDeclined(id, "ada", "over-limit"))
        .when(new VoidPayment(id))
        .thenUnchanged();
    payments.given().when(new VoidPayment(id)).thenRejected(PAYMENT_NOT_FOUND);
  }
}

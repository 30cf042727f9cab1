package dev.pleat.topology.market;

import dev.pleat.schemas.enrolments.EnrolmentCommand.CancelEnrolment;
import dev.pleat.schemas.enrolments.EnrolmentCommand.ConfirmEnrolment;
import dev.pleat.schemas.enrolments.EnrolmentCommand.TakeSeat;
import dev.pleat.schemas.enrolments.EnrolmentEvent.EnrolmentCancelled;
import dev.pleat.schemas.enrolments.EnrolmentEvent.EnrolmentConfirmed;
import dev.pleat.schemas.enrolments.EnrolmentEvent.EnrolmentRequested;
import dev.pleat.schemas.enrolments.EnrolmentEvent.SeatTaken;
import dev.pleat.schemas.listings.ListingCommand.ReleaseSeat;
import dev.pleat.schemas.listings.ListingCommand.ReserveSeat;
import dev.pleat.schemas.listings.ListingEvent.ListingOpened;
import dev.pleat.schemas.listings.ListingEvent.SeatRefused;
import dev.pleat.schemas.listings.ListingEvent.SeatReleased;
import dev.pleat.schemas.listings.ListingEvent.SeatReserved;
import dev.pleat.schemas.payments.PaymentCommand.AuthorisePayment;
import dev.pleat.schemas.payments.PaymentCommand.VoidPayment;
import dev.pleat.schemas.payments.PaymentEvent.PaymentAuthorised;
import dev.pleat.schemas.payments.PaymentEvent.PaymentDeclined;
import dev.pleat.schemas.payments.PaymentEvent.PaymentVoided;
import dev.pleat.topology.PolicyScenario;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What follows from each event of the market, whatever it runs on. */
@SuppressWarnings("this-escape") // a subclass's scenario needs nothing of the subclass
abstract class EnrollingContract {

  private static final String LISTING = UUID.randomUUID().toString();
  private static final String ID = UUID.randomUUID().toString();

  private static final EnrolmentRequested REQUESTED = new EnrolmentRequested(ID, LISTING, "ada");
  private static final SeatTaken TAKEN = new SeatTaken(ID, LISTING, "ada", 4_500, "EUR");
  private static final EnrolmentConfirmed CONFIRMED =
      new EnrolmentConfirmed(ID, LISTING, "ada", 4_500, "EUR");
  private static final EnrolmentCancelled CANCELLED =
      new EnrolmentCancelled(ID, LISTING, "ada", "timed-out");

  @RegisterExtension final PolicyScenario enrolling = scenario();

  abstract PolicyScenario scenario();

  @Test
  void a_request_reserves_a_seat_and_is_given_up_in_time() {
    enrolling
        .given()
        .when(REQUESTED)
        .thenSends(new ReserveSeat(LISTING, ID))
        .andAfter(Enrolling.PATIENCE, new CancelEnrolment(ID, "timed-out"));
  }

  @Test
  void a_reserved_seat_is_taken() {
    enrolling
        .given(new ListingOpened(LISTING, "Bread", 2, 4_500, "EUR"))
        .when(new SeatReserved(LISTING, ID, 4_500, "EUR"))
        .thenSends(new TakeSeat(ID, 4_500, "EUR"));
  }

  @Test
  void a_refused_seat_cancels() {
    enrolling
        .given()
        .when(new SeatRefused(LISTING, ID))
        .thenSends(new CancelEnrolment(ID, "sold-out"));
  }

  @Test
  void a_taken_seat_is_to_be_paid() {
    enrolling
        .given(REQUESTED)
        .when(TAKEN)
        .thenSends(new AuthorisePayment(ID, "ada", 4_500, "EUR"))
        .andAfter(Enrolling.PATIENCE, new CancelEnrolment(ID, "timed-out"));
  }

  @Test
  void a_payment_confirms_and_a_declined_one_cancels() {
    enrolling
        .given(REQUESTED, TAKEN)
        .when(new PaymentAuthorised(ID, "ada", 4_500, "EUR"))
        .thenSends(new ConfirmEnrolment(ID));
    enrolling
        .given(REQUESTED, TAKEN)
        .when(new PaymentDeclined(ID, "ada", "over-limit"))
        .thenSends(new CancelEnrolment(ID, "payment-declined"));
  }

  @Test
  void a_confirmed_enrolment_is_not_given_up() {
    enrolling.given(REQUESTED, TAKEN).when(CONFIRMED).thenSends().andAfter(Enrolling.PATIENCE);
  }

  @Test
  void a_cancelled_enrolment_gives_back_its_seat_and_its_payment() {
    enrolling
        .given(REQUESTED)
        .when(CANCELLED)
        .thenSends(new ReleaseSeat(LISTING, ID))
        .andAfter(Enrolling.PATIENCE);
    enrolling
        .given(REQUESTED, TAKEN)
        .when(CANCELLED)
        .thenSends(new ReleaseSeat(LISTING, ID), new VoidPayment(ID))
        .andAfter(Enrolling.PATIENCE);
  }

  @Test
  void what_was_given_back_leads_to_nothing() {
    enrolling.given().when(new SeatReleased(LISTING, ID)).thenSends();
    enrolling.given().when(new PaymentVoided(ID)).thenSends();
  }
}

package dev.pleat.topology.enrolments;

import static dev.pleat.schemas.enrolments.EnrolmentSchema.ENROLMENTS;
import static dev.pleat.schemas.enrolments.EnrolmentSchema.ENROLMENT_ALREADY_EXISTS;
import static dev.pleat.schemas.enrolments.EnrolmentSchema.ENROLMENT_CLOSED;
import static dev.pleat.schemas.enrolments.EnrolmentSchema.ENROLMENT_NOT_FOUND;
import static dev.pleat.schemas.enrolments.EnrolmentSchema.NO_SEAT_TAKEN;

import dev.pleat.schemas.enrolments.Enrolment;
import dev.pleat.schemas.enrolments.EnrolmentCommand;
import dev.pleat.schemas.enrolments.EnrolmentCommand.CancelEnrolment;
import dev.pleat.schemas.enrolments.EnrolmentCommand.ConfirmEnrolment;
import dev.pleat.schemas.enrolments.EnrolmentCommand.RequestEnrolment;
import dev.pleat.schemas.enrolments.EnrolmentCommand.TakeSeat;
import dev.pleat.schemas.enrolments.EnrolmentEvent;
import dev.pleat.schemas.enrolments.EnrolmentEvent.EnrolmentCancelled;
import dev.pleat.schemas.enrolments.EnrolmentEvent.EnrolmentConfirmed;
import dev.pleat.schemas.enrolments.EnrolmentEvent.EnrolmentRequested;
import dev.pleat.schemas.enrolments.EnrolmentEvent.SeatTaken;
import dev.pleat.schemas.enrolments.EnrolmentStatus;
import dev.pleat.topology.Scenario;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What happens to enrolments, whatever it runs on: every command in every state. A subclass says
 * what it runs on.
 */
@SuppressWarnings("this-escape") // a subclass's scenario needs nothing of the subclass
public abstract class EnrolmentsContract {

  @RegisterExtension final Scenario<EnrolmentCommand, EnrolmentEvent> enrolments = scenario();

  private final String id = UUID.randomUUID().toString();

  /** What the scenarios run on. */
  protected abstract Scenario<EnrolmentCommand, EnrolmentEvent> scenario();

  private final String listing = UUID.randomUUID().toString();

  private EnrolmentRequested requested() {
    return new EnrolmentRequested(id, listing, "ada");
  }

  private SeatTaken taken() {
    return new SeatTaken(id, listing, "ada", 4_500, "EUR");
  }

  private EnrolmentConfirmed confirmed() {
    return new EnrolmentConfirmed(id, listing, "ada", 4_500, "EUR");
  }

  private EnrolmentCancelled cancelled(String reason) {
    return new EnrolmentCancelled(id, listing, "ada", reason);
  }

  private Enrolment row(EnrolmentStatus status, Optional<String> reason) {
    return new Enrolment(id, listing, "ada", status, reason);
  }

  @Test
  void is_requested_once() {
    enrolments
        .given()
        .when(new RequestEnrolment(id, listing, "ada"))
        .then(requested())
        .andRow(ENROLMENTS, row(EnrolmentStatus.REQUESTED, Optional.empty()));
    enrolments
        .given(requested())
        .when(new RequestEnrolment(id, listing, "bob"))
        .thenRejected(ENROLMENT_ALREADY_EXISTS);
  }

  @Test
  void takes_its_seat() {
    enrolments
        .given(requested())
        .when(new TakeSeat(id, 4_500, "EUR"))
        .then(taken())
        .andRow(ENROLMENTS, row(EnrolmentStatus.SEAT_TAKEN, Optional.empty()));
    enrolments.given(requested(), taken()).when(new TakeSeat(id, 4_500, "EUR")).thenUnchanged();
  }

  @Test
  void is_confirmed_when_it_has_a_seat() {
    enrolments
        .given(requested(), taken())
        .when(new ConfirmEnrolment(id))
        .then(confirmed())
        .andRow(ENROLMENTS, row(EnrolmentStatus.CONFIRMED, Optional.empty()));
    enrolments
        .given(requested(), taken(), confirmed())
        .when(new ConfirmEnrolment(id))
        .thenUnchanged();
    enrolments.given(requested()).when(new ConfirmEnrolment(id)).thenRejected(NO_SEAT_TAKEN);
  }

  @Test
  void is_cancelled_with_a_reason() {
    enrolments
        .given(requested())
        .when(new CancelEnrolment(id, "sold-out"))
        .then(cancelled("sold-out"))
        .andRow(ENROLMENTS, row(EnrolmentStatus.CANCELLED, Optional.of("sold-out")));
    enrolments
        .given(requested(), taken())
        .when(new CancelEnrolment(id, "timed-out"))
        .then(cancelled("timed-out"));
    enrolments
        .given(requested(), cancelled("sold-out"))
        .when(new CancelEnrolment(id, "timed-out"))
        .thenUnchanged();
  }

  @Test
  void ends_once() {
    enrolments
        .given(requested(), taken(), confirmed())
        .when(new CancelEnrolment(id, "timed-out"))
        .thenRejected(ENROLMENT_CLOSED);
    enrolments
        .given(requested(), cancelled("timed-out"))
        .when(new TakeSeat(id, 4_500, "EUR"))
        .thenRejected(ENROLMENT_CLOSED);
    enrolments
        .given(requested(), taken(), cancelled("timed-out"))
        .when(new ConfirmEnrolment(id))
        .thenRejected(ENROLMENT_CLOSED);
  }

  @Test
  void knows_none_that_nobody_asked_for() {
    enrolments.given().when(new TakeSeat(id, 4_500, "EUR")).thenRejected(ENROLMENT_NOT_FOUND);
    enrolments.given().when(new ConfirmEnrolment(id)).thenRejected(ENROLMENT_NOT_FOUND);
    enrolments.given().when(new CancelEnrolment(id, "x")).thenRejected(ENROLMENT_NOT_FOUND);
  }
}

package dev.pleat.topology.enrolments;

import static dev.pleat.schemas.enrolments.EnrolmentSchema.ENROLMENT_ALREADY_EXISTS;
import static dev.pleat.schemas.enrolments.EnrolmentSchema.ENROLMENT_CLOSED;
import static dev.pleat.schemas.enrolments.EnrolmentSchema.ENROLMENT_NOT_FOUND;
import static dev.pleat.schemas.enrolments.EnrolmentSchema.NO_SEAT_TAKEN;

import dev.pleat.schemas.CommandContext;
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
import dev.pleat.topology.Decider;
import dev.pleat.topology.Decision;

/**
 * The rules of enrolments: each ends confirmed or cancelled, whichever comes first, and stays so.
 */
public final class Enrolments
    implements Decider<Enrolments.State, EnrolmentCommand, EnrolmentEvent> {

  /** What is remembered of an enrolment. */
  public sealed interface State {}

  /** Nobody asked for it. */
  public record Unknown() implements State {}

  /** It waits for a seat. */
  public record Requested(String listingId, String student) implements State {}

  /** It waits for its payment. */
  public record Seated(String listingId, String student, long amount, String currency)
      implements State {}

  /** It ended. */
  public record Closed(boolean confirmed) implements State {}

  @Override
  public State initialState() {
    return new Unknown();
  }

  @Override
  public Decision<EnrolmentEvent> decide(
      State state, EnrolmentCommand command, CommandContext context) {
    return switch (command) {
      case RequestEnrolment request ->
          state instanceof Unknown
              ? Decision.accept(
                  new EnrolmentRequested(
                      request.enrolmentId(), request.listingId(), request.student()))
              : Decision.reject(
                  ENROLMENT_ALREADY_EXISTS, "enrolment " + context.aggregateId() + " exists");
      case TakeSeat take -> take(state, take);
      case ConfirmEnrolment confirm -> confirm(state, confirm);
      case CancelEnrolment cancel -> cancel(state, cancel);
    };
  }

  private static Decision<EnrolmentEvent> take(State state, TakeSeat take) {
    return switch (state) {
      case Unknown unknown -> notFound(take.enrolmentId());
      case Requested requested ->
          Decision.accept(
              new SeatTaken(
                  take.enrolmentId(),
                  requested.listingId(),
                  requested.student(),
                  take.amount(),
                  take.currency()));
      case Seated seated -> Decision.unchanged();
      case Closed closed -> closed(take.enrolmentId(), closed);
    };
  }

  private static Decision<EnrolmentEvent> confirm(State state, ConfirmEnrolment confirm) {
    return switch (state) {
      case Unknown unknown -> notFound(confirm.enrolmentId());
      case Requested requested ->
          Decision.reject(NO_SEAT_TAKEN, "no seat is kept for enrolment " + confirm.enrolmentId());
      case Seated seated ->
          Decision.accept(
              new EnrolmentConfirmed(
                  confirm.enrolmentId(),
                  seated.listingId(),
                  seated.student(),
                  seated.amount(),
                  seated.currency()));
      case Closed closed ->
          closed.confirmed() ? Decision.unchanged() : closed(confirm.enrolmentId(), closed);
    };
  }

  private static Decision<EnrolmentEvent> cancel(State state, CancelEnrolment cancel) {
    return switch (state) {
      case Unknown unknown -> notFound(cancel.enrolmentId());
      case Requested requested -> cancelled(cancel, requested.listingId(), requested.student());
      case Seated seated -> cancelled(cancel, seated.listingId(), seated.student());
      case Closed closed ->
          closed.confirmed() ? closed(cancel.enrolmentId(), closed) : Decision.unchanged();
    };
  }

  private static Decision<EnrolmentEvent> cancelled(
      CancelEnrolment cancel, String listingId, String student) {
    return Decision.accept(
        new EnrolmentCancelled(cancel.enrolmentId(), listingId, student, cancel.reason()));
  }

  private static Decision<EnrolmentEvent> notFound(String enrolmentId) {
    return Decision.reject(ENROLMENT_NOT_FOUND, "there is no enrolment " + enrolmentId);
  }

  private static Decision<EnrolmentEvent> closed(String enrolmentId, Closed closed) {
    return Decision.reject(
        ENROLMENT_CLOSED,
        "enrolment " + enrolmentId + " is " + (closed.confirmed() ? "confirmed" : "cancelled"));
  }

  @Override
  public State evolve(State state, EnrolmentEvent event) {
    return switch (event) {
      case EnrolmentRequested requested ->
          new Requested(requested.listingId(), requested.student());
      case SeatTaken taken ->
          new Seated(taken.listingId(), taken.student(), taken.amount(), taken.currency());
      case EnrolmentConfirmed confirmed -> new Closed(true);
      case EnrolmentCancelled cancelled -> new Closed(false);
    };
  }

  @Override
  public int stateVersion() {
    return 1;
  }
}

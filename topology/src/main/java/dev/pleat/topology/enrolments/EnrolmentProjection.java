package dev.pleat.topology.enrolments;

import static dev.pleat.schemas.enrolments.EnrolmentStatus.CANCELLED;
import static dev.pleat.schemas.enrolments.EnrolmentStatus.CONFIRMED;
import static dev.pleat.schemas.enrolments.EnrolmentStatus.REQUESTED;
import static dev.pleat.schemas.enrolments.EnrolmentStatus.SEAT_TAKEN;

import dev.pleat.schemas.enrolments.Enrolment;
import dev.pleat.schemas.enrolments.EnrolmentEvent;
import dev.pleat.schemas.enrolments.EnrolmentEvent.EnrolmentCancelled;
import dev.pleat.schemas.enrolments.EnrolmentEvent.EnrolmentConfirmed;
import dev.pleat.schemas.enrolments.EnrolmentEvent.EnrolmentRequested;
import dev.pleat.schemas.enrolments.EnrolmentEvent.SeatTaken;
import dev.pleat.schemas.enrolments.EnrolmentStatus;
import dev.pleat.topology.Projection;
import java.util.Optional;

/** How far each enrolment has come. */
public final class EnrolmentProjection implements Projection<Enrolment, EnrolmentEvent> {

  @Override
  public Optional<Enrolment> project(Optional<Enrolment> row, EnrolmentEvent event) {
    return switch (event) {
      case EnrolmentRequested requested ->
          Optional.of(
              new Enrolment(
                  requested.enrolmentId(),
                  requested.listingId(),
                  requested.student(),
                  REQUESTED,
                  Optional.empty()));
      case SeatTaken taken -> row.map(before -> in(before, SEAT_TAKEN, Optional.empty()));
      case EnrolmentConfirmed confirmed ->
          row.map(before -> in(before, CONFIRMED, Optional.empty()));
      case EnrolmentCancelled cancelled ->
          row.map(before -> in(before, CANCELLED, Optional.of(cancelled.reason())));
    };
  }

  private static Enrolment in(Enrolment before, EnrolmentStatus status, Optional<String> reason) {
    return new Enrolment(
        before.enrolmentId(), before.listingId(), before.student(), status, reason);
  }
}

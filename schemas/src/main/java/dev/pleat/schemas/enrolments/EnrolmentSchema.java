package dev.pleat.schemas.enrolments;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.enrolments.EnrolmentCommand.CancelEnrolment;
import dev.pleat.schemas.enrolments.EnrolmentCommand.ConfirmEnrolment;
import dev.pleat.schemas.enrolments.EnrolmentCommand.RequestEnrolment;
import dev.pleat.schemas.enrolments.EnrolmentCommand.TakeSeat;
import java.util.function.UnaryOperator;

/** What can be said to the enrolments and asked of them. */
public final class EnrolmentSchema {

  public static final String ENROLMENT_ALREADY_EXISTS = "enrolment-already-exists";
  public static final String ENROLMENT_NOT_FOUND = "enrolment-not-found";
  public static final String ENROLMENT_CLOSED = "enrolment-closed";
  public static final String NO_SEAT_TAKEN = "no-seat-taken";

  /** The view of all enrolments. */
  public static final String ENROLMENTS = "enrolments";

  /** Those of one student. */
  public static final String STUDENT = "student";

  public static final DomainSchema<EnrolmentCommand, EnrolmentEvent> SCHEMA =
      DomainSchema.of("enrolments", EnrolmentCommand.class, EnrolmentEvent.class)
          .identifiedBy("enrolment-id", IdFormat.UUID)
          .action(RequestEnrolment.class, ENROLMENT_ALREADY_EXISTS)
          .action(TakeSeat.class, ENROLMENT_NOT_FOUND, ENROLMENT_CLOSED)
          .action(ConfirmEnrolment.class, ENROLMENT_NOT_FOUND, ENROLMENT_CLOSED, NO_SEAT_TAKEN)
          .action(CancelEnrolment.class, ENROLMENT_NOT_FOUND, ENROLMENT_CLOSED)
          .view(ENROLMENTS, Enrolment.class)
          .foundBy(ENROLMENTS, STUDENT, UnaryOperator.identity())
          .creates("/enrolments", RequestEnrolment.class)
          .reads("/enrolments/{enrolment-id}", ENROLMENTS)
          .build();

  private EnrolmentSchema() {}
}

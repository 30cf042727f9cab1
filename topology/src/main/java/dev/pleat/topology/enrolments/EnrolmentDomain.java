package dev.pleat.topology.enrolments;

import dev.pleat.schemas.enrolments.Enrolment;
import dev.pleat.schemas.enrolments.EnrolmentCommand;
import dev.pleat.schemas.enrolments.EnrolmentEvent;
import dev.pleat.schemas.enrolments.EnrolmentSchema;
import dev.pleat.topology.Domain;
import java.util.List;

/** The enrolments: their rules and their view, bound to their names. */
public final class EnrolmentDomain {

  public static final Domain<Enrolments.State, EnrolmentCommand, EnrolmentEvent> ENROLMENTS =
      Domain.of(EnrolmentSchema.SCHEMA)
          .decidedBy(new Enrolments(), Enrolments.State.class)
          .projectedTo(EnrolmentSchema.ENROLMENTS, Enrolment.class, new EnrolmentProjection())
          .foundBy(
              EnrolmentSchema.ENROLMENTS,
              Enrolment.class,
              EnrolmentSchema.STUDENT,
              enrolment -> List.of(enrolment.student()))
          .build();

  private EnrolmentDomain() {}
}

package dev.pleat.topology.enrolments;

import dev.pleat.schemas.enrolments.EnrolmentCommand;
import dev.pleat.schemas.enrolments.EnrolmentEvent;
import dev.pleat.topology.Scenario;

/** The rules of enrolments as bare functions. */
class EnrolmentsFunctionsTest extends EnrolmentsContract {

  @Override
  protected Scenario<EnrolmentCommand, EnrolmentEvent> scenario() {
    return Scenario.ofFunctions(EnrolmentDomain.ENROLMENTS);
  }
}

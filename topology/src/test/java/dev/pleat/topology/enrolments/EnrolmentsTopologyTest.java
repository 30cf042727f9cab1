package dev.pleat.topology.enrolments;

import dev.pleat.schemas.enrolments.EnrolmentCommand;
import dev.pleat.schemas.enrolments.EnrolmentEvent;
import dev.pleat.topology.Scenario;

/** The rules of enrolments in their topologies. */
class EnrolmentsTopologyTest extends EnrolmentsContract {

  @Override
  protected Scenario<EnrolmentCommand, EnrolmentEvent> scenario() {
    return Scenario.ofTopology(EnrolmentDomain.ENROLMENTS);
  }
}

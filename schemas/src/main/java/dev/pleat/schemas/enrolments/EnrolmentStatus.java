package dev.pleat.schemas.enrolments;

/** How far an enrolment has come. */
public enum EnrolmentStatus {
  REQUESTED,
  SEAT_TAKEN,
  CONFIRMED,
  CANCELLED
}

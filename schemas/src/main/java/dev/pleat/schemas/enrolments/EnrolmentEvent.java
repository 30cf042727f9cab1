package dev.pleat.schemas.enrolments;

/** What can have happened to an enrolment. */
public sealed interface EnrolmentEvent {

  /** Somebody asked for a seat. */
  record EnrolmentRequested(String enrolmentId, String listingId, String student)
      implements EnrolmentEvent {}

  /** A seat is kept for it, and is to be paid. */
  record SeatTaken(
      String enrolmentId, String listingId, String student, long amount, String currency)
      implements EnrolmentEvent {}

  /** It is paid: the student has the seat. */
  record EnrolmentConfirmed(
      String enrolmentId, String listingId, String student, long amount, String currency)
      implements EnrolmentEvent {}

  /** It came to nothing. */
  record EnrolmentCancelled(String enrolmentId, String listingId, String student, String reason)
      implements EnrolmentEvent {}
}

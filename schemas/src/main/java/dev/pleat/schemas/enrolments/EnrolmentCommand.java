package dev.pleat.schemas.enrolments;

/** What can be asked of an enrolment. */
public sealed interface EnrolmentCommand {

  /** Ask for a seat of a listing. */
  record RequestEnrolment(String enrolmentId, String listingId, String student)
      implements EnrolmentCommand {}

  /** Say that a seat is kept for it, and what it costs. */
  record TakeSeat(String enrolmentId, long amount, String currency) implements EnrolmentCommand {}

  /** Say that it is paid. */
  record ConfirmEnrolment(String enrolmentId) implements EnrolmentCommand {}

  /** Give it up. */
  record CancelEnrolment(String enrolmentId, String reason) implements EnrolmentCommand {}
}

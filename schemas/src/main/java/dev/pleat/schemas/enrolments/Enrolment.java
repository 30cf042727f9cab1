package dev.pleat.schemas.enrolments;

import java.util.Optional;

/**
 * A row of the view of enrolments.
 *
 * @param reason why it was cancelled
 */
public record Enrolment(
    String enrolmentId,
    String listingId,
    String student,
    EnrolmentStatus status,
    Optional<String> reason) {}

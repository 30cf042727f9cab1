package dev.pleat.schemas.market;

import java.util.Optional;

/**
 * A row of the market: an enrolment with its course and its payment.
 *
 * @param title what the course is called; empty for a listing there is none of
 * @param payment what became of its payment: authorised, declined or voided
 */
public record EnrolmentPage(
    String enrolmentId,
    String listingId,
    Optional<String> title,
    String student,
    String status,
    Optional<String> payment) {}

package dev.pleat.schemas.market;

/**
 * A row of the view of revenue.
 *
 * @param confirmed how many enrolments are confirmed
 * @param amount what they bring together, in the smallest unit of the listing's currency
 */
public record Revenue(String listingId, long confirmed, long amount) {}

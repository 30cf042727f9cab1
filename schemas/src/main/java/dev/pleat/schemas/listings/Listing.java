package dev.pleat.schemas.listings;

/**
 * A row of the view of listings.
 *
 * @param free how many can still enrol
 */
public record Listing(
    String listingId, String title, int seats, int free, long amount, String currency) {}

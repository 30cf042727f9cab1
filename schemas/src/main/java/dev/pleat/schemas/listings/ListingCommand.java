package dev.pleat.schemas.listings;

/** What can be asked of a listing. */
public sealed interface ListingCommand {

  /** Offer a course; amounts are in the smallest unit of the currency. */
  record OpenListing(String listingId, String title, int seats, long amount, String currency)
      implements ListingCommand {}

  /** Keep a seat for an enrolment. */
  record ReserveSeat(String listingId, String enrolmentId) implements ListingCommand {}

  /** Give the seat of an enrolment back. */
  record ReleaseSeat(String listingId, String enrolmentId) implements ListingCommand {}
}

package dev.pleat.schemas.listings;

/** What can have happened to a listing. */
public sealed interface ListingEvent {

  /** A course was offered. */
  record ListingOpened(String listingId, String title, int seats, long amount, String currency)
      implements ListingEvent {}

  /** A seat was kept for an enrolment, at this price. */
  record SeatReserved(String listingId, String enrolmentId, long amount, String currency)
      implements ListingEvent {}

  /** There was no seat left for an enrolment. */
  record SeatRefused(String listingId, String enrolmentId) implements ListingEvent {}

  /** The seat of an enrolment is free again. */
  record SeatReleased(String listingId, String enrolmentId) implements ListingEvent {}
}

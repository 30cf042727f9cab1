package dev.pleat.topology.listings;

import static dev.pleat.schemas.listings.ListingSchema.LISTINGS;
import static dev.pleat.schemas.listings.ListingSchema.LISTING_ALREADY_OPEN;
import static dev.pleat.schemas.listings.ListingSchema.LISTING_NOT_FOUND;

import dev.pleat.schemas.listings.Listing;
import dev.pleat.schemas.listings.ListingCommand;
import dev.pleat.schemas.listings.ListingCommand.OpenListing;
import dev.pleat.schemas.listings.ListingCommand.ReleaseSeat;
import dev.pleat.schemas.listings.ListingCommand.ReserveSeat;
import dev.pleat.schemas.listings.ListingEvent;
import dev.pleat.schemas.listings.ListingEvent.ListingOpened;
import dev.pleat.schemas.listings.ListingEvent.SeatRefused;
import dev.pleat.schemas.listings.ListingEvent.SeatReleased;
import dev.pleat.schemas.listings.ListingEvent.SeatReserved;
import dev.pleat.topology.Scenario;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What happens to listings, whatever it runs on: every command in every state. A subclass says what
 * it runs on.
 */
@SuppressWarnings("this-escape") // a subclass's scenario needs nothing of the subclass
public abstract class ListingsContract {

  @RegisterExtension final Scenario<ListingCommand, ListingEvent> listings = scenario();

  private final String id = UUID.randomUUID().toString();

  /** What the scenarios run on. */
  protected abstract Scenario<ListingCommand, ListingEvent> scenario();

  private final String ada = UUID.randomUUID().toString();
  private final String bob = UUID.randomUUID().toString();

  private ListingOpened opened(int seats) {
    return new ListingOpened(id, "Bread", seats, 4_500, "EUR");
  }

  private SeatReserved reserved(String enrolment) {
    return new SeatReserved(id, enrolment, 4_500, "EUR");
  }

  private Listing row(int seats, int free) {
    return new Listing(id, "Bread", seats, free, 4_500, "EUR");
  }

  @Test
  void opens_a_listing_with_all_its_seats_free() {
    listings
        .given()
        .when(new OpenListing(id, "Bread", 2, 4_500, "EUR"))
        .then(opened(2))
        .andRow(LISTINGS, row(2, 2));
  }

  @Test
  void opens_it_once() {
    listings
        .given(opened(2))
        .when(new OpenListing(id, "Cake", 3, 1, "EUR"))
        .thenRejected(LISTING_ALREADY_OPEN);
  }

  @Test
  void reserves_a_seat_at_the_listings_price() {
    listings
        .given(opened(2))
        .when(new ReserveSeat(id, ada))
        .then(reserved(ada))
        .andRow(LISTINGS, row(2, 1));
  }

  @Test
  void reserves_one_seat_for_an_enrolment() {
    listings.given(opened(2), reserved(ada)).when(new ReserveSeat(id, ada)).thenUnchanged();
  }

  @Test
  void refuses_a_seat_when_all_are_taken() {
    listings
        .given(opened(1), reserved(ada))
        .when(new ReserveSeat(id, bob))
        .then(new SeatRefused(id, bob))
        .andRow(LISTINGS, row(1, 0));
  }

  @Test
  void gives_a_seat_that_was_released_to_the_next() {
    listings
        .given(opened(1), reserved(ada), new SeatReleased(id, ada))
        .when(new ReserveSeat(id, bob))
        .then(reserved(bob))
        .andRow(LISTINGS, row(1, 0));
  }

  @Test
  void releases_the_seat_of_an_enrolment() {
    listings
        .given(opened(1), reserved(ada))
        .when(new ReleaseSeat(id, ada))
        .then(new SeatReleased(id, ada))
        .andRow(LISTINGS, row(1, 1));
  }

  @Test
  void releases_nothing_of_one_that_has_no_seat() {
    listings.given(opened(1), reserved(ada)).when(new ReleaseSeat(id, bob)).thenUnchanged();
  }

  @Test
  void knows_no_listing_that_was_never_opened() {
    listings.given().when(new ReserveSeat(id, ada)).thenRejected(LISTING_NOT_FOUND);
    listings.given().when(new ReleaseSeat(id, ada)).thenRejected(LISTING_NOT_FOUND);
  }
}

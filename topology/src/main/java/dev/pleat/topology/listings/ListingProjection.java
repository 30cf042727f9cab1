package dev.pleat.topology.listings;

import dev.pleat.schemas.listings.Listing;
import dev.pleat.schemas.listings.ListingEvent;
import dev.pleat.schemas.listings.ListingEvent.ListingOpened;
import dev.pleat.schemas.listings.ListingEvent.SeatRefused;
import dev.pleat.schemas.listings.ListingEvent.SeatReleased;
import dev.pleat.schemas.listings.ListingEvent.SeatReserved;
import dev.pleat.topology.Projection;
import java.util.Optional;

/** Each listing with its free seats. */
public final class ListingProjection implements Projection<Listing, ListingEvent> {

  @Override
  public Optional<Listing> project(Optional<Listing> row, ListingEvent event) {
    return switch (event) {
      case ListingOpened opened ->
          Optional.of(
              new Listing(
                  opened.listingId(),
                  opened.title(),
                  opened.seats(),
                  opened.seats(),
                  opened.amount(),
                  opened.currency()));
      case SeatReserved reserved -> row.map(listing -> free(listing, -1));
      case SeatReleased released -> row.map(listing -> free(listing, 1));
      case SeatRefused refused -> row;
    };
  }

  private static Listing free(Listing listing, int more) {
    return new Listing(
        listing.listingId(),
        listing.title(),
        listing.seats(),
        listing.free() + more,
        listing.amount(),
        listing.currency());
  }
}

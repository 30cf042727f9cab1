package dev.pleat.topology.listings;

import dev.pleat.schemas.listings.Listing;
import dev.pleat.schemas.listings.ListingCommand;
import dev.pleat.schemas.listings.ListingEvent;
import dev.pleat.schemas.listings.ListingSchema;
import dev.pleat.topology.Domain;

/** The listings: their rules and their view, bound to their names. */
public final class ListingDomain {

  public static final Domain<Listings.State, ListingCommand, ListingEvent> LISTINGS =
      Domain.of(ListingSchema.SCHEMA)
          .decidedBy(new Listings(), Listings.State.class)
          .projectedTo(ListingSchema.LISTINGS, Listing.class, new ListingProjection())
          .build();

  private ListingDomain() {}
}

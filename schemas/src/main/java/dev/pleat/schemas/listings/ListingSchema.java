package dev.pleat.schemas.listings;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.listings.ListingCommand.OpenListing;
import dev.pleat.schemas.listings.ListingCommand.ReleaseSeat;
import dev.pleat.schemas.listings.ListingCommand.ReserveSeat;

/** What can be said to the listings and asked of them. */
public final class ListingSchema {

  public static final String LISTING_ALREADY_OPEN = "listing-already-open";
  public static final String LISTING_NOT_FOUND = "listing-not-found";

  /** The view of all listings, with their free seats. */
  public static final String LISTINGS = "listings";

  public static final DomainSchema<ListingCommand, ListingEvent> SCHEMA =
      DomainSchema.of("listings", ListingCommand.class, ListingEvent.class)
          .identifiedBy("listing-id", IdFormat.UUID)
          .action(OpenListing.class, LISTING_ALREADY_OPEN)
          .action(ReserveSeat.class, LISTING_NOT_FOUND)
          .action(ReleaseSeat.class, LISTING_NOT_FOUND)
          .view(LISTINGS, Listing.class)
          .creates("/listings", OpenListing.class)
          .reads("/listings/{listing-id}", LISTINGS)
          .build();

  private ListingSchema() {}
}

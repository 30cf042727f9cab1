package dev.pleat.schemas.market;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.Beginning;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.enrolments.EnrolmentSchema;
import dev.pleat.schemas.listings.ListingSchema;
import dev.pleat.schemas.payments.PaymentSchema;
import java.util.List;

/** What follows between listings, enrolments and payments, and what can be asked of the three. */
public final class MarketSchema {

  /** The policy that leads an enrolment to its end. */
  public static final String ENROLLING = "enrolling";

  /** The view of what each listing brings. */
  public static final String REVENUE = "revenue";

  /** The view of enrolments with their courses and payments. */
  public static final String ENROLMENT_PAGE = "enrolment-page";

  /** The view of what came of each command. */
  public static final String CHAINS = "chains";

  private static final List<DomainSchema<?, ?>> ALL =
      List.of(EnrolmentSchema.SCHEMA, ListingSchema.SCHEMA, PaymentSchema.SCHEMA);

  public static final DomainSchema<Void, Void> SCHEMA =
      DomainSchema.ofViews("market", MarketSchema.class)
          .policy(ENROLLING, Beginning.FIRST_EVENT, ALL, ALL)
          .derivedView(REVENUE, Revenue.class, "listing-id", IdFormat.UUID, EnrolmentSchema.SCHEMA)
          .derivedView(
              ENROLMENT_PAGE,
              EnrolmentPage.class,
              "enrolment-id",
              IdFormat.UUID,
              EnrolmentSchema.SCHEMA,
              ListingSchema.SCHEMA,
              PaymentSchema.SCHEMA)
          .derivedView(
              CHAINS,
              Chain.class,
              "correlation-id",
              IdFormat.TEXT,
              EnrolmentSchema.SCHEMA,
              ListingSchema.SCHEMA,
              PaymentSchema.SCHEMA)
          .reads("/domains/market/chains/{correlation-id}", CHAINS)
          .build();

  private MarketSchema() {}
}

package dev.pleat.topology.market;

import dev.pleat.schemas.enrolments.EnrolmentSchema;
import dev.pleat.schemas.listings.ListingSchema;
import dev.pleat.schemas.market.Chain;
import dev.pleat.schemas.market.Chain.ChainStep;
import dev.pleat.schemas.market.EnrolmentPage;
import dev.pleat.schemas.market.MarketSchema;
import dev.pleat.schemas.market.Revenue;
import dev.pleat.schemas.payments.PaymentSchema;
import dev.pleat.topology.Domain;
import dev.pleat.topology.EventTables;
import dev.pleat.topology.Step;
import java.util.List;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.TableJoined;

/** The market: listings, enrolments and payments brought together. It decides nothing. */
public final class MarketDomain {

  public static final Domain<Void, Void, Void> MARKET =
      Domain.ofViews(MarketSchema.SCHEMA)
          .reactsWith(
              MarketSchema.ENROLLING,
              Enrolling.State.class,
              EnrolmentSchema.SCHEMA,
              new Enrolling.OfEnrolments())
          .reactsWith(
              MarketSchema.ENROLLING,
              Enrolling.State.class,
              ListingSchema.SCHEMA,
              new Enrolling.OfListings())
          .reactsWith(
              MarketSchema.ENROLLING,
              Enrolling.State.class,
              PaymentSchema.SCHEMA,
              new Enrolling.OfPayments())
          .derivedAs(MarketSchema.REVENUE, Revenue.class, MarketDomain::revenue)
          .derivedAs(MarketSchema.ENROLMENT_PAGE, EnrolmentPage.class, MarketDomain::pages)
          .derivedAs(MarketSchema.CHAINS, Chain.class, MarketDomain::chains)
          .build();

  private MarketDomain() {}

  private static KTable<String, Revenue> revenue(EventTables events) {
    return events
        .table(EnrolmentSchema.SCHEMA, Market.Sale.class, Market::sale)
        .groupBy(
            (enrolmentId, sale) -> KeyValue.pair(sale.listingId(), sale),
            Grouped.with("by-listing", Serdes.String(), EventTables.serde(Market.Sale.class)))
        .aggregate(
            () -> new Revenue("", 0, 0),
            Market::more,
            Market::less,
            Named.as("sum"),
            events.stored("summed", Revenue.class));
  }

  private static KTable<String, EnrolmentPage> pages(EventTables events) {
    KTable<String, Market.Titled> listings =
        events.table(ListingSchema.SCHEMA, Market.Titled.class, Market::titled);
    return events
        .table(EnrolmentSchema.SCHEMA, Market.Enrolled.class, Market::enrolled)
        .leftJoin(
            events.table(PaymentSchema.SCHEMA, Market.Paid.class, Market::paid),
            Market::page,
            Named.as("paid"),
            events.stored("paid", EnrolmentPage.class))
        .leftJoin(
            listings,
            EnrolmentPage::listingId,
            Market::titled,
            TableJoined.as("by-listing"),
            events.stored("titled", EnrolmentPage.class));
  }

  private static KTable<String, Chain> chains(EventTables events) {
    return events
        .steps(EnrolmentSchema.SCHEMA)
        .merge(events.steps(ListingSchema.SCHEMA), Named.as("and-listings"))
        .merge(events.steps(PaymentSchema.SCHEMA), Named.as("and-payments"))
        .groupByKey(Grouped.with("by-correlation", Serdes.String(), EventTables.serde(Step.class)))
        .aggregate(
            () -> new Chain("", List.of(), 0),
            (correlationId, step, chain) -> Market.longer(chain, correlationId, step(step)),
            Named.as("chain"),
            events.stored("chained", Chain.class));
  }

  private static ChainStep step(Step step) {
    return new ChainStep(
        step.domain(),
        step.aggregateId(),
        step.action(),
        step.id(),
        step.commandId(),
        step.cause(),
        step.hops(),
        step.reason(),
        step.time());
  }
}

package dev.pleat.topology.market;

import dev.pleat.schemas.enrolments.EnrolmentEvent;
import dev.pleat.schemas.enrolments.EnrolmentEvent.EnrolmentCancelled;
import dev.pleat.schemas.enrolments.EnrolmentEvent.EnrolmentConfirmed;
import dev.pleat.schemas.enrolments.EnrolmentEvent.EnrolmentRequested;
import dev.pleat.schemas.enrolments.EnrolmentEvent.SeatTaken;
import dev.pleat.schemas.listings.ListingEvent;
import dev.pleat.schemas.listings.ListingEvent.ListingOpened;
import dev.pleat.schemas.market.Chain;
import dev.pleat.schemas.market.Chain.ChainStep;
import dev.pleat.schemas.market.EnrolmentPage;
import dev.pleat.schemas.market.Revenue;
import dev.pleat.schemas.payments.PaymentEvent;
import dev.pleat.schemas.payments.PaymentEvent.PaymentAuthorised;
import dev.pleat.schemas.payments.PaymentEvent.PaymentDeclined;
import dev.pleat.schemas.payments.PaymentEvent.PaymentVoided;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How events of three domains become rows of the market. */
final class Market {

  /** More are counted and not kept, so that a row stays one that can be answered. */
  private static final int MAX_STEPS = 200;

  private Market() {}

  /** What is known of an enrolment from its own events. */
  record Enrolled(String enrolmentId, String listingId, String student, String status) {}

  /** What a listing is called. */
  record Titled(String title) {}

  /** What became of a payment. */
  record Paid(String status) {}

  /** What a confirmed enrolment brings. */
  record Sale(String listingId, long amount) {}

  static Optional<Enrolled> enrolled(Optional<Enrolled> row, EnrolmentEvent event) {
    return switch (event) {
      case EnrolmentRequested requested ->
          Optional.of(
              new Enrolled(
                  requested.enrolmentId(),
                  requested.listingId(),
                  requested.student(),
                  "requested"));
      case SeatTaken taken -> row.map(before -> in(before, "seat-taken"));
      case EnrolmentConfirmed confirmed -> row.map(before -> in(before, "confirmed"));
      case EnrolmentCancelled cancelled -> row.map(before -> in(before, "cancelled"));
    };
  }

  private static Enrolled in(Enrolled before, String status) {
    return new Enrolled(before.enrolmentId(), before.listingId(), before.student(), status);
  }

  static Optional<Titled> titled(Optional<Titled> row, ListingEvent event) {
    return event instanceof ListingOpened opened ? Optional.of(new Titled(opened.title())) : row;
  }

  static Optional<Paid> paid(Optional<Paid> row, PaymentEvent event) {
    return Optional.of(
        switch (event) {
          case PaymentAuthorised authorised -> new Paid("authorised");
          case PaymentDeclined declined -> new Paid("declined");
          case PaymentVoided voided -> new Paid("voided");
        });
  }

  static Optional<Sale> sale(Optional<Sale> row, EnrolmentEvent event) {
    return event instanceof EnrolmentConfirmed confirmed
        ? Optional.of(new Sale(confirmed.listingId(), confirmed.amount()))
        : row;
  }

  static Revenue more(String listingId, Sale sale, Revenue before) {
    return new Revenue(listingId, before.confirmed() + 1, before.amount() + sale.amount());
  }

  static Revenue less(String listingId, Sale sale, Revenue before) {
    return new Revenue(listingId, before.confirmed() - 1, before.amount() - sale.amount());
  }

  static EnrolmentPage page(Enrolled enrolled, @Nullable Paid paid) {
    return new EnrolmentPage(
        enrolled.enrolmentId(),
        enrolled.listingId(),
        Optional.empty(),
        enrolled.student(),
        enrolled.status(),
        Optional.ofNullable(paid).map(Paid::status));
  }

  static EnrolmentPage titled(EnrolmentPage page, @Nullable Titled listing) {
    return new EnrolmentPage(
        page.enrolmentId(),
        page.listingId(),
        Optional.ofNullable(listing).map(Titled::title),
        page.student(),
        page.status(),
        page.payment());
  }

  /** In the order of causes; the same step twice is one. */
  static Chain longer(Chain before, String correlationId, ChainStep step) {
    if (before.steps().stream().anyMatch(each -> each.id().equals(step.id()))) {
      return before;
    }
    if (before.steps().size() >= MAX_STEPS) {
      return new Chain(correlationId, before.steps(), before.omitted() + 1);
    }
    List<ChainStep> steps = new ArrayList<>(before.steps());
    steps.add(step);
    steps.sort(Comparator.comparing(ChainStep::hops).thenComparing(ChainStep::time));
    return new Chain(correlationId, List.copyOf(steps), before.omitted());
  }
}

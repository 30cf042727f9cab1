package dev.pleat.topology.market;

import dev.pleat.schemas.PolicyContext;
import dev.pleat.schemas.enrolments.EnrolmentCommand.CancelEnrolment;
import dev.pleat.schemas.enrolments.EnrolmentCommand.ConfirmEnrolment;
import dev.pleat.schemas.enrolments.EnrolmentCommand.TakeSeat;
import dev.pleat.schemas.enrolments.EnrolmentEvent;
import dev.pleat.schemas.enrolments.EnrolmentEvent.EnrolmentCancelled;
import dev.pleat.schemas.enrolments.EnrolmentEvent.EnrolmentConfirmed;
import dev.pleat.schemas.enrolments.EnrolmentEvent.EnrolmentRequested;
import dev.pleat.schemas.enrolments.EnrolmentEvent.SeatTaken;
import dev.pleat.schemas.enrolments.EnrolmentSchema;
import dev.pleat.schemas.listings.ListingCommand.ReleaseSeat;
import dev.pleat.schemas.listings.ListingCommand.ReserveSeat;
import dev.pleat.schemas.listings.ListingEvent;
import dev.pleat.schemas.listings.ListingEvent.ListingOpened;
import dev.pleat.schemas.listings.ListingEvent.SeatRefused;
import dev.pleat.schemas.listings.ListingEvent.SeatReleased;
import dev.pleat.schemas.listings.ListingEvent.SeatReserved;
import dev.pleat.schemas.listings.ListingSchema;
import dev.pleat.schemas.payments.PaymentCommand.AuthorisePayment;
import dev.pleat.schemas.payments.PaymentCommand.VoidPayment;
import dev.pleat.schemas.payments.PaymentEvent;
import dev.pleat.schemas.payments.PaymentEvent.PaymentAuthorised;
import dev.pleat.schemas.payments.PaymentEvent.PaymentDeclined;
import dev.pleat.schemas.payments.PaymentEvent.PaymentVoided;
import dev.pleat.schemas.payments.PaymentSchema;
import dev.pleat.topology.Policy;
import dev.pleat.topology.Reaction;
import java.time.Duration;

/**
 * How an enrolment comes to its end: a seat, then a payment, then it is confirmed; what fails on
 * the way cancels it, and what was done is given back.
 *
 * <p>Only events of the enrolment itself lead to seats and payments, and all of them come one after
 * the other: so a seat is released after it was reserved, a payment voided after it was asked for.
 * A payment has its enrolment's id, so both have one state here.
 */
final class Enrolling {

  /** An enrolment that has come to no end by then is cancelled. */
  static final Duration PATIENCE = Duration.ofMinutes(15);

  private static final String END = "end";

  private Enrolling() {}

  /**
   * What is remembered of an enrolment.
   *
   * @param paymentAsked whether a payment was asked for that may have to be given back
   */
  record State(boolean paymentAsked) {}

  private static final State NOTHING = new State(false);

  /** What follows from what happens to an enrolment. */
  static final class OfEnrolments implements Policy<State, EnrolmentEvent> {
    @Override
    public State initialState() {
      return NOTHING;
    }

    @Override
    public Reaction<State> react(State state, EnrolmentEvent event, PolicyContext context) {
      return switch (event) {
        case EnrolmentRequested requested ->
            Reaction.of(state)
                .send(
                    ListingSchema.SCHEMA,
                    new ReserveSeat(requested.listingId(), requested.enrolmentId()))
                .deadline(
                    END,
                    PATIENCE,
                    EnrolmentSchema.SCHEMA,
                    new CancelEnrolment(requested.enrolmentId(), "timed-out"));
        case SeatTaken taken ->
            Reaction.of(new State(true))
                .send(
                    PaymentSchema.SCHEMA,
                    new AuthorisePayment(
                        taken.enrolmentId(), taken.student(), taken.amount(), taken.currency()));
        case EnrolmentConfirmed confirmed -> Reaction.of(NOTHING).cancelDeadline(END);
        case EnrolmentCancelled cancelled -> {
          Reaction<State> seat =
              Reaction.of(NOTHING)
                  .cancelDeadline(END)
                  .send(
                      ListingSchema.SCHEMA,
                      new ReleaseSeat(cancelled.listingId(), cancelled.enrolmentId()));
          yield state.paymentAsked()
              ? seat.send(PaymentSchema.SCHEMA, new VoidPayment(cancelled.enrolmentId()))
              : seat;
        }
      };
    }
  }

  /** What follows from what happens to a listing. */
  static final class OfListings implements Policy<State, ListingEvent> {
    @Override
    public State initialState() {
      return NOTHING;
    }

    @Override
    public Reaction<State> react(State state, ListingEvent event, PolicyContext context) {
      return switch (event) {
        case SeatReserved reserved ->
            Reaction.of(state)
                .send(
                    EnrolmentSchema.SCHEMA,
                    new TakeSeat(reserved.enrolmentId(), reserved.amount(), reserved.currency()));
        case SeatRefused refused ->
            Reaction.of(state)
                .send(
                    EnrolmentSchema.SCHEMA, new CancelEnrolment(refused.enrolmentId(), "sold-out"));
        case SeatReleased released -> Reaction.of(state);
        case ListingOpened opened -> Reaction.of(state);
      };
    }
  }

  /** What follows from what happens to a payment. */
  static final class OfPayments implements Policy<State, PaymentEvent> {
    @Override
    public State initialState() {
      return NOTHING;
    }

    @Override
    public Reaction<State> react(State state, PaymentEvent event, PolicyContext context) {
      return switch (event) {
        case PaymentAuthorised authorised ->
            Reaction.of(state)
                .send(EnrolmentSchema.SCHEMA, new ConfirmEnrolment(authorised.paymentId()));
        case PaymentDeclined declined ->
            Reaction.of(state)
                .send(
                    EnrolmentSchema.SCHEMA,
                    new CancelEnrolment(declined.paymentId(), "payment-declined"));
        case PaymentVoided voided -> Reaction.of(state);
      };
    }
  }
}

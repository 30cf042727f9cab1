package dev.pleat.topology.listings;

import static dev.pleat.schemas.listings.ListingSchema.LISTING_ALREADY_OPEN;
import static dev.pleat.schemas.listings.ListingSchema.LISTING_NOT_FOUND;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.listings.ListingCommand;
import dev.pleat.schemas.listings.ListingCommand.OpenListing;
import dev.pleat.schemas.listings.ListingCommand.ReleaseSeat;
import dev.pleat.schemas.listings.ListingCommand.ReserveSeat;
import dev.pleat.schemas.listings.ListingEvent;
import dev.pleat.schemas.listings.ListingEvent.ListingOpened;
import dev.pleat.schemas.listings.ListingEvent.SeatRefused;
import dev.pleat.schemas.listings.ListingEvent.SeatReleased;
import dev.pleat.schemas.listings.ListingEvent.SeatReserved;
import dev.pleat.topology.Decider;
import dev.pleat.topology.Decision;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The rules of listings: as many enrolments have a seat as there are seats, one each. That there is
 * none left is an event, because whoever asked has to be told.
 */
public final class Listings implements Decider<Listings.State, ListingCommand, ListingEvent> {

  /** What is remembered of a listing. */
  public sealed interface State {}

  /** It was never opened. */
  public record Unknown() implements State {}

  /**
   * It is open.
   *
   * @param taken the enrolments that have a seat
   */
  public record Open(int seats, long amount, String currency, Set<String> taken) implements State {
    /** Keeps its own copy, in the order of the events. */
    public Open {
      taken = new LinkedHashSet<>(taken);
    }
  }

  @Override
  public State initialState() {
    return new Unknown();
  }

  @Override
  public Decision<ListingEvent> decide(
      State state, ListingCommand command, CommandContext context) {
    return switch (command) {
      case OpenListing open ->
          state instanceof Open
              ? Decision.reject(
                  LISTING_ALREADY_OPEN, "listing " + open.listingId() + " is open already")
              : Decision.accept(
                  new ListingOpened(
                      open.listingId(),
                      open.title(),
                      open.seats(),
                      open.amount(),
                      open.currency()));
      case ReserveSeat reserve ->
          state instanceof Open open ? reserve(open, reserve) : notFound(reserve.listingId());
      case ReleaseSeat release -> {
        if (!(state instanceof Open open)) {
          yield notFound(release.listingId());
        }
        yield open.taken().contains(release.enrolmentId())
            ? Decision.accept(new SeatReleased(release.listingId(), release.enrolmentId()))
            : Decision.unchanged();
      }
    };
  }

  private static Decision<ListingEvent> reserve(Open open, ReserveSeat reserve) {
    if (open.taken().contains(reserve.enrolmentId())) {
      return Decision.unchanged();
    }
    return Decision.accept(
        open.taken().size() < open.seats()
            ? new SeatReserved(
                reserve.listingId(), reserve.enrolmentId(), open.amount(), open.currency())
            : new SeatRefused(reserve.listingId(), reserve.enrolmentId()));
  }

  private static Decision<ListingEvent> notFound(String listingId) {
    return Decision.reject(LISTING_NOT_FOUND, "there is no listing " + listingId);
  }

  @Override
  public State evolve(State state, ListingEvent event) {
    return switch (event) {
      case ListingOpened opened ->
          new Open(opened.seats(), opened.amount(), opened.currency(), Set.of());
      case SeatReserved reserved -> with(state, reserved.enrolmentId(), true);
      case SeatReleased released -> with(state, released.enrolmentId(), false);
      case SeatRefused refused -> state;
    };
  }

  private static State with(State state, String enrolmentId, boolean taken) {
    return switch (state) {
      case Unknown unknown -> unknown;
      case Open open -> {
        Set<String> seats = new LinkedHashSet<>(open.taken());
        if (taken) {
          seats.add(enrolmentId);
        } else {
          seats.remove(enrolmentId);
        }
        yield new Open(open.seats(), open.amount(), open.currency(), seats);
      }
    };
  }

  @Override
  public int stateVersion() {
    return 1;
  }
}

package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.History.Events;
import dev.pleat.interactivequeries.History.EventsRequest;
import dev.pleat.interactivequeries.History.Place;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Makes a page of what lies in two stores: the events of an aggregate, and among them the outcomes
 * of its commands. Pure.
 */
final class HistoryPage {

  /** A page ends with what reaches this; more than all events of a command together may have. */
  static final int MAX_BYTES = 4 * 1024 * 1024;

  /** Before everything. */
  static final Place FIRST = new Place(0, 0);

  private HistoryPage() {}

  /** An event or an outcome, and where it lies. */
  record Entry(Place place, byte[] json) {}

  /**
   * What lies in a range, in the order it was asked for.
   *
   * @param all whether there is nothing more in it; if there is, there is at least one entry
   */
  record Entries(List<Entry> entries, boolean all) {
    static final Entries NONE = new Entries(List.of(), true);
  }

  /** Where the events and the outcomes of one aggregate lie; both ends are included. */
  interface Lying {
    Entries events(long from, long to, int limit, boolean ascending);

    Entries outcomes(Place from, Place to, int limit, boolean ascending);

    /** The version up to which the outcomes are recorded, of those up to this one. */
    long outcomesThrough(long last);
  }

  /** Behind all outcomes of this version. */
  static Place end(long version) {
    return new Place(version, Long.MAX_VALUE);
  }

  /**
   * A page.
   *
   * @param last the version of the last event: an outcome of a later one may be there before its
   *     events, and is not shown yet
   */
  static Events of(EventsRequest request, long last, Lying lying) {
    int limit = request.limit();
    boolean ascending = request.ascending();
    Place from = FIRST;
    Place to = end(last);
    if (request.after().isPresent()) {
      Place after = request.after().get();
      if (ascending) {
        from = new Place(after.version(), after.order() + 1);
      } else {
        to =
            after.order() == 0
                ? end(after.version() - 1)
                : new Place(after.version(), after.order() - 1);
      }
    }
    // The event of the version from which it goes on lies before that place.
    Entries events = lying.events(from.version() + 1, to.version(), limit, ascending);
    Entries outcomes =
        request.outcomes() ? lying.outcomes(from, to, limit, ascending) : Entries.NONE;
    return merged(
        request,
        events,
        outcomes,
        request.outcomes() ? OptionalLong.of(lying.outcomesThrough(last)) : OptionalLong.empty());
  }

  private static Events merged(
      EventsRequest request, Entries events, Entries outcomes, OptionalLong outcomesThrough) {
    Comparator<Entry> order =
        request.ascending()
            ? Comparator.comparing(Entry::place)
            : Comparator.comparing(Entry::place).reversed();
    List<Entry> found =
        Stream.of(events, outcomes).flatMap(it -> it.entries().stream()).sorted(order).toList();
    // Where one of the two was not read to its end, nothing is known of what comes behind.
    Optional<Entry> horizon =
        Stream.of(events, outcomes)
            .filter(it -> !it.all())
            .map(it -> it.entries().getLast())
            .min(order);
    List<byte[]> page = new ArrayList<>();
    Optional<Place> ended = Optional.empty();
    long bytes = 0;
    for (Entry entry : found) {
      if (page.size() == request.limit()
          || bytes >= MAX_BYTES
          || horizon.filter(end -> order.compare(entry, end) > 0).isPresent()) {
        break;
      }
      page.add(entry.json());
      bytes += entry.json().length;
      ended = Optional.of(entry.place());
    }
    boolean more = page.size() < found.size() || horizon.isPresent();
    return new Events(page, more ? ended : Optional.empty(), outcomesThrough);
  }
}

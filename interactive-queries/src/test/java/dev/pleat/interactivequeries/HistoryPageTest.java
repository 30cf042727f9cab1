package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.interactivequeries.History.Events;
import dev.pleat.interactivequeries.History.EventsRequest;
import dev.pleat.interactivequeries.History.Place;
import dev.pleat.interactivequeries.HistoryPage.Entries;
import dev.pleat.interactivequeries.HistoryPage.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Pages of events and outcomes, of stores that give fewer than asked for when entries are large.
 */
final class HistoryPageTest {

  /** Stores that end each read wherever they like. */
  private record Cut(TreeSet<Place> places, SplittableRandom random) implements HistoryPage.Lying {

    @Override
    public Entries events(long from, long to, int limit, boolean ascending) {
      return read(new Place(from, 0), new Place(to, 0), limit, ascending, true);
    }

    @Override
    public Entries outcomes(Place from, Place to, int limit, boolean ascending) {
      return read(from, to, limit, ascending, false);
    }

    private Entries read(Place from, Place to, int limit, boolean ascending, boolean events) {
      List<Entry> found = new ArrayList<>();
      int most = Math.min(limit, random.nextInt(1, 6));
      if (from.compareTo(to) <= 0) {
        var range = places.subSet(from, true, to, true);
        for (Place place : ascending ? range : range.descendingSet()) {
          if (place.order() == 0 == events) {
            if (found.size() == most) {
              return new Entries(found, false);
            }
            found.add(new Entry(place, place.toString().getBytes(UTF_8)));
          }
        }
      }
      return new Entries(found, true);
    }

    @Override
    public long outcomesThrough(long last) {
      return last;
    }
  }

  private static List<String> paged(
      HistoryPage.Lying lying, long last, boolean ascending, int limit) {
    List<String> all = new ArrayList<>();
    Optional<Place> after = Optional.empty();
    do {
      Events page = HistoryPage.of(new EventsRequest(after, ascending, limit, true), last, lying);
      assertTrue(page.events().size() <= limit);
      page.events().forEach(json -> all.add(new String(json, UTF_8)));
      after = page.next();
    } while (after.isPresent());
    return all;
  }

  @Test
  void pages_together_are_all_there_is_once_and_in_order() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 500; i++) {
      long last = random.nextInt(30);
      TreeSet<Place> places = new TreeSet<>();
      for (long version = 0; version <= last; version++) {
        if (version > 0) {
          places.add(new Place(version, 0));
        }
        for (int left = random.nextInt(4); left > 0; left--) {
          places.add(new Place(version, random.nextInt(1, 1_000)));
        }
      }
      List<String> expected = places.stream().map(Place::toString).toList();
      // Of an event that is not recorded yet.
      places.add(new Place(last + 1, 1_000));
      Cut lying = new Cut(places, random);
      int limit = random.nextInt(1, 12);

      assertEquals(expected, paged(lying, last, true, limit), "seed " + seed);
      assertEquals(expected.reversed(), paged(lying, last, false, limit), "seed " + seed);
    }
  }
}

package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.History.Events;
import dev.pleat.interactivequeries.History.EventsRequest;
import dev.pleat.interactivequeries.History.Place;
import dev.pleat.interactivequeries.LocalStores.Held;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.HistoryKey;
import dev.pleat.schemas.JsonCodec;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;

/** The history of one aggregate, as far as it is recorded in this process. Used by one thread. */
final class RecordedHistory implements Folds.Recorded {

  /** More than all events of a command together may have. */
  static final int MAX_PAGE_BYTES = 4 * 1024 * 1024;

  private static final Place FIRST = new Place(0, 0);

  private final LocalStores stores;
  private final DomainSchema<?, ?> schema;
  private final String id;
  private final Set<Integer> partition;

  RecordedHistory(LocalStores stores, DomainSchema<?, ?> schema, String id) {
    this.stores = stores;
    this.schema = schema;
    this.id = id;
    this.partition = Set.of(stores.partitionOf(schema, id));
  }

  /** Thrown where something is not held here. */
  static final class NotHere extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotHere(String why) {
      super(why, null, false, false);
    }
  }

  private <K, R> Optional<R> read(
      String store, Function<ReadOnlyKeyValueStore<K, byte[]>, @Nullable R> read) {
    Held<R> held = stores.read(schema, store, partition, read);
    if (held.missing().isPresent()) {
      throw new NotHere(held.missing().get());
    }
    return held.results().values().iterator().next();
  }

  /** 0 if there is no such aggregate. */
  long lastVersion() {
    return this.<String, byte[]>read(HistoryKey.LAST, store -> store.get(id))
        .map(bytes -> ByteBuffer.wrap(bytes).getLong())
        .orElse(0L);
  }

  @Override
  public List<byte[]> between(long from, long to, int limit) {
    return events(from, to, limit, true).entries().stream().map(Entry::json).toList();
  }

  private record Entry(Place place, byte[] json) {}

  /**
   * What lies in a range.
   *
   * @param all whether there is nothing more in it
   */
  private record Entries(List<Entry> entries, boolean all) {
    static final Entries NONE = new Entries(List.of(), true);
  }

  private Entries events(long from, long to, int limit, boolean ascending) {
    return from > to
        ? Entries.NONE
        : range(
            HistoryKey.EVENTS,
            HistoryKey.of(id, from),
            HistoryKey.of(id, to),
            limit,
            ascending,
            key -> new Place(HistoryKey.version(key), 0));
  }

  private Entries outcomes(Place from, Place to, int limit, boolean ascending) {
    return from.compareTo(to) > 0
        ? Entries.NONE
        : range(
            HistoryKey.OUTCOMES,
            HistoryKey.ofOutcome(id, from.version(), from.order()),
            HistoryKey.ofOutcome(id, to.version(), to.order()),
            limit,
            ascending,
            key -> new Place(HistoryKey.outcomeVersion(key), HistoryKey.outcomePlace(key)));
  }

  private Entries range(
      String name,
      byte[] from,
      byte[] to,
      int limit,
      boolean ascending,
      Function<byte[], Place> place) {
    return this.<Bytes, Entries>read(
            name,
            store -> {
              List<Entry> found = new ArrayList<>();
              long bytes = 0;
              try (KeyValueIterator<Bytes, byte[]> range =
                  ascending
                      ? store.range(Bytes.wrap(from), Bytes.wrap(to))
                      : store.reverseRange(Bytes.wrap(from), Bytes.wrap(to))) {
                while (range.hasNext() && found.size() < limit && bytes < MAX_PAGE_BYTES) {
                  KeyValue<Bytes, byte[]> entry = range.next();
                  found.add(new Entry(place.apply(entry.key.get()), entry.value));
                  bytes += entry.value.length;
                }
                return new Entries(found, !range.hasNext());
              }
            })
        .orElseThrow();
  }

  /** The version up to which the outcomes are recorded, of those up to this one; 0 if none is. */
  long outcomesThrough(long last) {
    List<Entry> newest = outcomes(FIRST, end(last), 1, false).entries();
    return newest.isEmpty() ? 0 : newest.getFirst().place().version();
  }

  /** Behind all outcomes of this version. */
  private static Place end(long version) {
    return new Place(version, Long.MAX_VALUE);
  }

  /** A page of the events up to a version, and of the outcomes up to it if they are wanted. */
  Events page(EventsRequest request, long last) {
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
    Entries events = events(from.version() + 1, to.version(), limit, ascending);
    Entries outcomes = request.outcomes() ? outcomes(from, to, limit, ascending) : Entries.NONE;
    return merged(events, outcomes, request, last);
  }

  private Events merged(Entries events, Entries outcomes, EventsRequest request, long last) {
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
          || bytes >= MAX_PAGE_BYTES
          || horizon.filter(end -> order.compare(entry, end) > 0).isPresent()) {
        break;
      }
      page.add(entry.json());
      bytes += entry.json().length;
      ended = Optional.of(entry.place());
    }
    boolean more = page.size() < found.size() || horizon.isPresent();
    return new Events(
        page,
        more ? ended : Optional.empty(),
        request.outcomes() ? OptionalLong.of(outcomesThrough(last)) : OptionalLong.empty());
  }

  Optional<byte[]> snapshotUpTo(long version) {
    if (version == 0) {
      return Optional.empty();
    }
    return read(
        HistoryKey.SNAPSHOTS,
        (ReadOnlyKeyValueStore<Bytes, byte[]> store) -> {
          try (KeyValueIterator<Bytes, byte[]> range =
              store.reverseRange(
                  Bytes.wrap(HistoryKey.of(id, 1)), Bytes.wrap(HistoryKey.of(id, version)))) {
            return range.hasNext() ? range.next().value : null;
          }
        });
  }

  /** The version at a time, from 1 to the last one; 0 if there was none yet. */
  long versionAt(Instant time, long last) {
    long before = 0;
    long after = last + 1;
    while (after - before > 1) {
      long middle = (before + after) >>> 1;
      if (timestamp(middle).isAfter(time)) {
        after = middle;
      } else {
        before = middle;
      }
    }
    return before;
  }

  private Instant timestamp(long version) {
    List<byte[]> event = between(version, version, 1);
    if (event.isEmpty()) {
      throw new Folds.Broken("version " + version + " is missing", new IllegalStateException(id));
    }
    return JsonCodec.readEvent(event.getFirst()).timestamp();
  }
}

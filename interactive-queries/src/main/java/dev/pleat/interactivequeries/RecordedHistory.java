package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.History.Place;
import dev.pleat.interactivequeries.HistoryPage.Entries;
import dev.pleat.interactivequeries.HistoryPage.Entry;
import dev.pleat.interactivequeries.ReadableStores.Held;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.HistoryKey;
import dev.pleat.schemas.JsonCodec;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;

/** The history of one aggregate, as far as it is recorded in this process. Used by one thread. */
final class RecordedHistory implements Folds.Recorded, HistoryPage.Lying {

  private final ReadableStores stores;
  private final DomainSchema<?, ?> schema;
  private final String id;
  private final Set<Integer> partition;

  RecordedHistory(ReadableStores stores, DomainSchema<?, ?> schema, String id) {
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

  @Override
  public Entries events(long from, long to, int limit, boolean ascending) {
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

  @Override
  public Entries outcomes(Place from, Place to, int limit, boolean ascending) {
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
                while (range.hasNext() && found.size() < limit && bytes < HistoryPage.MAX_BYTES) {
                  KeyValue<Bytes, byte[]> entry = range.next();
                  found.add(new Entry(place.apply(entry.key.get()), entry.value));
                  bytes += entry.value.length;
                }
                return new Entries(found, !range.hasNext());
              }
            })
        .orElseThrow();
  }

  @Override
  public long outcomesThrough(long last) {
    List<Entry> newest = outcomes(HistoryPage.FIRST, HistoryPage.end(last), 1, false).entries();
    return newest.isEmpty() ? 0 : newest.getFirst().place().version();
  }

  Optional<byte[]> snapshotUpTo(long version) {
    if (version <= 0) {
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

package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.LocalStores.Held;
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
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;

/** The history of one aggregate, as far as it is recorded in this process. Used by one thread. */
final class RecordedHistory implements Folds.Recorded {

  /** More than all events of a command together may have. */
  static final int MAX_PAGE_BYTES = 4 * 1024 * 1024;

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
    return range(from, to, limit, true);
  }

  List<byte[]> range(long from, long to, int limit, boolean ascending) {
    Bytes first = Bytes.wrap(HistoryKey.of(id, from));
    Bytes last = Bytes.wrap(HistoryKey.of(id, to));
    return this.<Bytes, List<byte[]>>read(
            HistoryKey.EVENTS,
            store -> {
              List<byte[]> found = new ArrayList<>();
              long bytes = 0;
              try (KeyValueIterator<Bytes, byte[]> range =
                  ascending ? store.range(first, last) : store.reverseRange(first, last)) {
                while (range.hasNext() && found.size() < limit && bytes < MAX_PAGE_BYTES) {
                  byte[] event = range.next().value;
                  found.add(event);
                  bytes += event.length;
                }
              }
              return found;
            })
        .orElseThrow();
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

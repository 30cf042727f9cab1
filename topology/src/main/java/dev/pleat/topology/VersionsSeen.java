package dev.pleat.topology;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The last version seen of each aggregate, in a store to which nobody else writes; the newest are
 * at hand. Used by one stream thread at a time.
 */
final class VersionsSeen {

  /** How many aggregates' versions are at hand without a look-up, a partition. */
  static final int MAX_RECENT = 16_384;

  private final KeyValueStore<String, Long> store;

  /** Of a view whose aggregates all have rows there is nothing to look up. */
  private boolean isEmpty;

  private final Map<String, Long> recent =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > MAX_RECENT;
        }
      };

  /** Over a store that is restored. */
  VersionsSeen(KeyValueStore<String, Long> store) {
    this.store = store;
    try (KeyValueIterator<String, Long> all = store.all()) {
      isEmpty = !all.hasNext();
    }
  }

  /** 0 if none is written. */
  long of(String aggregateId) {
    if (isEmpty) {
      return 0;
    }
    Long last = recent.get(aggregateId);
    if (last == null) {
      last = store.get(aggregateId);
    }
    return last == null ? 0 : last;
  }

  void see(String aggregateId, long version) {
    store.put(aggregateId, version);
    recent.put(aggregateId, version);
    isEmpty = false;
  }
}

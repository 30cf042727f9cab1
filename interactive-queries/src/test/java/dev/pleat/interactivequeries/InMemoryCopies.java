package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.IndexKey;
import java.util.Iterator;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/** The copies of a replica without a disk: one for all views. */
final class InMemoryCopies implements ViewCopies {

  private final NavigableMap<String, byte[]> rows = new ConcurrentSkipListMap<>();
  private final NavigableMap<Bytes, byte[]> index = new ConcurrentSkipListMap<>();
  private final Map<String, Long> seen = new ConcurrentHashMap<>();
  private volatile Optional<CopyState> state = Optional.empty();
  private final AtomicInteger open = new AtomicInteger();

  void at(CopyState now) {
    state = Optional.of(now);
  }

  void put(String key, String json) {
    rows.put(key, json.getBytes(UTF_8));
  }

  void find(String indexName, String text, String key) {
    index.put(
        Bytes.wrap(IndexKey.entry(IndexKey.text(indexName, text), key)),
        IndexKey.markOf(rows.get(key)));
  }

  void see(String aggregateId, long version) {
    seen.put(aggregateId, version);
  }

  /** Readings that were not closed. */
  int open() {
    return open.get();
  }

  @Override
  public Optional<CopyReading> open(DomainSchema<?, ?> schema, View view) {
    return state.map(Reading::new);
  }

  @Override
  public String missing(DomainSchema<?, ?> schema, View view) {
    return "7 % of " + view.name() + " is done";
  }

  private final class Reading implements CopyReading {
    private final CopyState at;

    Reading(CopyState at) {
      this.at = at;
      open.incrementAndGet();
    }

    @Override
    public CopyState state() {
      return at;
    }

    @Override
    public ReadOnlyKeyValueStore<String, byte[]> rows() {
      return new Store<>(new TreeMap<>(rows));
    }

    @Override
    public ReadOnlyKeyValueStore<Bytes, byte[]> index() {
      return new Store<>(new TreeMap<>(index));
    }

    @Override
    public long seen(String aggregateId) {
      return seen.getOrDefault(aggregateId, 0L);
    }

    @Override
    public Map<String, String> logIds() {
      return Map.of("calculator", RunningApi.LOG_ID, "customers", RunningApi.LOG_ID);
    }

    @Override
    public void close() {
      open.decrementAndGet();
    }
  }

  private record Store<K>(NavigableMap<K, byte[]> entries)
      implements ReadOnlyKeyValueStore<K, byte[]> {

    @Override
    public byte[] get(K key) {
      return entries.get(key);
    }

    @Override
    public KeyValueIterator<K, byte[]> range(K from, K to) {
      NavigableMap<K, byte[]> rest = from == null ? entries : entries.tailMap(from, true);
      return iterator(to == null ? rest : rest.headMap(to, true));
    }

    @Override
    public KeyValueIterator<K, byte[]> all() {
      return iterator(entries);
    }

    @Override
    public long approximateNumEntries() {
      return entries.size();
    }

    private static <K> KeyValueIterator<K, byte[]> iterator(NavigableMap<K, byte[]> some) {
      Iterator<Map.Entry<K, byte[]>> all = some.entrySet().iterator();
      return new KeyValueIterator<>() {
        @Override
        public boolean hasNext() {
          return all.hasNext();
        }

        @Override
        public KeyValue<K, byte[]> next() {
          Map.Entry<K, byte[]> entry = all.next();
          return KeyValue.pair(entry.getKey(), entry.getValue());
        }

        @Override
        public K peekNextKey() {
          throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
      };
    }
  }
}

package dev.pleat.deploy.trial;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * A store of keys and values on the heap, in the order a state store on disk has. Safe for use by
 * many threads; an iterator may or may not show what is written meanwhile.
 */
final class MapStore<K, V> implements ReadOnlyKeyValueStore<K, V> {

  private final ConcurrentNavigableMap<K, V> entries;

  private MapStore(Comparator<K> order) {
    this.entries = new ConcurrentSkipListMap<>(order);
  }

  /** With keys in the order of their bytes in UTF-8. */
  static <V> MapStore<String, V> byText() {
    return new MapStore<>(
        Comparator.comparing(text -> text.getBytes(UTF_8), Arrays::compareUnsigned));
  }

  static <V> MapStore<Bytes, V> byBytes() {
    return new MapStore<>(Comparator.comparing(Bytes::get, Arrays::compareUnsigned));
  }

  static <V> MapStore<Integer, V> byNumber() {
    return new MapStore<>(Comparator.comparingInt(Integer::intValue));
  }

  /** Puts a value there, or takes away the one that is there. */
  void put(K key, Optional<V> value) {
    value.ifPresentOrElse(it -> entries.put(key, it), () -> entries.remove(key));
  }

  Optional<V> find(K key) {
    return Optional.ofNullable(entries.get(key));
  }

  @Override
  public @Nullable V get(K key) {
    return entries.get(key);
  }

  @Override
  public KeyValueIterator<K, V> range(@Nullable K from, @Nullable K to) {
    return new Entries<>(between(from, to));
  }

  @Override
  public KeyValueIterator<K, V> reverseRange(@Nullable K from, @Nullable K to) {
    return new Entries<>(between(from, to).descendingMap());
  }

  /** Both ends are included, and open where there is none. */
  private ConcurrentNavigableMap<K, V> between(@Nullable K from, @Nullable K to) {
    ConcurrentNavigableMap<K, V> rest = from == null ? entries : entries.tailMap(from, true);
    return to == null ? rest : rest.headMap(to, true);
  }

  @Override
  public KeyValueIterator<K, V> all() {
    return new Entries<>(entries);
  }

  @Override
  public long approximateNumEntries() {
    return entries.size();
  }

  private static final class Entries<K, V> implements KeyValueIterator<K, V> {
    private final Iterator<Map.Entry<K, V>> entries;

    /** Looked at, and not yet handed out. */
    private Optional<Map.Entry<K, V>> peeked = Optional.empty();

    Entries(Map<K, V> entries) {
      this.entries = entries.entrySet().iterator();
    }

    @Override
    public boolean hasNext() {
      return peeked.isPresent() || entries.hasNext();
    }

    @Override
    public KeyValue<K, V> next() {
      Map.Entry<K, V> entry = ahead();
      peeked = Optional.empty();
      return KeyValue.pair(entry.getKey(), entry.getValue());
    }

    @Override
    public K peekNextKey() {
      return ahead().getKey();
    }

    private Map.Entry<K, V> ahead() {
      Map.Entry<K, V> entry = peeked.orElseGet(entries::next);
      peeked = Optional.of(entry);
      return entry;
    }

    @Override
    public void close() {}
  }
}

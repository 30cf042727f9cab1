package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;

/** Where stores are read, partition by partition. Safe for use by many threads. */
public interface ReadableStores {

  /**
   * What was found in the partitions held here.
   *
   * @param results by partition; an empty one means there is nothing of this key
   * @param missing why some of the partitions asked for are not among them; empty if all are
   */
  record Held<R>(Map<Integer, Optional<R>> results, Optional<String> missing) {}

  /** The partition of a key. */
  int partitionOf(DomainSchema<?, ?> schema, String key);

  /** All partitions of a domain. */
  Set<Integer> partitionsOf(DomainSchema<?, ?> schema);

  /**
   * Reads a key-value store.
   *
   * @param read what to read of each partition; null if there is nothing of the key
   */
  <K, V, R> Held<R> read(
      DomainSchema<?, ?> schema,
      String store,
      Set<Integer> asked,
      Function<ReadOnlyKeyValueStore<K, V>, @Nullable R> read);

  /** Reads the row of a key in the partition where it lies. */
  default Held<byte[]> row(DomainSchema<?, ?> schema, String store, int partition, String key) {
    return read(
        schema,
        store,
        Set.of(partition),
        (ReadOnlyKeyValueStore<String, byte[]> rows) -> rows.get(key));
  }
}

package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.LocalStores.Held;
import dev.pleat.schemas.DomainSchema;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;

/** Where the stores of views are read, partition by partition. */
interface RowStores {

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
}

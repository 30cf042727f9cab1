package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;

/** State stores that lie here whole, each in one partition: nothing is ever missing. */
public interface WholeStores extends ReadableStores {

  /** The only partition. */
  int ONLY = 0;

  /** A store of a domain, all of it. */
  ReadOnlyKeyValueStore<?, ?> whole(DomainSchema<?, ?> schema, String store);

  @Override
  default int partitionOf(DomainSchema<?, ?> schema, String key) {
    return ONLY;
  }

  @Override
  default Set<Integer> partitionsOf(DomainSchema<?, ?> schema) {
    return Set.of(ONLY);
  }

  @Override
  @SuppressWarnings("unchecked") // The store of this name has these types, as the caller says.
  default <K, V, R> Held<R> read(
      DomainSchema<?, ?> schema,
      String store,
      Set<Integer> asked,
      Function<ReadOnlyKeyValueStore<K, V>, @Nullable R> read) {
    ReadOnlyKeyValueStore<K, V> held = (ReadOnlyKeyValueStore<K, V>) whole(schema, store);
    return new Held<>(Map.of(ONLY, Optional.ofNullable(read.apply(held))), Optional.empty());
  }
}

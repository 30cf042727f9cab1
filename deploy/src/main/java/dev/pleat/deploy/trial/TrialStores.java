package dev.pleat.deploy.trial;

import dev.pleat.interactivequeries.ReadableStores;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;

/** The stores of a trial: of one partition, and all here. Safe for use by many threads. */
record TrialStores(Map<String, TrialDomain> domains) implements ReadableStores {

  private static final int ONLY = 0;

  @Override
  public int partitionOf(DomainSchema<?, ?> schema, String key) {
    return ONLY;
  }

  @Override
  public Set<Integer> partitionsOf(DomainSchema<?, ?> schema) {
    return Set.of(ONLY);
  }

  @Override
  @SuppressWarnings("unchecked") // The store of this name has these types, as the caller says.
  public <K, V, R> Held<R> read(
      DomainSchema<?, ?> schema,
      String store,
      Set<Integer> asked,
      Function<ReadOnlyKeyValueStore<K, V>, @Nullable R> read) {
    ReadOnlyKeyValueStore<?, ?> held = domain(schema).store(store);
    return new Held<>(
        Map.of(ONLY, Optional.ofNullable(read.apply((ReadOnlyKeyValueStore<K, V>) held))),
        Optional.empty());
  }

  /** The changes of a view's rows. */
  RowChanges changes(DomainSchema<?, ?> schema, View view) {
    return domain(schema).changes(view);
  }

  /** A domain that takes commands. */
  TrialDomain domain(DomainSchema<?, ?> schema) {
    return Optional.ofNullable(domains.get(schema.name()))
        .orElseThrow(() -> new IllegalArgumentException(schema + " is not tried here"));
  }
}

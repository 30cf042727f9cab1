package dev.pleat.deploy.trial;

import dev.pleat.interactivequeries.WholeStores;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/** The stores of a trial. Safe for use by many threads. */
record TrialStores(Map<String, TrialDomain> domains) implements WholeStores {

  @Override
  public ReadOnlyKeyValueStore<?, ?> whole(DomainSchema<?, ?> schema, String store) {
    return domain(schema).store(store);
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

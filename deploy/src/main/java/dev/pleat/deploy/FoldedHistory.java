package dev.pleat.deploy;

import dev.pleat.interactivequeries.PastRows;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.topology.Domain;
import dev.pleat.topology.HistoryFold;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Folds what was recorded of aggregates by the rules of their domains. */
final class FoldedHistory implements PastRows {

  private final Map<String, HistoryFold<?, ?>> folds = new HashMap<>();

  FoldedHistory(List<Domain<?, ?, ?>> domains) {
    for (Domain<?, ?, ?> domain : domains) {
      if (domain.schema().takesCommands()) {
        folds.put(domain.schema().name(), HistoryFold.of(domain));
      }
    }
  }

  @Override
  public Optional<byte[]> at(
      DomainSchema<?, ?> schema,
      View view,
      Optional<byte[]> nearest,
      long version,
      Recorded events) {
    HistoryFold<?, ?> fold =
        Optional.ofNullable(folds.get(schema.name()))
            .orElseThrow(() -> new IllegalArgumentException(schema + " has no history here"));
    try {
      return fold.row(view, nearest, version, events::between);
    } catch (HistoryFold.Broken e) {
      throw new Broken(String.valueOf(e.getMessage()), e);
    }
  }
}

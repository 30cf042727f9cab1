package dev.pleat.deploy;

import dev.pleat.interactivequeries.Folds;
import dev.pleat.interactivequeries.History.State;
import dev.pleat.interactivequeries.History.Step;
import dev.pleat.interactivequeries.History.Tried;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.topology.Domain;
import dev.pleat.topology.DryRun;
import dev.pleat.topology.HistoryFold;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Folds what was recorded of aggregates by the rules of their domains. */
public final class FoldedHistory implements Folds {

  /** What folds the events of a domain, and what tries its commands. */
  private record Rules(HistoryFold<?, ?> fold, DryRun<?> dryRun) {

    static <S, C, E> Rules of(Domain<S, C, E> domain) {
      HistoryFold<S, E> fold = HistoryFold.of(domain);
      return new Rules(fold, DryRun.of(domain, fold));
    }
  }

  private final Map<String, Rules> rules = new HashMap<>();

  /** Of these domains; those that take no commands have no history. */
  public FoldedHistory(List<Domain<?, ?, ?>> domains) {
    for (Domain<?, ?, ?> domain : domains) {
      if (domain.schema().takesCommands()) {
        rules.put(domain.schema().name(), Rules.of(domain));
      }
    }
  }

  private Rules rules(DomainSchema<?, ?> schema) {
    return Optional.ofNullable(rules.get(schema.name()))
        .orElseThrow(() -> new IllegalArgumentException(schema + " has no history here"));
  }

  private static <T> T folded(Supplier<T> fold) {
    try {
      return fold.get();
    } catch (HistoryFold.Broken e) {
      throw new Broken(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public Optional<byte[]> row(
      DomainSchema<?, ?> schema,
      View view,
      Optional<byte[]> nearest,
      long version,
      Recorded events) {
    HistoryFold<?, ?> fold = rules(schema).fold();
    return folded(() -> fold.row(view, nearest, version, events::between));
  }

  @Override
  public Tried dryRun(
      DomainSchema<?, ?> schema,
      String aggregateId,
      SubmittedCommand command,
      Instant now,
      Optional<byte[]> nearest,
      long version,
      Recorded events) {
    DryRun<?> dryRun = rules(schema).dryRun();
    DryRun.Tried tried =
        folded(() -> dryRun.decide(aggregateId, command, now, nearest, version, events::between));
    return new Tried(tried.outcome(), tried.events());
  }

  @Override
  public Optional<State> state(
      DomainSchema<?, ?> schema, Optional<byte[]> nearest, long version, Recorded events) {
    HistoryFold<?, ?> fold = rules(schema).fold();
    return folded(() -> fold.state(nearest, version, events::between))
        .map(state -> new State(state.version(), state.json()));
  }

  @Override
  public void replay(
      DomainSchema<?, ?> schema,
      Optional<byte[]> nearest,
      long from,
      long to,
      Recorded events,
      Predicate<Step> more) {
    HistoryFold<?, ?> fold = rules(schema).fold();
    folded(
        () -> {
          fold.replay(
              nearest,
              from,
              to,
              events::between,
              step -> more.test(new Step(step.version(), step.event(), step.state(), step.rows())));
          return Optional.empty();
        });
  }
}

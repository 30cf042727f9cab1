package dev.pleat.topology;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.JsonSchemas.Violation;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** A scenario that calls the decider and the projections and nothing else. */
final class FunctionsScenario<S, C, E> extends Scenario<C, E> {

  private final Domain<S, C, E> domain;
  private final List<E> happened = new ArrayList<>();

  FunctionsScenario(Domain<S, C, E> domain) {
    super(domain.schema());
    this.domain = domain;
  }

  @Override
  protected Result<E> run(Trial<C, E> trial) {
    happened.clear();
    happened.addAll(trial.given());
    long version = trial.given().size();
    String action = trial.command().getClass().getSimpleName();
    Optional<Violation> misfit = misfit(action, trial.command());
    if (misfit.isPresent()) {
      return rejected(version, "schema-mismatch", misfit.get().message());
    }
    if (trial.expectedVersion().orElse(version) != version) {
      return rejected(
          version,
          "version-conflict",
          "expected version " + trial.expectedVersion().getAsLong() + ", found " + version);
    }
    S state = domain.decider().initialState();
    for (E event : trial.given()) {
      state = domain.decider().evolve(state, event);
    }
    CommandContext context =
        new CommandContext(schema().name(), trial.aggregateId(), COMMAND_ID, TIME, trial.actor());
    return switch (domain.decider().decide(state, trial.command(), context)) {
      case Decision.Unchanged<E> unchanged ->
          new Result<>(new Outcome.Unchanged(version), List.of());
      case Decision.Rejected<E> rejected -> {
        if (!schema().action(action).orElseThrow().mayBeRejectedFor(rejected.reason())) {
          throw new AssertionError(
              action + " does not declare the reason " + rejected.reason() + " in its schema");
        }
        yield rejected(version, rejected.reason(), rejected.detail());
      }
      case Decision.Accepted<E> accepted -> accepted(trial, state, accepted.events());
    };
  }

  private Result<E> accepted(Trial<C, E> trial, S before, List<E> events) {
    S state = before;
    List<UUID> ids = new ArrayList<>();
    for (E event : events) {
      misfit(event.getClass().getSimpleName(), event)
          .ifPresent(
              violation -> {
                throw new AssertionError(
                    event + " does not fit its JSON Schema: " + violation.message());
              });
      requireAbout(trial, event);
      state = domain.decider().evolve(state, event);
      ids.add(NameBasedId.ofEvent(schema().name(), trial.aggregateId(), COMMAND_ID, ids.size()));
    }
    happened.addAll(events);
    return new Result<>(new Outcome.Accepted(happened.size(), ids), events);
  }

  private Optional<Violation> misfit(String name, Object record) {
    return schema().jsonSchemas().validate(name, JsonCodec.toObject(record)).stream().findFirst();
  }

  private static <E> Result<E> rejected(long version, String reason, String detail) {
    return new Result<>(new Outcome.Rejected(version, reason, detail), List.of());
  }

  @Override
  protected Optional<Row> row(View view, Trial<C, E> trial) {
    return fold(domain.projection(view)).map(row -> new Row(row, happened.size()));
  }

  private <V extends Record> Optional<V> fold(Domain.BoundProjection<V, E> bound) {
    Optional<V> row = Optional.empty();
    for (E event : happened) {
      row = bound.projection().project(row, event);
    }
    return row;
  }

  @Override
  public void close() {
    happened.clear();
  }
}

package dev.pleat.deploy.trial;

import dev.pleat.interactivequeries.Answer;
import dev.pleat.interactivequeries.Health;
import dev.pleat.interactivequeries.LogOperations;
import dev.pleat.interactivequeries.PolicyOperations;
import dev.pleat.interactivequeries.ViewOperations;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.DeclaredPolicy;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.StoppedView;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What an operator can do with a trial: see its views and let them go on. There is no log to be
 * rebuilt, and no policy runs. Safe for use by many threads.
 */
final class TrialOperations implements ViewOperations, LogOperations, PolicyOperations, Health {

  private static final int GENERATION = 1;
  private static final int ONLY = 0;

  private final List<DomainSchema<?, ?>> schemas;
  private final TrialStores stores;

  TrialOperations(List<DomainSchema<?, ?>> schemas, TrialStores stores) {
    this.schemas = List.copyOf(schemas);
    this.stores = stores;
  }

  @Override
  public List<Report> reports() {
    return schemas.stream()
        .flatMap(schema -> schema.views().stream().map(view -> report(schema, view)))
        .toList();
  }

  private Report report(DomainSchema<?, ?> schema, View view) {
    boolean derived = view.derived().isPresent();
    return new Report(
        schema.name(),
        view.name(),
        view.version(),
        GENERATION,
        derived ? Status.NOT_HERE : Status.SERVING,
        0,
        derived ? Optional.of(Absent.viewDetail(view)) : Optional.empty(),
        derived ? List.of() : List.of(part(schema, view)));
  }

  private Part part(DomainSchema<?, ?> schema, View view) {
    TrialDomain.Progress progress = stores.domain(schema).progress(view);
    return new Part(
        schema.eventsTopic(),
        ONLY,
        OptionalLong.of(progress.position()),
        OptionalLong.of(progress.end()),
        progress.stopped());
  }

  @Override
  public Answer<List<StoppedView>> resume(DomainSchema<?, ?> schema, View view, boolean skip) {
    return new Answer.Found<>(
        view.derived().isPresent()
            ? List.of()
            : stores.domain(schema).resume(view, skip).stream().toList());
  }

  @Override
  public Answer<Integer> rebuild(DomainSchema<?, ?> schema, View view, int eventsPerSecond) {
    return Absent.because(
        "a trial in memory makes its views once, as the events come; pleat serve rebuilds them");
  }

  @Override
  public Answer<Integer> cancel(DomainSchema<?, ?> schema, View view) {
    return new Answer.NotFound<>();
  }

  @Override
  public State state(DomainSchema<?, ?> schema) {
    return new None();
  }

  @Override
  public Answer<Integer> rebuild(DomainSchema<?, ?> schema, int commandsPerSecond) {
    return Absent.because("a trial in memory has no log to rebuild; pleat serve has one");
  }

  @Override
  public Answer<Integer> cancel(DomainSchema<?, ?> schema) {
    return new Answer.NotFound<>();
  }

  @Override
  public List<StoppedView> resume(DomainSchema<?, ?> schema, DeclaredPolicy policy, boolean skip) {
    return List.of();
  }

  @Override
  public List<Role> ready() {
    List<Role> roles = new ArrayList<>();
    for (DomainSchema<?, ?> schema : schemas) {
      if (schema.takesCommands()) {
        roles.add(new Role("decide " + schema.name(), true, Optional.empty()));
      }
      for (View view : schema.views()) {
        if (view.derived().isEmpty()) {
          Optional<String> stopped =
              stores.domain(schema).progress(view).stopped().map(StoppedView::detail);
          roles.add(
              new Role("view " + schema.name() + "/" + view.name(), stopped.isEmpty(), stopped));
        }
      }
    }
    return roles;
  }
}

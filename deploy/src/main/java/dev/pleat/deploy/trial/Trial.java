package dev.pleat.deploy.trial;

import dev.pleat.deploy.FoldedHistory;
import dev.pleat.interactivequeries.HttpApi;
import dev.pleat.interactivequeries.Listener;
import dev.pleat.interactivequeries.StreamsHistory;
import dev.pleat.interactivequeries.StreamsViews;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.topology.Domain;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Domains in memory behind the HTTP API: the same functions, decided, folded and looked up by the
 * same code as on Kafka Streams, with maps where that has logs and stores. Nothing is kept. For
 * tests and trials only: nothing of it is loaded by what serves.
 */
public final class Trial implements AutoCloseable {

  /** What every answer says in the header {@code Pleat-Runtime}. */
  static final String RUNTIME = "in-memory";

  /**
   * The bounds of what is kept. What is under way when one is reached may go a command beyond it.
   *
   * @param aggregates with at least one event
   * @param events of all aggregates
   * @param bytes of everything that is kept, counted with what maps take beside it
   */
  public record Limits(int aggregates, int events, long bytes) {
    /** Fits into the heap of 512 MiB that the launcher gives. */
    public static final Limits DEFAULT = new Limits(50_000, 100_000, 192L * 1024 * 1024);
  }

  private final List<Domain<?, ?, ?>> domains;
  private final HttpApi http;

  private Trial(List<Domain<?, ?, ?>> domains, Listener listener, Limits limits) {
    this.domains = List.copyOf(domains);
    List<DomainSchema<?, ?>> schemas = new ArrayList<>();
    Room room = new Room(limits);
    Signals signals = new Signals();
    Map<String, TrialDomain> kept = new HashMap<>();
    for (Domain<?, ?, ?> domain : domains) {
      schemas.add(domain.schema());
      if (domain.schema().takesCommands()) {
        kept.put(
            domain.schema().name(), new TrialDomain(domain, room, signals, InstantSource.system()));
      }
    }
    TrialStores stores = new TrialStores(Map.copyOf(kept));
    TrialCommands commands = new TrialCommands(stores);
    TrialOperations operations = new TrialOperations(schemas, stores);
    // A token of an earlier trial says nothing about this one.
    String logId = UUID.randomUUID().toString();
    http =
        new HttpApi(
            new HttpApi.Parts(
                schemas,
                commands,
                commands,
                new TrialViews(new StreamsViews(stores, (schema, view) -> Optional.empty())),
                commands,
                new StreamsHistory(stores, new FoldedHistory(domains)),
                new TrialTopics(stores::changes, signals),
                domain -> logId,
                operations,
                operations,
                operations,
                operations),
            listener,
            RUNTIME);
    http.start();
  }

  /**
   * Answers from when this returns.
   *
   * @param listener where; closed with this
   */
  public static Trial start(List<Domain<?, ?, ?>> domains, Listener listener, Limits limits) {
    return new Trial(domains, listener, limits);
  }

  /** What the domains have elsewhere and not here, each in a few words. */
  List<String> absent() {
    return domains.stream().flatMap(Trial::absent).toList();
  }

  private static Stream<String> absent(Domain<?, ?, ?> domain) {
    DomainSchema<?, ?> schema = domain.schema();
    return Stream.of(
            schema.views().stream()
                .filter(view -> view.derived().isPresent())
                .map(view -> "the view " + schema.name() + "/" + view.name()),
            schema.policies().stream()
                .map(policy -> "the policy " + schema.name() + "/" + policy.name()),
            domain.effects().stream().map(effect -> "the effect " + schema.name() + "/" + effect))
        .flatMap(Function.identity());
  }

  /** Where HTTP is served. */
  public int port() {
    return http.port();
  }

  @Override
  public void close() {
    http.close();
  }
}

package dev.pleat.deploy;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.DeclaredPolicy;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.topology.Domain;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;

/**
 * The topics of the domains a process runs, and of those that their views and policies have to do
 * with: whoever runs these, and whenever, what they say is read from the log.
 */
record DomainTopics(Map<String, TopicSetup.Topics> byDomain) {

  /** Keeps its own copy. */
  DomainTopics {
    byDomain = Map.copyOf(byDomain);
  }

  /**
   * Makes sure they exist and can be trusted, all at once.
   *
   * @throws StartRefused if they cannot be trusted; the message says what to do
   */
  static DomainTopics prepare(
      Settings settings,
      Map<String, Object> connection,
      DataDirectory data,
      List<Domain<?, ?, ?>> domains) {
    Map<String, DomainSchema<?, ?>> schemas = new LinkedHashMap<>();
    for (Domain<?, ?, ?> domain : domains) {
      DomainSchema<?, ?> schema = domain.schema();
      schemas.put(schema.name(), schema);
      for (View view : schema.views()) {
        schema.sources(view).forEach(source -> schemas.put(source.name(), source));
      }
      for (DeclaredPolicy policy : schema.policies()) {
        schema.sources(policy).forEach(source -> schemas.put(source.name(), source));
        schema.targets(policy).forEach(target -> schemas.put(target.name(), target));
      }
    }
    DomainTopics topics =
        new DomainTopics(
            prepare(
                settings,
                connection,
                schemas,
                admin ->
                    LogSwitch.told(
                        settings,
                        domains.stream().<DomainSchema<?, ?>>map(Domain::schema).toList(),
                        connection,
                        admin,
                        data)));
    domains.forEach(domain -> topics.checkSources(domain.schema()));
    return topics;
  }

  private static Map<String, TopicSetup.Topics> prepare(
      Settings settings,
      Map<String, Object> connection,
      Map<String, DomainSchema<?, ?>> schemas,
      Function<Admin, Map<String, LogSwitch>> told) {
    Map<String, TopicSetup.Topics> topics = new LinkedHashMap<>();
    try (Admin admin = Admin.create(connection);
        ExecutorService all = Executors.newVirtualThreadPerTaskExecutor()) {
      TopicSetup setup = new TopicSetup(admin, connection);
      Map<String, LogSwitch> switches = told.apply(admin);
      Map<String, Future<Optional<TopicSetup.Topics>>> prepared = new LinkedHashMap<>();
      schemas.forEach(
          (name, schema) -> {
            Optional<LogSwitch> wanted = Optional.ofNullable(switches.get(name));
            prepared.put(name, all.submit(() -> prepare(setup, schema, settings, wanted)));
          });
      for (Map.Entry<String, Future<Optional<TopicSetup.Topics>>> each : prepared.entrySet()) {
        each.getValue().get().ifPresent(found -> topics.put(each.getKey(), found));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartRefused("interrupted while checking the topics");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
    return topics;
  }

  /** Empty for a domain that has no messages of its own. */
  private static Optional<TopicSetup.Topics> prepare(
      TopicSetup setup, DomainSchema<?, ?> schema, Settings settings, Optional<LogSwitch> wanted) {
    if (!schema.takesCommands()) {
      setup.prepareViews(schema);
      return Optional.empty();
    }
    return Optional.of(
        setup.prepare(schema, settings.partitions(), settings.acceptRecreatedTopics(), wanted));
  }

  /** What has the same key is joined where it lies: in partitions of the same number. */
  private void checkSources(DomainSchema<?, ?> schema) {
    for (View view : schema.views()) {
      checkCounts("the view " + schema.name() + "/" + view.name(), schema.sources(view));
    }
    for (DeclaredPolicy policy : schema.policies()) {
      checkCounts("the policy " + schema.name() + "/" + policy.name(), schema.sources(policy));
    }
  }

  private void checkCounts(String name, List<DomainSchema<?, ?>> sources) {
    Map<String, Integer> counts = new TreeMap<>();
    sources.forEach(source -> counts.put(source.eventsTopic(), partitions(source)));
    if (Set.copyOf(counts.values()).size() > 1) {
      throw new StartRefused(
          name + " needs topics of the same number of partitions; there are " + counts);
    }
  }

  /** The domains with the names of the topics that serve. */
  List<Domain<?, ?, ?>> onServingLogs(List<Domain<?, ?, ?>> declared) {
    Map<String, Integer> logs = new HashMap<>();
    byDomain.forEach((name, found) -> logs.put(name, found.log()));
    return declared.stream().<Domain<?, ?, ?>>map(domain -> domain.onLogs(logs)).toList();
  }

  TopicSetup.Topics of(String domain) {
    return Optional.ofNullable(byDomain.get(domain))
        .orElseThrow(() -> new IllegalStateException("no topics were prepared for " + domain));
  }

  int partitions(DomainSchema<?, ?> schema) {
    return of(schema.name()).commands().partitions();
  }
}

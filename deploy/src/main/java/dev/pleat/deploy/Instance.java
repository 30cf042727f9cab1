package dev.pleat.deploy;

import static java.util.stream.Collectors.joining;

import dev.pleat.interactivequeries.Health;
import dev.pleat.interactivequeries.HttpApi;
import dev.pleat.interactivequeries.KafkaCommands;
import dev.pleat.interactivequeries.KafkaLiveTopics;
import dev.pleat.interactivequeries.Listener;
import dev.pleat.interactivequeries.RunningStreams;
import dev.pleat.interactivequeries.StreamsCommandStatuses;
import dev.pleat.interactivequeries.StreamsHistory;
import dev.pleat.interactivequeries.StreamsViews;
import dev.pleat.interactivequeries.ViewOperations;
import dev.pleat.interactivequeries.ViewPositions;
import dev.pleat.interactivequeries.Views;
import dev.pleat.schemas.CommandStatus;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.DeclaredPolicy;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.HistoryKey;
import dev.pleat.schemas.StoppedView;
import dev.pleat.topology.CommandTopology;
import dev.pleat.topology.Domain;
import dev.pleat.topology.HistoryTopology;
import dev.pleat.topology.InputLog;
import dev.pleat.topology.MemoryLimits;
import dev.pleat.topology.StatusTopology;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.rocksdb.NativeLibraryLoader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running Pleat: the broker if it is embedded, the topics, an application for the commands of
 * each domain, its status index, its history and each of its views and policies, its effects, and
 * the HTTP API. Everything it opened it closes again, last opened first.
 */
final class Instance implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Instance.class);

  private static final long STORE_MEMORY_BYTES = 256L * 1024 * 1024;
  private static final Duration CLUSTER_PATIENCE = Duration.ofSeconds(15);
  private static final Duration READY_PAUSE = Duration.ofMillis(20);

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final List<StreamsRole> roles = new ArrayList<>();
  private final List<RunningPolicy> policies = new ArrayList<>();
  private Optional<Effects> effects = Optional.empty();

  /** Domain and store to the application that has it, where that is no view's. */
  private final Map<String, AskedRole> rolesByStore = new HashMap<>();

  private final DataDirectory data;
  private final String bootstrapServers;
  private final KafkaCommands commands;
  private final Generations generations;
  private final Optional<ViewsInSql> inDatabase;
  private final String url;

  private Instance(Settings settings, List<Domain<?, ?, ?>> declared, Consumer<String> progress) {
    try {
      if (settings.port() != 0) {
        Port.refuseUnlessFree("--port", settings.host(), settings.port());
      }
      data = opened(DataDirectory.open(settings.dataDir()));
      Listener listener = opened(Listener.open(settings.host(), settings.port()));
      url = url(settings.host(), listener);
      String address =
          settings
              .advertisedAddress()
              .orElseGet(() -> reachable(settings.host()) + ":" + listener.port());
      loadStateStores(data);
      bootstrapServers = connect(settings, progress);
      Map<String, Object> connection = connection(settings);
      progress.accept(
          "Checking the topics of "
              + declared.stream().map(domain -> domain.schema().name()).collect(joining(", ")));
      DomainTopics topics = DomainTopics.prepare(settings, connection, data, declared);
      List<Domain<?, ?, ?>> domains = topics.onServingLogs(declared);
      StreamsSettings streams =
          new StreamsSettings(
              connection,
              data.state(),
              data.instanceId(),
              opened(new StoreMemory(STORE_MEMORY_BYTES)));
      Admin admin = opened(Admin.create(connection));
      LogEnds ends = new LogEnds(admin);
      progress.accept("Starting the applications");
      ToIntFunction<DomainSchema<?, ?>> partitions = topics::partitions;
      for (Domain<?, ?, ?> domain : domains) {
        if (domain.schema().takesCommands()) {
          startDeciding(
              domain, topics.of(domain.schema().name()).commands(), streams, address, ends);
        }
      }
      GenerationRemoval removal = new GenerationRemoval(admin, data.state());
      startReacting(domains, topics, streams, admin, settings.acceptRecreatedTopics());
      effects =
          settings
              .smtp()
              .map(smtp -> opened(new Effects(domains, topics, streams, admin, settings, smtp)));
      generations =
          opened(
              new Generations(
                  domains,
                  view -> settings.viewsIn().isEmpty() || !ViewsInSql.isKept(view),
                  removal,
                  new RunningGeneration.Surroundings(streams, ends, partitions)));
      List<DomainSchema<?, ?>> schemas = new ArrayList<>();
      domains.forEach(domain -> schemas.add(domain.schema()));
      List<DomainSchema<?, ?>> decided = new ArrayList<>(schemas);
      decided.removeIf(schema -> !schema.takesCommands());
      commands = opened(new KafkaCommands(connection, decided));
      StreamsViews stores = new StreamsViews(new Applications(), this::positions, partitions);
      Function<String, String> logId = domain -> topics.of(domain).eventsTopicId();
      inDatabase =
          settings
              .viewsIn()
              .map(
                  database ->
                      opened(
                          new ViewsInSql(
                              domains,
                              logId,
                              partitions,
                              new SqlServedView.Surroundings(database, connection, ends))));
      Optional<ViewsByPlace> placed =
          inDatabase.map(database -> new ViewsByPlace(database, stores, generations));
      StreamsCommandStatuses statuses =
          opened(
              new StreamsCommandStatuses(
                  new StreamsCommandStatuses.Sources(
                      new Applications(),
                      partitions,
                      logId,
                      StatusTopology::applicationId,
                      connection,
                      CommandTopology.DEFAULT_MEMORY,
                      InstantSource.system())));
      KafkaLiveTopics live = opened(new KafkaLiveTopics(connection, this::changesOf));
      LogRebuilds log =
          opened(
              new LogRebuilds(
                  domains, schema -> topics.of(schema.name()).commands(), streams, admin, removal));
      HttpApi http =
          opened(
              new HttpApi(
                  new HttpApi.Parts(
                      schemas,
                      commands,
                      commands,
                      placed.map(Views.class::cast).orElse(stores),
                      statuses,
                      new StreamsHistory(
                          new Applications(), partitions, new FoldedHistory(domains)),
                      live,
                      logId,
                      this::health,
                      placed.map(ViewOperations.class::cast).orElse(generations),
                      log,
                      this::resume),
                  listener));
      http.start();
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * Starts everything in the background; {@link #awaitReady} waits for it.
   *
   * @param progress is told what is being done, a line at a time
   * @throws StartRefused for a reason the operator can mend
   */
  static Instance start(
      Settings settings, List<Domain<?, ?, ?>> domains, Consumer<String> progress) {
    return new Instance(settings, domains, progress);
  }

  private <T extends AutoCloseable> T opened(T resource) {
    opened.push(resource);
    return resource;
  }

  /**
   * Loads RocksDB's library from the data directory. By itself it unpacks 15 MB to a new temporary
   * file at each start, and whoever is killed leaves it behind.
   */
  static void loadStateStores(DataDirectory data) {
    try {
      NativeLibraryLoader.getInstance().loadLibrary(data.nativeLibraries().toString());
    } catch (IOException e) {
      throw new StartRefused(
          "--data-dir " + data + ": RocksDB's library cannot be unpacked (" + e.getMessage() + ")");
    }
  }

  private String connect(Settings settings, Consumer<String> progress) {
    if (settings.bootstrapServers().isPresent()) {
      String servers = settings.bootstrapServers().get();
      progress.accept("Joining Kafka at " + servers);
      awaitCluster(servers);
      return servers;
    }
    progress.accept("Starting the embedded Kafka broker in " + data.broker());
    Broker broker = opened(EmbeddedBroker.start(data.broker(), settings.kafkaPort()));
    return broker.bootstrapServers();
  }

  private Map<String, Object> connection(Settings settings) {
    Map<String, Object> connection = new HashMap<>();
    connection.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    if (settings.bootstrapServers().isEmpty()) {
      // The embedded broker collects no metrics of its clients (KIP-714): none asks it what to
      // push.
      connection.put(CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG, false);
    }
    return Map.copyOf(connection);
  }

  private static void awaitCluster(String servers) {
    String flag = "--bootstrap-servers " + servers;
    try (Admin admin =
        Admin.create(
            Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                servers,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                Math.toIntExact(CLUSTER_PATIENCE.toMillis()),
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                5_000))) {
      admin.describeCluster().nodes().get(CLUSTER_PATIENCE.toSeconds() + 1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartRefused(flag + ": interrupted while connecting");
    } catch (ExecutionException | TimeoutException e) {
      throw new StartRefused(
          flag + ": no broker answered within " + CLUSTER_PATIENCE.toSeconds() + " s");
    } catch (KafkaException e) {
      throw new StartRefused(flag + ": not an address of a Kafka broker (" + root(e) + ")");
    }
  }

  private static String root(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage());
  }

  /** A host others can connect to: that of this machine, if all its addresses are listened on. */
  private static String reachable(String host) {
    try {
      return urlHost(
          InetAddress.getByName(host).isAnyLocalAddress()
              ? InetAddress.getLocalHost().getHostAddress()
              : host);
    } catch (UnknownHostException e) {
      return urlHost(host);
    }
  }

  /** Where HTTP is served. */
  static String url(String host, Listener listener) {
    return "http://" + urlHost(host) + ":" + listener.port();
  }

  /** An IPv6 address needs brackets in a URL. */
  private static String urlHost(String host) {
    return host.contains(":") ? "[" + host + "]" : host;
  }

  private void startDeciding(
      Domain<?, ?, ?> domain, InputLog log, StreamsSettings streams, String address, LogEnds ends) {
    DomainSchema<?, ?> schema = domain.schema();
    Refold refold = new Refold(domain, streams, MemoryLimits.DEFAULT);
    start(
        "decide " + schema.name(),
        waiting ->
            CommandTopology.of(
                domain, log.afterRefolds(refold.complete(waiting)), MemoryLimits.DEFAULT),
        streams.deciding(CommandTopology.applicationId(schema)),
        Optional.empty());
    AskedRole status =
        startAsked(
            "command status " + schema.name(),
            waiting -> StatusTopology.of(schema, log, CommandTopology.DEFAULT_MEMORY),
            StreamsSettings.answeringAt(
                address, streams.indexing(StatusTopology.applicationId(schema))),
            ends,
            madeFrom(schema, schema.outcomesTopic()));
    rolesByStore.put(place(schema.name(), CommandStatus.STORE), status);
    AskedRole history =
        startAsked(
            "history " + schema.name(),
            waiting -> HistoryTopology.of(domain),
            streams.folding(HistoryTopology.applicationId(schema)),
            ends,
            madeFrom(schema, schema.eventsTopic(), schema.outcomesTopic()));
    for (String store :
        List.of(HistoryKey.EVENTS, HistoryKey.SNAPSHOTS, HistoryKey.LAST, HistoryKey.OUTCOMES)) {
      rolesByStore.put(place(schema.name(), store), history);
    }
  }

  private void startReacting(
      List<Domain<?, ?, ?>> domains,
      DomainTopics topics,
      StreamsSettings streams,
      Admin admin,
      boolean acceptLost) {
    for (Domain<?, ?, ?> domain : domains) {
      for (DeclaredPolicy policy : domain.schema().policies()) {
        PolicyState state = new PolicyState(domain.schema(), policy, topics, streams, admin);
        state.prepare(acceptLost);
        RunningPolicy running =
            RunningPolicy.start(domain, policy, state, streams, new LogEnds(admin), topics);
        roles.add(opened(running.role()));
        policies.add(running);
      }
    }
  }

  private List<StoppedView> resume(DomainSchema<?, ?> schema, DeclaredPolicy policy, boolean skip) {
    return policies.stream()
        .filter(running -> running.is(schema, policy))
        .flatMap(running -> running.resume(skip).stream())
        .toList();
  }

  private StreamsRole start(
      String name,
      StreamsRole.Preparation preparation,
      Properties properties,
      Optional<StreamsRole.Tracking> tracking) {
    StreamsRole role = opened(StreamsRole.start(name, preparation, properties, tracking));
    roles.add(role);
    return role;
  }

  /** What is read first where another log than the first serves; else it is there already. */
  private static Set<String> madeFrom(DomainSchema<?, ?> schema, String... topics) {
    return schema.log() == DomainSchema.FIRST_LOG ? Set.of() : Set.of(topics);
  }

  /** One whose stores are asked, but not before it has read these. */
  private AskedRole startAsked(
      String name,
      StreamsRole.Preparation preparation,
      Properties properties,
      LogEnds ends,
      Set<String> topics) {
    if (topics.isEmpty()) {
      return AskedRole.atOnce(start(name, preparation, properties, Optional.empty()));
    }
    StreamsRole.Tracking tracking = new StreamsRole.Tracking(ends, Pace.unlimited());
    return opened(
        AskedRole.onceMade(start(name, preparation, properties, Optional.of(tracking)), topics));
  }

  private static String place(String domain, String store) {
    return domain + "/" + store;
  }

  /** The applications of this process, by what they store. */
  private final class Applications implements RunningStreams {
    @Override
    public Optional<KafkaStreams> find(String domain, String store) {
      return Optional.ofNullable(rolesByStore.get(place(domain, store)))
          .map(AskedRole::running)
          .orElseGet(() -> generations.asked(domain, store).flatMap(StreamsRole::running));
    }

    @Override
    public Optional<ReadOnlyKeyValueStore<String, ValueAndTimestamp<byte[]>>> open(
        String domain, String store, int partition) {
      return generations.open(domain, store, partition);
    }

    @Override
    public String missing(String domain, String store) {
      return Optional.ofNullable(rolesByStore.get(place(domain, store)))
          .flatMap(AskedRole::making)
          .or(() -> generations.trouble(domain, store))
          .orElseGet(() -> RunningStreams.super.missing(domain, store));
    }
  }

  private Optional<ViewPositions> positions(DomainSchema<?, ?> schema, View view) {
    return generations.asked(schema.name(), view.rowsStore()).flatMap(StreamsRole::positions);
  }

  /** Where the generation that is asked now writes each change of its rows, or why they change. */
  private Optional<String> changesOf(DomainSchema<?, ?> schema, View view) {
    if (inDatabase.isPresent() && ViewsInSql.isKept(view)) {
      return Optional.of(schema.eventsTopic());
    }
    return generations
        .asked(schema.name(), view.rowsStore())
        .map(role -> role.changelog(view.rowsStore()));
  }

  private List<Health.Role> health() {
    List<Health.Role> health = new ArrayList<>(running());
    health.addAll(generations.stopped());
    inDatabase.ifPresent(views -> health.addAll(views.stopped()));
    policies.forEach(policy -> policy.stopped().ifPresent(health::add));
    return health;
  }

  /** What runs by itself: unlike a stopped view it may come up when one waits. */
  private List<Health.Role> running() {
    List<Health.Role> health = new ArrayList<>();
    for (StreamsRole role : roles) {
      Optional<String> trouble = role.trouble();
      health.add(new Health.Role(role.name(), trouble.isEmpty(), trouble));
    }
    health.addAll(generations.working());
    effects.ifPresent(running -> health.addAll(running.health()));
    inDatabase.ifPresent(views -> health.addAll(views.working()));
    Optional<String> trouble = commands.trouble();
    health.add(new Health.Role("hand over commands", trouble.isEmpty(), trouble));
    return health;
  }

  /**
   * Waits until every role works.
   *
   * @return what does not work now; empty if everything does
   */
  List<Health.Role> awaitReady(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (running().stream().anyMatch(role -> !role.up()) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(READY_PAUSE.toNanos());
    }
    return health().stream().filter(role -> !role.up()).toList();
  }

  /** Where HTTP is served, for example {@code http://127.0.0.1:8080}. */
  String url() {
    return url;
  }

  /** Where Kafka clients connect. */
  String bootstrapServers() {
    return bootstrapServers;
  }

  /** All at once: each waits for its own last commit. Those that are closed stay closed. */
  private void closeRoles(AutoCloseable first) {
    List<Thread> closing =
        Stream.concat(Stream.of(first), roles.stream())
            .map(each -> Thread.ofPlatform().start(() -> closeQuietly(each)))
            .toList();
    for (Thread each : closing) {
      try {
        each.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    roles.clear();
  }

  @Override
  public void close() {
    while (!opened.isEmpty()) {
      AutoCloseable resource = opened.pop();
      if (resource instanceof StreamsRole || resource instanceof Generations) {
        closeRoles(resource);
      } else {
        closeQuietly(resource);
      }
    }
  }

  static void closeQuietly(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception e) {
      LOG.warn("{} did not stop cleanly", resource.getClass().getSimpleName(), e);
    }
  }
}

package dev.pleat.deploy;

import dev.pleat.interactivequeries.Health;
import dev.pleat.interactivequeries.HttpApi;
import dev.pleat.interactivequeries.KafkaCommands;
import dev.pleat.interactivequeries.Listener;
import dev.pleat.interactivequeries.StreamsCommandStatuses;
import dev.pleat.interactivequeries.StreamsViews;
import dev.pleat.interactivequeries.ViewOperations;
import dev.pleat.interactivequeries.ViewPositions;
import dev.pleat.schemas.CommandStatus;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.Guard;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.StoppedView;
import dev.pleat.topology.CommandTopology;
import dev.pleat.topology.Domain;
import dev.pleat.topology.InputLog;
import dev.pleat.topology.MemoryLimits;
import dev.pleat.topology.Resumptions;
import dev.pleat.topology.StatusTopology;
import dev.pleat.topology.ViewTopology;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.rocksdb.NativeLibraryLoader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running Pleat: the broker if it is embedded, the topics, an application for the commands of
 * each domain, its status index and each of its views, and the HTTP API. Everything it opened it
 * closes again, last opened first.
 */
final class Instance implements AutoCloseable, ViewOperations {

  private static final Logger LOG = LoggerFactory.getLogger(Instance.class);

  private static final long STORE_MEMORY_BYTES = 256L * 1024 * 1024;
  private static final Duration CLUSTER_PATIENCE = Duration.ofSeconds(15);
  private static final Duration READY_PAUSE = Duration.ofMillis(20);

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final List<StreamsRole> roles = new ArrayList<>();

  private final List<DomainSchema<?, ?>> schemas = new ArrayList<>();

  /** Domain and store to the application that has it. */
  private final Map<String, StreamsRole> rolesByStore = new HashMap<>();

  private final Resumptions resumptions = new Resumptions();
  private final DataDirectory data;
  private final String bootstrapServers;
  private final KafkaCommands commands;
  private final StreamsViews views;
  private final String url;

  private Instance(Settings settings, List<Domain<?, ?, ?>> domains, Consumer<String> progress) {
    try {
      if (settings.port() != 0) {
        Port.refuseUnlessFree("--port", settings.host(), settings.port());
      }
      data = opened(DataDirectory.open(settings.dataDir()));
      Listener listener = opened(Listener.open(settings.host(), settings.port()));
      url = "http://" + urlHost(settings.host()) + ":" + listener.port();
      String address =
          settings
              .advertisedAddress()
              .orElseGet(() -> reachable(settings.host()) + ":" + listener.port());
      loadStateStores(data);
      bootstrapServers = connect(settings, progress);
      Map<String, Object> connection =
          Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
      Map<String, TopicSetup.Topics> topics = topics(settings, connection, domains, progress);
      StreamsSettings streams =
          new StreamsSettings(
              connection,
              data.state(),
              data.instanceId(),
              opened(new StoreMemory(STORE_MEMORY_BYTES)));
      progress.accept("Starting the applications");
      Admin admin = opened(Admin.create(connection));
      for (Domain<?, ?, ?> domain : domains) {
        if (domain.schema().takesCommands()) {
          startDeciding(
              domain, topicsOf(topics, domain.schema().name()).commands(), streams, address);
        }
        domain.schema().views().forEach(view -> startView(domain, view, streams, admin));
      }
      domains.forEach(domain -> schemas.add(domain.schema()));
      List<DomainSchema<?, ?>> decided = new ArrayList<>(schemas);
      decided.removeIf(schema -> !schema.takesCommands());
      commands = opened(new KafkaCommands(connection, decided));
      ToIntFunction<DomainSchema<?, ?>> partitions =
          schema -> topicsOf(topics, schema.name()).commands().partitions();
      views = new StreamsViews(this::application, this::positions, partitions);
      Function<String, String> logId = domain -> topicsOf(topics, domain).eventsTopicId();
      StreamsCommandStatuses statuses =
          opened(
              new StreamsCommandStatuses(
                  new StreamsCommandStatuses.Sources(
                      this::application,
                      partitions,
                      logId,
                      StatusTopology::applicationId,
                      connection,
                      CommandTopology.DEFAULT_MEMORY,
                      InstantSource.system())));
      HttpApi http =
          opened(
              new HttpApi(
                  new HttpApi.Parts(
                      schemas, commands, commands, views, statuses, logId, this::health, this),
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
  private static void loadStateStores(DataDirectory data) {
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

  private static Map<String, TopicSetup.Topics> topics(
      Settings settings,
      Map<String, Object> connection,
      List<Domain<?, ?, ?>> domains,
      Consumer<String> progress) {
    Map<String, TopicSetup.Topics> topics = new LinkedHashMap<>();
    try (Admin admin = Admin.create(connection)) {
      TopicSetup setup = new TopicSetup(admin, connection);
      for (Domain<?, ?, ?> domain : domains) {
        if (!domain.schema().takesCommands()) {
          continue;
        }
        progress.accept("Checking the topics of " + domain.schema());
        topics.put(
            domain.schema().name(),
            setup.prepare(
                domain.schema(), settings.partitions(), settings.acceptRecreatedTopics()));
      }
    }
    domains.forEach(domain -> checkSources(domain.schema(), topics));
    return topics;
  }

  /** Rows of the same key are joined where they lie: in partitions of the same number. */
  private static void checkSources(
      DomainSchema<?, ?> schema, Map<String, TopicSetup.Topics> topics) {
    for (View view : schema.views()) {
      String name = "the view " + schema.name() + "/" + view.name();
      Map<String, Integer> counts = new TreeMap<>();
      for (DomainSchema<?, ?> source : schema.sources(view)) {
        TopicSetup.Topics found = topics.get(source.name());
        if (found == null) {
          throw new StartRefused(name + " is made from " + source + "; add that to --domains");
        }
        counts.put(source.eventsTopic(), found.commands().partitions());
      }
      if (Set.copyOf(counts.values()).size() > 1) {
        throw new StartRefused(
            name + " needs topics of the same number of partitions; there are " + counts);
      }
    }
  }

  private static TopicSetup.Topics topicsOf(Map<String, TopicSetup.Topics> topics, String domain) {
    TopicSetup.Topics found = topics.get(domain);
    if (found == null) {
      throw new IllegalStateException("no topics were prepared for " + domain);
    }
    return found;
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

  /** An IPv6 address needs brackets in a URL. */
  private static String urlHost(String host) {
    return host.contains(":") ? "[" + host + "]" : host;
  }

  private void startDeciding(
      Domain<?, ?, ?> domain, InputLog log, StreamsSettings streams, String address) {
    DomainSchema<?, ?> schema = domain.schema();
    Refold refold = new Refold(domain, streams, MemoryLimits.DEFAULT);
    start(
        "decide " + schema.name(),
        waiting ->
            CommandTopology.of(
                domain, log.afterRefolds(refold.complete(waiting)), MemoryLimits.DEFAULT),
        streams.deciding(CommandTopology.applicationId(schema)),
        Optional.empty());
    StreamsRole status =
        start(
            "command status " + schema.name(),
            StatusTopology.of(schema, log, CommandTopology.DEFAULT_MEMORY),
            StreamsSettings.answeringAt(
                address, streams.indexing(StatusTopology.applicationId(schema))));
    rolesByStore.put(place(schema.name(), CommandStatus.STORE), status);
  }

  private void startView(Domain<?, ?, ?> domain, View view, StreamsSettings streams, Admin admin) {
    DomainSchema<?, ?> schema = domain.schema();
    String applicationId = ViewTopology.applicationId(schema, view);
    StreamsRole role =
        start(
            "view " + schema.name() + "/" + view.name(),
            waiting -> ViewTopology.of(domain, view.name(), resumptions),
            view.derived().isPresent()
                ? streams.deriving(applicationId)
                : streams.folding(applicationId),
            Optional.of(admin));
    rolesByStore.put(place(schema.name(), view.rowsStore()), role);
    rolesByStore.put(place(schema.name(), view.indexStore()), role);
    for (DomainSchema<?, ?> source : schema.sources(view)) {
      Guard guard = view.guard(source);
      rolesByStore.put(place(schema.name(), guard.seenStore()), role);
      rolesByStore.put(place(schema.name(), guard.stoppedStore()), role);
    }
  }

  private StreamsRole start(String name, Topology topology, Properties properties) {
    return start(name, waiting -> topology, properties, Optional.empty());
  }

  private StreamsRole start(
      String name,
      StreamsRole.Preparation preparation,
      Properties properties,
      Optional<Admin> tracking) {
    StreamsRole role = opened(StreamsRole.start(name, preparation, properties, tracking));
    roles.add(role);
    return role;
  }

  private static String place(String domain, String store) {
    return domain + "/" + store;
  }

  private Optional<KafkaStreams> application(String domain, String store) {
    return Optional.ofNullable(rolesByStore.get(place(domain, store)))
        .flatMap(StreamsRole::running);
  }

  private Optional<ViewPositions> positions(DomainSchema<?, ?> schema, View view) {
    return role(schema, view).flatMap(StreamsRole::positions);
  }

  private Optional<StreamsRole> role(DomainSchema<?, ?> schema, View view) {
    return Optional.ofNullable(rolesByStore.get(place(schema.name(), view.rowsStore())));
  }

  // ---- what operators ask and do

  @Override
  public List<ViewOperations.Report> reports() {
    List<ViewOperations.Report> reports = new ArrayList<>();
    for (DomainSchema<?, ?> schema : schemas) {
      for (View view : schema.views()) {
        List<ViewOperations.Part> parts = new ArrayList<>();
        for (DomainSchema<?, ?> source : schema.sources(view)) {
          parts.addAll(parts(schema, view, source));
        }
        reports.add(
            new ViewOperations.Report(
                schema.name(), view, role(schema, view).flatMap(StreamsRole::trouble), parts));
      }
    }
    return reports;
  }

  private List<ViewOperations.Part> parts(
      DomainSchema<?, ?> schema, View view, DomainSchema<?, ?> source) {
    Optional<ViewPositions> at = positions(schema, view);
    Map<Integer, StoppedView> marks = new TreeMap<>();
    views.marks(schema, view, source).forEach(mark -> marks.put(mark.partition(), mark));
    Map<TopicPartition, Long> ends =
        at.flatMap(positions -> positions.ends(Set.of(source.eventsTopic()))).orElse(Map.of());
    List<ViewOperations.Part> parts = new ArrayList<>();
    ends.forEach(
        (partition, end) ->
            parts.add(
                new ViewOperations.Part(
                    partition.topic(),
                    partition.partition(),
                    // Nobody commits a position in a partition that has nothing.
                    end == 0
                        ? OptionalLong.of(0)
                        : at.map(it -> it.done(partition)).orElse(OptionalLong.empty()),
                    OptionalLong.of(end),
                    Optional.ofNullable(marks.get(partition.partition())))));
    parts.sort(Comparator.comparingInt(ViewOperations.Part::partition));
    return parts;
  }

  @Override
  public List<StoppedView> resume(DomainSchema<?, ?> schema, View view, boolean skip) {
    List<StoppedView> resumed = new ArrayList<>();
    Optional<ApplicationPositions> at = role(schema, view).flatMap(StreamsRole::positions);
    if (at.isEmpty()) {
      return resumed;
    }
    for (DomainSchema<?, ?> source : schema.sources(view)) {
      for (StoppedView mark : views.marks(schema, view, source)) {
        resumptions.ask(
            view.guard(source),
            mark.partition(),
            skip ? Resumptions.How.SKIP : Resumptions.How.CONTINUE);
        at.get().rewind(new TopicPartition(source.eventsTopic(), mark.partition()), mark.offset());
        resumed.add(mark);
      }
    }
    return resumed;
  }

  private List<Health.Role> health() {
    List<Health.Role> health = new ArrayList<>(running());
    for (DomainSchema<?, ?> schema : schemas) {
      for (View view : schema.views()) {
        Optional<String> stopped = views.stopped(schema, view);
        if (stopped.isPresent()) {
          String name = "fold " + schema.name() + "/" + view.name();
          health.add(new Health.Role(name, false, stopped));
        }
      }
    }
    return health;
  }

  /** What runs by itself: unlike a stopped view it may come up when one waits. */
  private List<Health.Role> running() {
    List<Health.Role> health = new ArrayList<>();
    for (StreamsRole role : roles) {
      Optional<String> trouble = role.trouble();
      health.add(new Health.Role(role.name(), trouble.isEmpty(), trouble));
    }
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
  private void closeRoles() throws InterruptedException {
    List<Thread> closing =
        roles.stream().map(role -> Thread.ofPlatform().start(role::close)).toList();
    for (Thread each : closing) {
      each.join();
    }
    roles.clear();
  }

  @Override
  public void close() {
    while (!opened.isEmpty()) {
      AutoCloseable resource = opened.pop();
      try {
        if (resource instanceof StreamsRole) {
          closeRoles();
        }
        resource.close();
      } catch (Exception e) {
        LOG.warn("{} did not stop cleanly", resource.getClass().getSimpleName(), e);
      }
    }
  }
}

package dev.pleat.deploy;

import java.io.Serial;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.ThreadMetadata;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Kafka Streams application of this process, kept alive: when a thread of it dies, the
 * application is closed, leaves its group and is started again; after three failures in a minute it
 * stays down and says why. Safe for use by many threads.
 *
 * <p>Replacing only the thread would look healthy while nobody works: the dead member stays in its
 * group until the session times out.
 */
final class StreamsRole implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(StreamsRole.class);

  private static final int MAX_FAILURES = 3;
  private static final Duration FAILURE_WINDOW = Duration.ofMinutes(1);
  private static final Duration FIRST_BACK_OFF = Duration.ofMillis(500);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

  /** A thread that has not polled for this long does not work, whatever its state says. */
  private static final Duration MAX_POLL_SILENCE = Duration.ofSeconds(30);

  private final String name;
  private final Preparation preparation;
  private final Properties properties;
  private final Optional<Tracking> tracking;
  private final Thread supervisor;
  private final CountDownLatch closing = new CountDownLatch(1);

  /** What the stream threads tell the supervisor; the empty one ends it. */
  private final BlockingQueue<Optional<Throwable>> failures = new LinkedBlockingQueue<>();

  private final Restoring restoring = new Restoring();
  private volatile Optional<KafkaStreams> running = Optional.empty();
  private volatile Optional<PatientClients> clients = Optional.empty();
  private volatile Optional<ApplicationPositions> positions = Optional.empty();
  private volatile Optional<String> down = Optional.of("starting");

  /** Whether it will not come back. */
  private volatile boolean retiring;

  /**
   * How an application is followed.
   *
   * @param ends asks the cluster how far it has come
   * @param pace how fast it may read
   */
  record Tracking(LogEnds ends, Pace pace) {}

  /** What is done before each start of an application, and what then runs. */
  interface Preparation {
    /** The topology to run; may take its time, and fail as the application itself may. */
    Topology prepare(Waiting waiting);
  }

  /** How a preparation says what it does, and how it waits. */
  interface Waiting {
    /** Shown as what is wrong with the role until it runs. */
    void says(String what);

    /**
     * Waits.
     *
     * @throws Closed if the role is closed before or meanwhile
     */
    void pause(Duration time);
  }

  /** Thrown where a preparation waits and the role is closed. */
  static final class Closed extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    private Closed() {
      super("closed while it was prepared");
    }
  }

  private StreamsRole(
      String name, Preparation preparation, Properties properties, Optional<Tracking> tracking) {
    this.name = name;
    this.preparation = preparation;
    this.properties = properties;
    this.tracking = tracking;
    this.supervisor =
        Thread.ofPlatform().name("role-" + name).daemon(true).unstarted(this::supervise);
  }

  /** Starts the application in the background. */
  static StreamsRole start(String name, Topology topology, Properties properties) {
    return start(name, waiting -> topology, properties, Optional.empty());
  }

  /**
   * Starts the application in the background, prepared anew each time it is started.
   *
   * @param tracking how the application is followed, if somebody wants to know how far it is
   */
  static StreamsRole start(
      String name, Preparation preparation, Properties properties, Optional<Tracking> tracking) {
    StreamsRole role = new StreamsRole(name, preparation, properties, tracking);
    role.supervisor.start();
    return role;
  }

  /** What it does, for example {@code decide calculator}. */
  String name() {
    return name;
  }

  /** The topic on which the application writes each change of one of its stores. */
  String changelog(String store) {
    return properties.get(StreamsConfig.APPLICATION_ID_CONFIG) + "-" + store + "-changelog";
  }

  /** The application that runs now; empty between a failure and the next start. */
  Optional<KafkaStreams> running() {
    return running;
  }

  /** How far the application that runs now has come; empty if there is none, or no tracking. */
  Optional<ApplicationPositions> positions() {
    return positions;
  }

  /**
   * Why it does not work just now; empty if it does. Judged by what its threads do, because the
   * application's own state says running while nobody works.
   */
  Optional<String> trouble() {
    Optional<KafkaStreams> streams = running;
    if (streams.isEmpty()) {
      return down;
    }
    KafkaStreams.State state = streams.get().state();
    if (state != KafkaStreams.State.RUNNING) {
      return Optional.of(state == KafkaStreams.State.REBALANCING ? progress() : state.toString());
    }
    for (ThreadMetadata thread : streams.get().metadataForLocalThreads()) {
      if (!thread.threadState().equals("RUNNING")) {
        return Optional.of("a thread is " + thread.threadState());
      }
    }
    return silence();
  }

  private String progress() {
    long left = restoring.left();
    return left == 0 ? "joining its group" : "restoring, " + left + " records to go";
  }

  private Optional<String> silence() {
    // Asked of the consumers: the metric that says it lies among thousands, copied at each call.
    return clients
        .map(PatientClients::silence)
        .filter(silence -> silence.compareTo(MAX_POLL_SILENCE) > 0)
        .map(silence -> "a thread has not polled for " + silence.toSeconds() + " s");
  }

  private void supervise() {
    Deque<Long> recent = new ArrayDeque<>();
    while (true) {
      KafkaStreams streams = null;
      Optional<Throwable> failure;
      try {
        streams = application(preparation.prepare(new RoleWaiting()));
        streams.setUncaughtExceptionHandler(
            e -> {
              failures.add(Optional.of(e));
              return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
            });
        restoring.clear();
        streams.setGlobalStateRestoreListener(restoring);
        streams.start();
        running = Optional.of(streams);
        failure = failures.take();
      } catch (InterruptedException | Closed e) {
        failure = Optional.empty();
      } catch (RuntimeException e) {
        failure = Optional.of(e);
      }
      running = Optional.empty();
      positions = Optional.empty();
      down = failure.map(StreamsRole::why).or(() -> Optional.of("stopped"));
      if (streams != null) {
        // A restart of this process comes back as the same member; a failed one makes room.
        streams.close(
            CloseOptions.timeout(CLOSE_TIMEOUT)
                .withGroupMembershipOperation(
                    failure.isPresent() || retiring
                        ? GroupMembershipOperation.LEAVE_GROUP
                        : GroupMembershipOperation.REMAIN_IN_GROUP));
      }
      if (failure.isEmpty()) {
        return;
      }
      LOG.error("{} failed", name, failure.get());
      failures.removeIf(Optional::isPresent);
      long now = System.nanoTime();
      recent.addLast(now);
      recent.removeIf(at -> now - at > FAILURE_WINDOW.toNanos());
      if (recent.size() >= MAX_FAILURES) {
        down =
            Optional.of(
                "failed " + recent.size() + " times within a minute, last: " + why(failure.get()));
        LOG.error("{} is down: {}", name, down.get());
        return;
      }
      if (!backOff(FIRST_BACK_OFF.multipliedBy(1L << recent.size()))) {
        return;
      }
    }
  }

  private KafkaStreams application(Topology topology) {
    PatientClients made = tracking.isEmpty() ? new PatientClients() : tracked(topology);
    clients = Optional.of(made);
    return new KafkaStreams(topology, properties, made);
  }

  private TrackedClients tracked(Topology topology) {
    TrackedClients made = new TrackedClients(tracking.orElseThrow().pace());
    positions =
        Optional.of(
            new ApplicationPositions(
                String.valueOf(properties.get(StreamsConfig.APPLICATION_ID_CONFIG)),
                topology.describe(),
                made,
                tracking.orElseThrow().ends()));
    return made;
  }

  /** Waits before the next start; false if the role was closed meanwhile. */
  private boolean backOff(Duration pause) {
    try {
      Optional<Throwable> end = failures.poll(pause.toMillis(), TimeUnit.MILLISECONDS);
      return end == null || end.isPresent();
    } catch (InterruptedException e) {
      return false;
    }
  }

  private static String why(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage()).lines().findFirst().orElse("unknown");
  }

  /** Stops the application for good: it leaves its group. */
  void retire() {
    retiring = true;
    close();
  }

  /** Stops the application and waits until it has, at most 10 s. */
  @Override
  public void close() {
    closing.countDown();
    failures.add(Optional.empty());
    try {
      supervisor.join(CLOSE_TIMEOUT.plusSeconds(5).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private final class RoleWaiting implements Waiting {
    @Override
    public void says(String what) {
      down = Optional.of(what);
    }

    @Override
    public void pause(Duration time) {
      try {
        if (closing.await(time.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new Closed();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Closed();
      }
    }
  }

  /** How many changelog records are still to be read into the stores; told by several threads. */
  private static final class Restoring implements StateRestoreListener {
    private final Map<TopicPartition, Long> left = new ConcurrentHashMap<>();

    long left() {
      return left.values().stream().mapToLong(Long::longValue).sum();
    }

    void clear() {
      left.clear();
    }

    @Override
    public void onRestoreStart(TopicPartition changelog, String store, long start, long end) {
      left.put(changelog, end - start);
    }

    @Override
    public void onBatchRestored(TopicPartition changelog, String store, long at, long restored) {
      left.computeIfPresent(changelog, (same, records) -> Math.max(0, records - restored));
    }

    @Override
    public void onRestoreEnd(TopicPartition changelog, String store, long restored) {
      left.remove(changelog);
    }

    @Override
    public void onRestoreSuspended(TopicPartition changelog, String store, long restored) {
      left.remove(changelog);
    }
  }
}

package dev.pleat.deploy;

import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.topology.CommandTopology;
import dev.pleat.topology.Domain;
import dev.pleat.topology.InputLog;
import dev.pleat.topology.MemoryLimits;
import dev.pleat.topology.StatusTopology;
import dev.pleat.topology.ViewTopology;
import dev.pleat.topology.calculator.CalculatorDomain;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.StateRestoreListener;

/**
 * The application of a throughput measurement, in a JVM of its own: it works off a backlog with one
 * topology at a time and says how long that took.
 *
 * <p>It reads requests from standard input, a line each, and answers each with a line.
 */
final class BenchmarkedApplication implements AutoCloseable {

  /** What the application can be asked to work off, and what a request names it. */
  enum Work {
    /** The baseline: each record of the commands topic goes to two topics, unchanged. */
    PASS_THROUGH,
    /** The baseline with the settings of the application that decides, instead of the defaults. */
    TUNED_PASS_THROUGH,
    /** The command topology. */
    COMMANDS,
    /** The command topology and the index of command status beside it. */
    COMMANDS_AND_STATUS,
    /** The view {@code values}, from the first event. */
    VIEW,
    /** The command topology again, with its state directory lost: restores its stores. */
    RESTORE,
    /** The command topology, which then goes on until this process is closed. */
    GO_ON_DECIDING
  }

  /**
   * What one request took.
   *
   * @param records how many were worked off while the clock ran
   * @param nanos for how long
   * @param applicationCpu of this process meanwhile, in ns
   * @param brokerCpu of the broker's process meanwhile, in ns
   */
  record Measured(long records, long nanos, long applicationCpu, long brokerCpu) {

    double perSecond() {
      return records * 1e9 / nanos;
    }

    double applicationMicros() {
      return applicationCpu / 1e3 / records;
    }

    double brokerMicros() {
      return brokerCpu / 1e3 / records;
    }

    private String line() {
      return records + " " + nanos + " " + applicationCpu + " " + brokerCpu;
    }

    private static Measured of(String line) {
      long[] fields = Arrays.stream(line.split(" ")).mapToLong(Long::parseLong).toArray();
      return new Measured(fields[0], fields[1], fields[2], fields[3]);
    }
  }

  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Duration LEAVE_TIMEOUT = Duration.ofSeconds(30);
  private static final String ANSWER = "measured ";

  private final Process process;
  private final PrintStream requests;
  private final BufferedReader answers;

  private BenchmarkedApplication(Process process) {
    this.process = process;
    this.requests = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    this.answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Starts the other JVM; {@code jvmFlags} may have a profiler's. */
  static BenchmarkedApplication start(BrokerProcess broker, Path directory, String... jvmFlags) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx1g"));
    command.addAll(List.of(jvmFlags));
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            BenchmarkedApplication.class.getName(),
            broker.bootstrapServers(),
            directory.toString(),
            String.valueOf(broker.pid())));
    try {
      return new BenchmarkedApplication(
          new ProcessBuilder(command)
              .redirectError(
                  ProcessBuilder.Redirect.appendTo(
                      Path.of("target", "benchmarked-application.log").toFile()))
              .start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  long pid() {
    return process.pid();
  }

  /**
   * Works off the records of the input that are there, as a new application.
   *
   * @param run makes the application's id; the same again continues that application
   * @param from how many records are worked off before the clock starts
   * @param to how many have been worked off when it stops
   */
  Measured measure(Work work, String run, long from, long to) {
    requests.println(work + " " + run + " " + from + " " + to);
    try {
      for (String line = answers.readLine(); line != null; line = answers.readLine()) {
        if (line.startsWith(ANSWER)) {
          return Measured.of(line.substring(ANSWER.length()));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new IllegalStateException(
        "the application ended: see target/benchmarked-application.log");
  }

  @Override
  public void close() {
    requests.close();
    process.onExit().orTimeout(60, java.util.concurrent.TimeUnit.SECONDS).join();
  }

  /** With everything in it. */
  static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ---- the other process

  private static final class Runner {
    private final String servers;
    private final Path directory;
    private final ProcessHandle broker;
    private final StoreMemory memory = new StoreMemory(256L * 1024 * 1024);
    private final List<KafkaStreams> goingOn = new ArrayList<>();

    Runner(String servers, Path directory, ProcessHandle broker) {
      this.servers = servers;
      this.directory = directory;
      this.broker = broker;
    }

    Measured run(Work work, String run, long from, long to) {
      Domain<?, ?, ?> domain = CalculatorDomain.CALCULATOR;
      InputLog log = new InputLog("benchmark", Servers.PARTITIONS, false);
      StreamsSettings settings =
          new StreamsSettings(
              Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, servers),
              directory,
              "benchmark",
              memory);
      Topology commands = CommandTopology.of(domain, log, MemoryLimits.DEFAULT);
      return switch (work) {
        case PASS_THROUGH -> timed(passThrough(), plain(run + "-pass-through"), from, to);
        case TUNED_PASS_THROUGH ->
            timed(passThrough(), settings.deciding(run + "-pass-through."), from, to);
        case COMMANDS -> timed(commands, settings.deciding(run + "-commands."), from, to);
        case COMMANDS_AND_STATUS -> {
          try (KafkaStreams status =
              new KafkaStreams(
                  StatusTopology.of(domain.schema(), log, CommandTopology.DEFAULT_MEMORY),
                  settings.indexing(run + "-status."))) {
            status.start();
            yield timed(commands, settings.deciding(run + "-commands."), from, to);
          }
        }
        case VIEW ->
            timed(ViewTopology.of(domain, "values"), settings.folding(run + "-values."), from, to);
        case GO_ON_DECIDING -> {
          KafkaStreams streams = new KafkaStreams(commands, settings.deciding(run + "-commands."));
          goingOn.add(streams);
          streams.start();
          yield new Measured(new Progress(streams).await(to), 1, 0, 0);
        }
        case RESTORE -> restored(commands, settings.deciding(run + "-commands."), run);
      };
    }

    private static Topology passThrough() {
      return new Topology()
          .addSource(
              "commands",
              new ByteArrayDeserializer(),
              new ByteArrayDeserializer(),
              CalculatorSchema.SCHEMA.commandsTopic())
          .addSink(
              "one",
              "benchmark.one",
              new ByteArraySerializer(),
              new ByteArraySerializer(),
              "commands")
          .addSink(
              "two",
              "benchmark.two",
              new ByteArraySerializer(),
              new ByteArraySerializer(),
              "commands");
    }

    /** What Kafka Streams has by default, exactly once: the baseline is not held back by ours. */
    private Properties plain(String applicationId) {
      Properties properties = new Properties();
      properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, servers);
      properties.put(StreamsConfig.APPLICATION_ID_CONFIG, applicationId);
      properties.put(StreamsConfig.STATE_DIR_CONFIG, directory.toString());
      properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
      return properties;
    }

    private Measured timed(Topology topology, Properties properties, long from, long to) {
      try (KafkaStreams streams = new KafkaStreams(topology, properties)) {
        streams.start();
        Progress progress = new Progress(streams);
        Mark begin = mark(progress.await(from));
        long done = progress.await(to);
        Mark end = mark(done);
        // Everything is committed, and the group left, before the next measurement begins.
        streams.close(
            CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
                .withTimeout(LEAVE_TIMEOUT));
        return begin.until(end);
      }
    }

    private Measured restored(Topology topology, Properties properties, String run) {
      delete(directory.resolve(run + "-commands."));
      AtomicLong records = new AtomicLong();
      AtomicLong started = new AtomicLong(Long.MAX_VALUE);
      AtomicLong ended = new AtomicLong();
      AtomicLong open = new AtomicLong();
      try (KafkaStreams streams = new KafkaStreams(topology, properties)) {
        streams.setGlobalStateRestoreListener(
            new StateRestoreListener() {
              @Override
              public void onRestoreStart(
                  TopicPartition partition, String store, long from, long to) {
                open.incrementAndGet();
                started.accumulateAndGet(System.nanoTime(), Math::min);
              }

              @Override
              public void onBatchRestored(
                  TopicPartition partition, String store, long batchEnd, long count) {
                records.addAndGet(count);
              }

              @Override
              public void onRestoreEnd(TopicPartition partition, String store, long total) {
                ended.accumulateAndGet(System.nanoTime(), Math::max);
                open.decrementAndGet();
              }
            });
        Mark begin = mark(0);
        streams.start();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (streams.state() != KafkaStreams.State.RUNNING || open.get() > 0) {
          requireTime(deadline, "restoring");
          LockSupport.parkNanos(1_000_000);
        }
        Measured whole = begin.until(mark(records.get()));
        streams.close(
            CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
                .withTimeout(LEAVE_TIMEOUT));
        return new Measured(
            records.get(), ended.get() - started.get(), whole.applicationCpu(), whole.brokerCpu());
      }
    }

    private record Mark(long done, long nanoTime, long applicationCpu, long brokerCpu) {
      Measured until(Mark end) {
        return new Measured(
            end.done - done,
            end.nanoTime - nanoTime,
            end.applicationCpu - applicationCpu,
            end.brokerCpu - brokerCpu);
      }
    }

    private Mark mark(long done) {
      return new Mark(done, System.nanoTime(), cpu(ProcessHandle.current()), cpu(broker));
    }

    private static long cpu(ProcessHandle process) {
      return process.info().totalCpuDuration().orElseThrow().toNanos();
    }
  }

  /** How many records the stream thread of an application has processed. */
  private static final class Progress {
    private static final long PAUSE_NANOS = 10_000_000;

    private final Metric processed;

    /**
     * Looks for the count once: to go through all metrics each time would cost a tenth of a core.
     */
    Progress(KafkaStreams streams) {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      Optional<Metric> found = find(streams);
      while (found.isEmpty()) {
        requireTime(deadline, "starting");
        LockSupport.parkNanos(PAUSE_NANOS);
        found = find(streams);
      }
      processed = found.get();
    }

    private static Optional<Metric> find(KafkaStreams streams) {
      return streams.metrics().entrySet().stream()
          .filter(
              metric ->
                  metric.getKey().name().equals("process-total")
                      && metric.getKey().group().equals("stream-thread-metrics"))
          .<Metric>map(Map.Entry::getValue)
          .findFirst();
    }

    long await(long count) {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      long done = processed();
      while (done < count) {
        requireTime(deadline, "processing " + count + " records (" + done + " so far)");
        LockSupport.parkNanos(PAUSE_NANOS);
        done = processed();
      }
      return done;
    }

    private long processed() {
      return ((Number) processed.metricValue()).longValue();
    }
  }

  private static void requireTime(long deadline, String what) {
    if (System.nanoTime() > deadline) {
      throw new IllegalStateException(
          what + " took more than " + PATIENCE.toMinutes() + " minutes");
    }
  }

  /** The other process: answers requests until its input ends. */
  public static void main(String[] arguments) throws IOException {
    PrintStream answers = System.out;
    // Whatever is logged must not be taken for an answer.
    System.setOut(System.err);
    Runner runner =
        new Runner(
            arguments[0],
            Path.of(arguments[1]),
            ProcessHandle.of(Long.parseLong(arguments[2])).orElseThrow());
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      String[] fields = line.split(" ");
      Measured measured =
          runner.run(
              Work.valueOf(fields[0]),
              fields[1],
              Long.parseLong(fields[2]),
              Long.parseLong(fields[3]));
      answers.println(ANSWER + measured.line());
    }
    runner.goingOn.forEach(KafkaStreams::close);
    System.exit(0);
  }
}

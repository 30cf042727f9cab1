package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.pleat.schemas.MessageHeaders;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How long a command takes, from when it was meant to be sent to its answer, at rates that do not
 * wait for answers: over HTTP, and from topic to topic, beside a transaction of one message on the
 * same broker. Not part of {@code verify}: the profile {@code measure} runs it.
 *
 * <p>{@code -Dpleat.seconds=60} of each rate: in five rounds that take turns, so that each rate has
 * five medians beside those of the raw transaction; the highest rates in one go. The first second
 * of each round is left out. Everything is warmed up for {@code -Dpleat.warm=60} s before: two
 * cores compile the broker and Pleat for a minute. {@code -Dpleat.half=0} a second is half of the
 * highest rate, 0 for half of what this run finds.
 */
final class LatencyMeasurement {

  private static final int SECONDS = Integer.getInteger("pleat.seconds", 60);
  private static final int HALF = Integer.getInteger("pleat.half", 0);
  private static final Duration WARM_UP = Duration.ofSeconds(Integer.getInteger("pleat.warm", 60));
  private static final Duration SHORT = Duration.ofSeconds(10);
  private static final Duration MAXIMUM_TIME = Duration.ofSeconds(15);
  private static final int MORE_THAN_IT_CAN = 60_000;
  private static final int ROUNDS = 5;
  private static final Duration TIME = Duration.ofSeconds(SECONDS);
  private static final Duration ROUND = TIME.dividedBy(ROUNDS);
  private static final Duration LEFT_OUT = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long SEED = 20261121;
  private static final int VALUES = 100_000;
  private static final String RAW_TOPIC = "measurement.raw";

  private static final List<String> HEAD =
      List.of(
          "commands",
          "p50 ms",
          "p50 of the rounds",
          "p90 ms",
          "p99 ms",
          "max ms",
          "missed",
          "of",
          "done/s",
          "sent late, p99 ms",
          "answers");

  @TempDir Path directory;

  private final FigureSheet sheet = new FigureSheet("Latency, " + SECONDS + " s of each rate");
  private final Map<String, Row> rows = new LinkedHashMap<>();
  private final List<Runnable> bars = new ArrayList<>();

  /** What was measured at one rate, round by round. */
  private static final class Row {
    private final List<OpenLoop> rounds = new ArrayList<>();
    private final Map<Integer, LongAdder> statuses = new ConcurrentSkipListMap<>();

    double percentileMs(double percent) {
      return OpenLoop.pooled(rounds).percentileMs(percent);
    }

    /** The medians of the rounds, from the lowest. */
    private double[] medians() {
      return rounds.stream()
          .mapToDouble(round -> round.latencies().percentileMs(50))
          .sorted()
          .toArray();
    }

    /** Of the medians of the rounds. */
    double medianMs() {
      double[] medians = medians();
      return medians[medians.length / 2];
    }

    List<String> cells(String name) {
      Latencies pooled = OpenLoop.pooled(rounds);
      double[] medians = medians();
      return List.of(
          name,
          Latencies.text(medianMs()),
          medians.length == 1
              ? "one run"
              : Latencies.text(medians[0]) + " to " + Latencies.text(medians[medians.length - 1]),
          Latencies.text(pooled.percentileMs(90)),
          Latencies.text(pooled.percentileMs(99)),
          Latencies.text(pooled.maxMs()),
          String.valueOf(pooled.missed()),
          String.valueOf(pooled.count()),
          String.format(
              Locale.ROOT,
              "%.0f",
              rounds.stream().mapToDouble(OpenLoop::perSecond).average().orElse(0)),
          Latencies.text(OpenLoop.lateness(rounds).percentileMs(99)),
          statuses.toString());
    }
  }

  @Test
  void answers_in_time() throws Exception {
    try (MeasuredPleat pleat = MeasuredPleat.start("latency", directory)) {
      Row warm = new Row();
      overHttp(pleat, warm, OpenLoop.steady(2_000, WARM_UP, Duration.ZERO), 64);
      overHttp(pleat, warm, OpenLoop.steady(100, SHORT, Duration.ZERO), 64);

      Row bursts = row("HTTP, bursts of 2-5");
      Row http100 = row("HTTP, 100/s");
      Row http1000 = row("HTTP, 1000/s");
      Row raw = row("one-message transaction, 100/s");
      Row whole = row("topics, 100/s, with HTTP, view and status beside it");
      createRawTopic(pleat.bootstrapServers());
      for (int round = 0; round < ROUNDS; round++) {
        // No more connections than needed: the server closes those that are idle for 30 s.
        overHttp(pleat, bursts, OpenLoop.bursts(ROUND, LEFT_OUT, SEED + round), 8);
        overHttp(pleat, http100, OpenLoop.steady(100, ROUND, LEFT_OUT), 64);
        overHttp(pleat, http1000, OpenLoop.steady(1_000, ROUND, LEFT_OUT), 64);
        raw.rounds.add(raw(pleat.bootstrapServers()));
        OpenLoop topics = OpenLoop.steady(100, ROUND, LEFT_OUT);
        overTopics(pleat.bootstrapServers(), pleat.values(), topics, "whole" + round, 0);
        whole.rounds.add(topics);
        System.out.println("round " + round + ": " + http100.cells("HTTP, 100/s"));
      }
      Row http5000 = row("HTTP, 5000/s");
      overHttp(pleat, http5000, OpenLoop.steady(5_000, TIME, LEFT_OUT), 256);

      atMost(6, http100.medianMs(), "HTTP, 100/s, p50");
      atMost(50, http100.percentileMs(99), "HTTP, 100/s, p99");
      atMost(50, bursts.percentileMs(99), "HTTP, bursts, p99");
    }
    decidesAlone();
    sheet.table(
        HEAD, rows.entrySet().stream().map(row -> row.getValue().cells(row.getKey())).toList());
    sheet.note(
        "p50: the median of "
            + ROUNDS
            + " rounds; the rest is of all rounds together. Missed: no answer, or another than 200."
            + " Bursts: seeds from "
            + SEED
            + ".");
    bars.forEach(Runnable::run);
    sheet.check();
  }

  private Row row(String name) {
    Row row = new Row();
    rows.put(name, row);
    return row;
  }

  /** The command topology without HTTP, in a process with nothing else. */
  private void decidesAlone() {
    try (DecidingAlone alone = DecidingAlone.start(directory.resolve("alone"), VALUES)) {
      String servers = alone.bootstrapServers();
      List<String> values = alone.values();
      overTopics(servers, values, OpenLoop.steady(10_000, WARM_UP, Duration.ZERO), "warm", 2);
      overTopics(servers, values, OpenLoop.steady(100, SHORT, Duration.ZERO), "settle", 0);

      Row slow = row("topics, 100/s");
      Row fast = row("topics, 10000/s");
      for (int round = 0; round < ROUNDS; round++) {
        OpenLoop few = OpenLoop.steady(100, ROUND, LEFT_OUT);
        overTopics(servers, values, few, "slow" + round, 0);
        slow.rounds.add(few);
        OpenLoop many = OpenLoop.steady(10_000, ROUND, LEFT_OUT);
        overTopics(servers, values, many, "fast" + round, 2);
        fast.rounds.add(many);
        System.out.println("round " + round + ": " + fast.cells("topics, 10000/s"));
      }
      int maximum = maximum(servers, values);
      sheet.note(
          "The most from topic to topic while "
              + MORE_THAN_IT_CAN
              + "/s were offered, with generator and broker on the same cores: "
              + maximum
              + "/s.");
      int perSecond = HALF == 0 ? maximum / 2 : HALF;
      OpenLoop half = OpenLoop.steady(perSecond, TIME, LEFT_OUT);
      overTopics(servers, values, half, "half", 2);
      row("topics, half: " + perSecond + "/s").rounds.add(half);

      atMost(15, fast.medianMs(), "topics, 10000/s, p50");
      atMost(50, half.latencies().percentileMs(50), "topics, half, p50");
      double first = half.firstThird().percentileMs(50);
      double last = half.lastThird().percentileMs(50);
      atMost(1.5 * first, last, "topics, half, p50 of the last third beside the first");
    }
  }

  /** How many commands a second it decides while it is offered more. */
  private static int maximum(String servers, List<String> values) {
    OpenLoop loop = OpenLoop.steady(MORE_THAN_IT_CAN, MAXIMUM_TIME, Duration.ZERO);
    long before = System.nanoTime();
    long[] end = new long[2];
    overTopics(
        servers,
        values,
        loop,
        "maximum",
        20,
        done -> {
          end[0] = done;
          end[1] = System.nanoTime();
        });
    return (int) (end[0] * 1_000_000_000L / (end[1] - before));
  }

  private void atMost(double bar, double ms, String what) {
    bars.add(
        () ->
            sheet.bar(
                ms <= bar,
                what + ": " + Latencies.text(ms) + " <= " + Latencies.text(bar) + " ms"));
  }

  private static void overHttp(MeasuredPleat pleat, Row row, OpenLoop loop, int connections)
      throws Exception {
    HttpLoad.run(
        pleat.http(),
        pleat.values(),
        connections,
        loop,
        (command, answer) -> {
          if (answer.status() == 200) {
            loop.done(command, System.nanoTime());
          }
          row.statuses.computeIfAbsent(answer.status(), status -> new LongAdder()).increment();
        },
        loop::start);
    row.rounds.add(loop);
  }

  private static void overTopics(
      String servers, List<String> values, OpenLoop loop, String run, int lingerMs) {
    overTopics(servers, values, loop, run, lingerMs, done -> {});
  }

  /**
   * Sends all of it and waits until it is done.
   *
   * @param sent told how many are done when the last one is sent
   */
  private static void overTopics(
      String servers,
      List<String> values,
      OpenLoop loop,
      String run,
      int lingerMs,
      IntConsumer sent) {
    AtomicInteger done = new AtomicInteger();
    try (TopicLoad load = new TopicLoad(servers, values, run, lingerMs);
        Arrivals outcomes =
            new Arrivals(
                servers,
                CalculatorSchema.SCHEMA.outcomesTopic(),
                (outcome, nanoTime) -> {
                  int command = load.accepted(outcome);
                  if (command >= 0) {
                    loop.done(command, nanoTime);
                    done.incrementAndGet();
                  }
                })) {
      loop.start();
      for (int i = 0; i < loop.count(); i++) {
        loop.awaitTurn(i);
        loop.begin(i);
        load.send(i);
      }
      sent.accept(done.get());
      load.flush();
      await(done, loop.count());
    }
  }

  private static void createRawTopic(String servers) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
      admin.createTopics(List.of(new NewTopic(RAW_TOPIC, 1, (short) 1))).all().get();
    }
  }

  /** What the broker itself takes: a transaction of one record, until a consumer has it. */
  private static OpenLoop raw(String servers) {
    OpenLoop loop = OpenLoop.steady(100, ROUND, LEFT_OUT);
    AtomicInteger done = new AtomicInteger();
    try (Producer<byte[], byte[]> producer =
            new KafkaProducer<>(
                Map.of(
                    ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                    servers,
                    ProducerConfig.ACKS_CONFIG,
                    "all",
                    ProducerConfig.LINGER_MS_CONFIG,
                    0,
                    ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                    "measurement"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        Arrivals arrivals =
            new Arrivals(
                servers,
                RAW_TOPIC,
                (record, nanoTime) -> {
                  loop.done(
                      number(record.headers().lastHeader(MessageHeaders.REQUEST_ID).value()),
                      nanoTime);
                  done.incrementAndGet();
                })) {
      producer.initTransactions();
      loop.start();
      for (int i = 0; i < loop.count(); i++) {
        loop.awaitTurn(i);
        loop.begin(i);
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(RAW_TOPIC, new byte[200]);
        record.headers().add(MessageHeaders.REQUEST_ID, String.valueOf(i).getBytes(ISO_8859_1));
        producer.beginTransaction();
        producer.send(record);
        producer.commitTransaction();
      }
      await(done, loop.count());
    }
    return loop;
  }

  private static int number(byte[] text) {
    return Integer.parseInt(new String(text, ISO_8859_1));
  }

  /** Waits for the last ones; what does not come is missed. */
  private static void await(AtomicInteger done, int count) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (done.get() < count && System.nanoTime() < deadline) {
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
  }
}

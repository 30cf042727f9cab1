package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueCreated;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.Operation;
import dev.pleat.schemas.prices.PriceEvent.PriceSet;
import dev.pleat.schemas.products.ProductEvent.ProductAdded;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * What those who ask notice of a rebuild of a view of a million events, while others write. Not
 * part of {@code verify}: the profile {@code measure} runs it.
 *
 * <p>{@code -Dpleat.events=1000000} is how many, {@code -Dpleat.reads-per-second=300} how often a
 * row is asked for, {@code -Dpleat.quiet-seconds=60} how long before and after nothing is rebuilt.
 */
final class RebuildMeasurement {

  private static final int EVENTS = Integer.getInteger("pleat.events", 1_000_000);
  private static final int READS = Integer.getInteger("pleat.reads-per-second", 300);
  private static final int QUIET_SECONDS = Integer.getInteger("pleat.quiet-seconds", 60);
  private static final int WRITES_PER_SECOND = 20;
  private static final int LIVE = 20;
  private static final int CONNECTIONS = 8;
  private static final int WARM_UP_SECONDS = 30;
  private static final double P99_BAR = 2.0;
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final Instant THEN = Instant.parse("2026-11-21T10:00:00Z");

  @TempDir Path directory;

  /**
   * A view, and how to write to it and read it.
   *
   * @param rising the field of its rows that never falls
   */
  private record Subject(
      String domains, String domain, String view, String path, String rising, Writer writer) {}

  private interface Writer {
    /** Creates something over HTTP, and returns where it is read. */
    String create(ApiClient api);

    /** Changes it so that what rises does. */
    void change(ApiClient api, String path, int number);

    /** Writes the events of the i-th of so many things; how many those are. */
    int past(Producer<String, byte[]> log, int i);
  }

  private static void write(
      Producer<String, byte[]> log, String domain, String id, int version, Record event) {
    UUID command = new UUID(version, UUID.fromString(id).getLeastSignificantBits());
    log.send(
        new ProducerRecord<>(
            domain + ".events",
            id,
            JsonCodec.write(
                new RecordedEvent(
                    NameBasedId.ofEvent(domain, id, command, 0),
                    command,
                    event.getClass().getSimpleName(),
                    JsonCodec.toObject(event),
                    THEN,
                    version,
                    version,
                    Optional.empty(),
                    Optional.empty()))));
  }

  private static String id(int i) {
    return new UUID(0x4000L, 0x8000_0000_0000_0000L | i).toString();
  }

  private static final class Values implements Writer {
    @Override
    public String create(ApiClient api) {
      return header(api.post("/values", "{\"value\":1}"), "Location");
    }

    @Override
    public void change(ApiClient api, String path, int number) {
      api.put(path, "{\"operation\":\"ADD\",\"value\":1}");
    }

    @Override
    public int past(Producer<String, byte[]> log, int i) {
      write(log, "calculator", id(i), 1, new ValueCreated(id(i), 0));
      for (int n = 1; n < 5; n++) {
        write(log, "calculator", id(i), n + 1, new ValueUpdated(id(i), Operation.ADD, 1, n));
      }
      return 5;
    }
  }

  private static final class Pages implements Writer {
    @Override
    public String create(ApiClient api) {
      String path =
          header(
              api.post(
                  "/products",
                  "{\"name\":\"kettle\",\"category\":\"kitchen\",\"description\":\"\"}"),
              "Location");
      change(api, path, 1);
      return path;
    }

    @Override
    public void change(ApiClient api, String path, int number) {
      api.put(path + "/price", "{\"amount\":" + number + ",\"currency\":\"EUR\"}");
    }

    @Override
    public int past(Producer<String, byte[]> log, int i) {
      write(
          log, "products", id(i), 1, new ProductAdded(id(i), "pan " + i, "kitchen", "flat", THEN));
      write(
          log,
          "prices",
          id(i),
          1,
          new PriceSet(id(i), i, "EUR", Optional.empty(), Optional.empty()));
      return 2;
    }
  }

  @Test
  void nobody_notices_that_a_view_is_made_anew() throws Exception {
    measure(new Subject("calculator", "calculator", "values", "/values/", "version", new Values()));
  }

  @Test
  void nobody_notices_that_a_joined_view_is_made_anew() throws Exception {
    measure(
        new Subject(
            "products,prices,catalogue",
            "catalogue",
            "product-page",
            "/products/",
            "amount",
            new Pages()));
  }

  private void measure(Subject subject) throws Exception {
    String name = subject.domain() + "/" + subject.view();
    FigureSheet sheet = new FigureSheet("Rebuild of " + name + " under queries");
    try (BrokerProcess broker = BrokerProcess.start(directory.resolve("broker"));
        PleatProcess pleat =
            PleatProcess.startForLong(
                "rebuild",
                directory.resolve("pleat"),
                "--domains",
                subject.domains(),
                "--bootstrap-servers",
                broker.bootstrapServers(),
                "--partitions",
                String.valueOf(Servers.PARTITIONS));
        ApiClient api = new ApiClient(pleat.http().toString())) {
      List<String> live =
          IntStream.range(0, LIVE).mapToObj(i -> subject.writer().create(api)).toList();
      int things = writePast(subject, broker.bootstrapServers());
      awaitServing(api, subject, 1);
      Asking asking = new Asking(api, subject, live, things);
      asking.run("warm-up", stopAfter(WARM_UP_SECONDS));
      Figures before = asking.run("before", stopAfter(QUIET_SECONDS));
      long begun = System.nanoTime();
      rebuild(api, subject, "{}");
      Figures paced = asking.run("rebuild at the default pace", () -> serves(api, subject, 2));
      double pacedRate = EVENTS * 1e9 / (System.nanoTime() - begun);
      Figures after = asking.run("after", stopAfter(QUIET_SECONDS));
      begun = System.nanoTime();
      rebuild(api, subject, "{\"events-per-second\":0}");
      Figures fast = asking.run("rebuild as fast as it can", () -> serves(api, subject, 3));
      double fastRate = EVENTS * 1e9 / (System.nanoTime() - begun);

      sheet.note(
          "%d events, %d reads/s of any row over %d connections, %d writes/s to %d rows."
              .formatted(EVENTS, READS, CONNECTIONS, WRITES_PER_SECOND, LIVE));
      List<List<String>> rows = new ArrayList<>();
      for (Figures each : List.of(before, paced, after, fast)) {
        rows.add(each.row());
      }
      sheet.table(List.of("while", "reads", "failed", "older", "p50 ms", "p99 ms", "max ms"), rows);
      double baseline = OpenLoop.pooled(List.of(before.loop(), after.loop())).percentileMs(99);
      double ratio = paced.loop().latencies().percentileMs(99) / baseline;
      sheet.note(
          String.format(
              Locale.ROOT,
              "Rebuilt at %.0f events/s paced, %.0f events/s unpaced.",
              pacedRate,
              fastRate));
      int failed = before.failed() + paced.failed() + after.failed() + fast.failed();
      int older = before.older() + paced.older() + after.older() + fast.older();
      sheet.bar(failed == 0, name + ": " + failed + " failed queries");
      sheet.bar(older == 0, name + ": " + older + " answers older than one before");
      sheet.bar(
          ratio <= P99_BAR,
          String.format(Locale.ROOT, "%s: p99 %.2f of its baseline <= %.1f", name, ratio, P99_BAR));
      sheet.check();
    }
  }

  private static int writePast(Subject subject, String bootstrapServers) {
    try (Producer<String, byte[]> log =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ProducerConfig.LINGER_MS_CONFIG,
                20,
                ProducerConfig.BATCH_SIZE_CONFIG,
                128 * 1024),
            new StringSerializer(),
            new ByteArraySerializer())) {
      int things = 0;
      for (int events = 0; events < EVENTS; things++) {
        events += subject.writer().past(log, things);
      }
      return things;
    }
  }

  private static void rebuild(ApiClient api, Subject subject, String body) {
    HttpResponse<String> begun =
        api.post("/domains/" + subject.domain() + "/views/" + subject.view() + "/rebuild", body);
    assertEquals(202, begun.statusCode(), begun.body());
  }

  private interface Stop {
    boolean now();
  }

  private static Stop stopAfter(int seconds) {
    long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    return () -> System.nanoTime() > end;
  }

  private static boolean serves(ApiClient api, Subject subject, int generation) {
    for (JsonNode each : json(api.get("/views")).get("views")) {
      if (each.get("view").asString().equals(subject.view())
          && each.get("generation").asInt() == generation) {
        return each.get("status").asString().equals("serving");
      }
    }
    return false;
  }

  /** It serves, and has folded everything. */
  private static void awaitServing(ApiClient api, Subject subject, int generation) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      long lag = 0;
      for (JsonNode each : json(api.get("/views")).get("views")) {
        if (each.get("view").asString().equals(subject.view())) {
          for (JsonNode part : each.get("partitions")) {
            lag +=
                part.get("end").asLong()
                    - (part.has("position") ? part.get("position").asLong() : 0);
          }
        }
      }
      if (lag == 0 && serves(api, subject, generation)) {
        return;
      }
      assertTrue(System.nanoTime() < deadline, "the events are not folded, lag " + lag);
      LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
    }
  }

  /** What was seen while something went on. */
  private record Figures(String what, OpenLoop loop, int reads, int failed, int older) {
    List<String> row() {
      Latencies latencies = loop.latencies();
      return List.of(
          what,
          String.valueOf(reads),
          String.valueOf(failed),
          String.valueOf(older),
          Latencies.text(latencies.percentileMs(50)),
          Latencies.text(latencies.percentileMs(99)),
          Latencies.text(latencies.maxMs()));
    }
  }

  /** Reads of rows at a steady rate beside a few writes. */
  private static final class Asking {
    private static final int LONGEST_SECONDS = 900;

    private final ApiClient api;
    private final Subject subject;
    private final List<String> live;
    private final int things;

    /** What rose so far in the answers for the rows that are written to. */
    private final List<AtomicLong> seen = new ArrayList<>();

    private int number = 1;

    Asking(ApiClient api, Subject subject, List<String> live, int things) {
      this.api = api;
      this.subject = subject;
      this.live = live;
      this.things = things;
      live.forEach(path -> seen.add(new AtomicLong()));
    }

    Figures run(String what, Stop stop) throws InterruptedException, ExecutionException {
      OpenLoop loop = OpenLoop.steady(READS, Duration.ofSeconds(LONGEST_SECONDS), Duration.ZERO);
      AtomicInteger next = new AtomicInteger();
      AtomicInteger reads = new AtomicInteger();
      AtomicInteger failed = new AtomicInteger();
      AtomicInteger older = new AtomicInteger();
      AtomicBoolean ended = new AtomicBoolean();
      loop.start();
      try (ExecutorService workers = Executors.newFixedThreadPool(CONNECTIONS + 1)) {
        List<Future<?>> running = new ArrayList<>();
        for (int c = 0; c < CONNECTIONS; c++) {
          SplittableRandom random = new SplittableRandom(c);
          running.add(
              workers.submit(
                  () -> {
                    int i = next.getAndIncrement();
                    while (!ended.get() && i < loop.count()) {
                      loop.awaitTurn(i);
                      loop.begin(i);
                      read(random, failed, older);
                      loop.done(i, System.nanoTime());
                      reads.incrementAndGet();
                      i = next.getAndIncrement();
                    }
                  }));
        }
        running.add(workers.submit(() -> write(ended)));
        while (!stop.now()) {
          LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
        }
        ended.set(true);
        for (Future<?> each : running) {
          each.get();
        }
      }
      return new Figures(what, loop.upTo(reads.get()), reads.get(), failed.get(), older.get());
    }

    private void read(SplittableRandom random, AtomicInteger failed, AtomicInteger older) {
      boolean changing = random.nextBoolean();
      int which = random.nextInt(changing ? LIVE : things);
      String path = changing ? live.get(which) : subject.path() + id(which);
      long before = changing ? seen.get(which).get() : 0;
      HttpResponse<String> row = api.get(path);
      if (row.statusCode() != 200) {
        failed.incrementAndGet();
        System.out.println(path + ": " + row.statusCode() + " " + row.body());
        return;
      }
      if (changing) {
        long now = json(row).get(subject.rising()).asLong();
        if (now < before) {
          older.incrementAndGet();
          System.out.println(path + ": " + now + " after " + before);
        }
        seen.get(which).accumulateAndGet(now, Math::max);
      }
    }

    private void write(AtomicBoolean ended) {
      long due = System.nanoTime();
      while (!ended.get()) {
        number++;
        subject.writer().change(api, live.get(number % LIVE), number);
        due += Duration.ofSeconds(1).toNanos() / WRITES_PER_SECOND;
        LockSupport.parkNanos(Math.max(0, due - System.nanoTime()));
      }
    }
  }
}

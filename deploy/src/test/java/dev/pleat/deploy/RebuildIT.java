package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueCreated;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.schemas.calculator.CalculatorValue;
import dev.pleat.topology.Domain;
import dev.pleat.topology.calculator.Calculator;
import dev.pleat.topology.calculator.CalculatorDomain;
import dev.pleat.topology.calculator.CalculatorValueProjection;
import dev.pleat.topology.customers.CustomerDomain;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Views that are made anew from the events while they are asked, on a real broker. */
final class RebuildIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String VALUES = "calculator/values";
  private static final Duration SLOW = Duration.ofMillis(60);

  /** In the name of a thread of Kafka Streams, which begins with that of the application. */
  private static final Pattern SECOND_GENERATION = Pattern.compile("\\.g2\\.-");

  @TempDir Path directory;

  private Instance instance;
  private ApiClient api;

  @BeforeEach
  void start() {
    start(CalculatorDomain.CALCULATOR);
  }

  private void start(Domain<?, ?, ?> domain) {
    instance = Servers.embedded(directory, domain);
    api = new ApiClient(instance.url());
  }

  @AfterEach
  void stop() {
    api.close();
    instance.close();
  }

  private void restart() {
    stop();
    start();
  }

  private String pleat(String... arguments) {
    return Operator.of(instance).pleat(arguments);
  }

  private HttpResponse<String> begin(String view, int eventsPerSecond) {
    String[] name = view.split("/");
    return api.post(
        "/domains/" + name[0] + "/views/" + name[1] + "/rebuild",
        "{\"events-per-second\":" + eventsPerSecond + "}");
  }

  private void awaitListed(String pattern) {
    Pattern wanted = Pattern.compile(pattern);
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    String listed = pleat("views");
    while (!wanted.matcher(listed).find()) {
      assertTrue(System.nanoTime() < deadline, pattern + " not in\n" + listed);
      LockSupport.parkNanos(50_000_000);
      listed = pleat("views");
    }
  }

  private Set<String> left(String prefix) {
    return Operator.of(instance).left(prefix);
  }

  private void awaitDeleted(String applicationId) {
    Operator.await(
        applicationId + " is deleted, there is " + left(applicationId),
        () ->
            left(applicationId).isEmpty()
                && !Files.exists(directory.resolve("state").resolve(applicationId)));
  }

  /** Values that are only in the log of events, as if many commands had been decided. */
  private void writeEvents(int count) {
    try (Producer<String, byte[]> producer =
        new KafkaProducer<>(
            Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, instance.bootstrapServers()),
            new StringSerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < count; i++) {
        String id = new UUID(7, i).toString();
        UUID command = new UUID(8, i);
        RecordedEvent event =
            new RecordedEvent(
                NameBasedId.ofEvent("calculator", id, command, 0),
                command,
                "ValueCreated",
                JsonCodec.toObject(new ValueCreated(id, i)),
                Instant.parse("2026-11-21T10:00:00Z"),
                1,
                1,
                Optional.empty(),
                Optional.empty());
        producer.send(new ProducerRecord<>("calculator.events", id, JsonCodec.write(event)));
      }
    }
  }

  /** Asks for a row again and again: each answer is a row, and none is older than one before. */
  private final class Reader implements AutoCloseable {
    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicLong answers = new AtomicLong();
    private final List<String> wrong = new ArrayList<>();
    private final Thread thread;

    Reader(String path, String field) {
      thread =
          Thread.ofPlatform()
              .start(
                  () -> {
                    double before = 0;
                    while (!stop.get()) {
                      HttpResponse<String> row = api.get(path);
                      if (row.statusCode() != 200) {
                        wrong.add(row.statusCode() + " " + row.body());
                        continue;
                      }
                      double now = json(row).get(field).asDouble();
                      if (now < before) {
                        wrong.add(now + " after " + before);
                      }
                      before = now;
                      answers.incrementAndGet();
                    }
                  });
    }

    @Override
    public void close() {
      stop.set(true);
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      assertEquals(List.of(), wrong);
      assertTrue(answers.get() > 10, answers + " answers");
    }
  }

  /**
   * The calculator, whose view is behind the events most of the time in the second generation:
   * whoever asked that one too early would get older answers.
   */
  private static Domain<?, ?, ?> slowInTheSecondGeneration() {
    CalculatorValueProjection projection = new CalculatorValueProjection();
    return Domain.of(CalculatorSchema.SCHEMA)
        .decidedBy(new Calculator(), Calculator.State.class)
        .projectedTo(
            CalculatorSchema.VALUES,
            CalculatorValue.class,
            (row, event) -> {
              if (event instanceof ValueUpdated
                  && SECOND_GENERATION.matcher(Thread.currentThread().getName()).find()) {
                LockSupport.parkNanos(SLOW.toNanos());
              }
              return projection.project(row, event);
            })
        .build();
  }

  @Test
  void a_new_generation_takes_the_place_of_the_one_that_goes_on_answering() {
    stop();
    start(slowInTheSecondGeneration());
    HttpResponse<String> created = api.post("/values", "{\"value\":1}");
    String path = header(created, "Location");
    api.get(path + "?wait=15s&after=" + header(created, "Pleat-Token"));
    writeEvents(5_000);
    AtomicBoolean stop = new AtomicBoolean();
    List<String> stale = new ArrayList<>();
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 2; !stop.get(); i++) {
                    HttpResponse<String> put = api.put(path, "{\"operation\":\"ADD\",\"value\":1}");
                    HttpResponse<String> row =
                        api.get(path + "?wait=15s&after=" + header(put, "Pleat-Token"));
                    if (row.statusCode() != 200 || json(row).get("value").asInt() != i) {
                      stale.add(i + ": " + row.body());
                    }
                    LockSupport.parkNanos(SLOW.toNanos() * 6 / 5);
                  }
                });

    String said;
    try (Reader reader = new Reader(path, "value")) {
      said = pleat("views", "rebuild", VALUES, "--rate", "5000");
      awaitListed("values +1 +2 +serving");
    } finally {
      stop.set(true);
    }

    Operator.await("writer", () -> !writer.isAlive());
    assertEquals(List.of(), stale);
    assertTrue(said.startsWith("0 Builds generation 2"), said);
    assertTrue(said.contains("Generation 2 serves."), said);
    assertTrue(said.contains("100 %") || said.contains(" 9"), said);
    assertEquals(200, api.get("/values/" + new UUID(7, 4_999)).statusCode());
    awaitDeleted("pleat.calculator.values.g1.");
    assertFalse(left("pleat.calculator.values.g2.").isEmpty());
    restart();
    assertEquals(200, api.get(path).statusCode());
    awaitListed("values +1 +2 +serving");
    assertFalse(pleat("views").contains("building"), pleat("views"));
  }

  @Test
  void a_step_between_topics_is_waited_for_too() {
    stop();
    start(CustomerDomain.CUSTOMERS);
    List<String> paths = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      HttpResponse<String> invited =
          api.post("/customers", "{\"email\":\"c" + i + "@example.org\"}");
      assertEquals(201, invited.statusCode(), invited.body());
      String path = header(invited, "Location");
      HttpResponse<String> customer =
          api.get(path + "?wait=15s&after=" + header(invited, "Pleat-Token"));
      assertEquals(200, customer.statusCode(), customer.body());
      paths.add("/domains/customers/views/by-id/" + json(customer).get("customer-id").asString());
    }

    String said = pleat("views", "rebuild", "customers/by-id", "--rate", "0");

    assertTrue(said.contains("Generation 2 serves."), said);
    paths.forEach(path -> assertEquals(200, api.get(path).statusCode(), path));
    awaitDeleted("pleat.customers.by-id.g1.");
  }

  @Test
  void a_rebuild_goes_on_after_a_restart_and_can_be_given_up() {
    writeEvents(1_500);
    awaitListed("values +1 +1 +serving +[1-9][0-9]* +0\\b");
    assertEquals(202, begin(VALUES, 100).statusCode());
    assertEquals("rebuild-under-way", json(begin(VALUES, 100)).get("code").asString());
    awaitListed("values +1 +2 +building +[1-9][0-9]* ");

    restart();

    awaitListed("values +1 +2 +building +[1-9][0-9]* .*at most 100 events/s");
    assertEquals(200, api.get("/values/" + new UUID(7, 3)).statusCode());
    String cancelled = pleat("views", "cancel", VALUES);
    assertTrue(cancelled.startsWith("0 Gives up generation 2."), cancelled);
    awaitDeleted("pleat.calculator.values.g2.");
    assertFalse(left("pleat.calculator.values.g1.").isEmpty());
    assertEquals(200, api.get("/values/" + new UUID(7, 3)).statusCode());
    assertTrue(pleat("views", "cancel", VALUES).contains("is not being built"));

    // The number of one that was given up is not used again.
    assertTrue(pleat("views", "rebuild", VALUES, "--rate", "0").contains("Generation 3 serves."));
  }

  @Test
  void rows_of_the_log_that_cannot_be_are_ignored() {
    try (Producer<String, byte[]> producer =
        new KafkaProducer<>(
            Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, instance.bootstrapServers()),
            new StringSerializer(),
            new ByteArraySerializer())) {
      Map.of(
              "values.g1",
                  new Generation("values", 1, 9, Generation.State.DROPPED, 0, Map.of()).bytes(),
              "values.g7",
                  new Generation("values", 8, 1, Generation.State.SERVING, 0, Map.of()).bytes(),
              "values.g9", "no JSON".getBytes(UTF_8))
          .forEach((key, row) -> producer.send(new ProducerRecord<>("calculator.views", key, row)));
    }

    String said = pleat("views", "rebuild", VALUES, "--rate", "0");

    assertTrue(said.contains("Generation 2 serves."), said);
    restart();
    awaitListed("values +1 +2 +serving");
  }

  @Test
  void says_what_is_wrong_with_a_rebuild() {
    assertTrue(pleat("views", "rebuild", "values").startsWith("1 pleat: values: name the view"));
    assertTrue(pleat("views", "rebuild", "calculator/nothing").contains("answered 404"));
    assertTrue(
        pleat("views", "rebuild", VALUES, "--rate", "7").contains("a whole number from 100"));
    assertTrue(pleat("views", "rebuild", VALUES, "--rate", "x").startsWith("2 pleat: "));
    assertEquals(
        400, api.post("/domains/calculator/views/values/rebuild", "{\"x\":1}").statusCode());
  }
}

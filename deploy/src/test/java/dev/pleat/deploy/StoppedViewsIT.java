package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.schemas.calculator.Operation;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Views that stopped at an event, and go on when an operator says so, on a real broker. */
final class StoppedViewsIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String VIEW = "calculator/values";

  @TempDir static Path directory;

  private static final BreakableValues breakable = new BreakableValues();

  private static Instance instance;
  private static ApiClient api;

  @BeforeAll
  static void start() {
    instance = Servers.embedded(directory, breakable.domain());
    api = new ApiClient(instance.url());
  }

  @AfterAll
  static void stop() {
    api.close();
    instance.close();
  }

  private static String created() {
    HttpResponse<String> created = api.post("/values", "{\"value\":3}");
    assertEquals(201, created.statusCode(), created.body());
    String path = header(created, "Location");
    assertEquals(
        200, api.get(path + "?wait=15s&after=" + header(created, "Pleat-Token")).statusCode());
    return path;
  }

  private static HttpResponse<String> add(String path) {
    return api.put(path, "{\"operation\":\"ADD\",\"value\":1}");
  }

  private static String id(String path) {
    return path.substring("/values/".length());
  }

  private static void write(String key, byte[] event) {
    try (Producer<String, byte[]> producer =
        new KafkaProducer<>(
            Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, instance.bootstrapServers()),
            new StringSerializer(),
            new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>(CalculatorSchema.SCHEMA.eventsTopic(), key, event));
    }
  }

  private static void awaitStatus(String path, int status) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    HttpResponse<String> answer = api.get(path + "?wait=0s");
    while (answer.statusCode() != status) {
      assertTrue(System.nanoTime() < deadline, answer.statusCode() + " " + answer.body());
      LockSupport.parkNanos(20_000_000);
      answer = api.get(path + "?wait=0s");
    }
  }

  private static void awaitFailures(int count) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (breakable.failures() < count) {
      assertTrue(System.nanoTime() < deadline, breakable.failures() + " failures");
      LockSupport.parkNanos(20_000_000);
    }
  }

  /** What the command line says, and its exit code before it. */
  private static String pleat(String... arguments) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    int exit;
    try (PrintStream out = new PrintStream(said, true, UTF_8)) {
      exit = Main.run(arguments, Map.of(), out, out);
    }
    return exit + " " + said.toString(UTF_8);
  }

  private static String resume(String how) {
    return pleat("views", how, VIEW, "--server", instance.url());
  }

  private static void awaitListed(String part) {
    awaitListedAs(Pattern.quote(part));
  }

  private static void awaitListedAs(String pattern) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    String listed = pleat("views", "--server", instance.url());
    while (!Pattern.compile(pattern).matcher(listed).find()) {
      assertTrue(System.nanoTime() < deadline, listed);
      LockSupport.parkNanos(50_000_000);
      listed = pleat("views", "--server", instance.url());
    }
  }

  @Test
  void goes_on_without_an_event_that_cannot_be_read() {
    String path = created();
    write(id(path), "no event".getBytes(UTF_8));
    HttpResponse<String> updated = add(path);
    awaitStatus(path, 503);
    awaitListed("stopped at calculator.events-");
    awaitListed("unreadable");

    String skipped = resume("skip");

    assertTrue(skipped.startsWith("0 Leaves out offset "), skipped);
    awaitStatus(path, 200);
    HttpResponse<String> row = api.get(path + "?wait=15s&after=" + header(updated, "Pleat-Token"));
    assertEquals(200, row.statusCode(), row.body());
    assertEquals(4.0, json(row).get("value").asDouble());
    awaitListed("serving");
    awaitListedAs("calculator/values +1 +1 +serving +[1-9][0-9]* +0");
  }

  @Test
  void folds_an_event_again_once_what_kept_it_from_that_is_mended() {
    String path = created();
    breakable.breakOn(id(path));
    add(path);
    HttpResponse<String> updated = add(path);
    awaitFailures(1);
    awaitStatus(path, 503);

    // Not mended yet: it stops again, at the same event.
    assertTrue(resume("continue").startsWith("0 Folds again offset "));
    awaitFailures(2);
    awaitListed("projection-failed");
    breakable.mend();
    String again = resume("continue");

    assertTrue(again.startsWith("0 Folds again offset "), again);
    awaitStatus(path, 200);
    HttpResponse<String> row = api.get(path + "?wait=15s&after=" + header(updated, "Pleat-Token"));
    assertEquals(200, row.statusCode(), row.body());
    assertEquals(5.0, json(row).get("value").asDouble(), "each event is folded once");
  }

  @Test
  void finds_a_gap_and_goes_on_without_what_is_missing() {
    String path = created();
    String id = id(path);
    UUID command = UUID.randomUUID();
    RecordedEvent third =
        new RecordedEvent(
            NameBasedId.ofEvent("calculator", id, command, 0),
            command,
            "ValueUpdated",
            JsonCodec.toObject(new ValueUpdated(id, Operation.ADD, 4, 7)),
            Instant.parse("2026-11-21T10:00:00Z"),
            3,
            3,
            Optional.empty(),
            Optional.empty());
    write(id, JsonCodec.write(third));
    awaitStatus(path, 503);
    awaitListed("gap");

    assertTrue(resume("skip").startsWith("0 Leaves out offset "));

    awaitStatus(path, 200);
    assertEquals(7.0, json(api.get(path)).get("value").asDouble());
    assertEquals(3, json(api.get(path)).get("version").asInt());
  }

  @Test
  void says_what_is_wrong_with_a_command_line() {
    created();
    assertTrue(
        pleat("views", "skip", "values", "--server", instance.url())
            .startsWith("1 pleat: values: name the view like calculator/values"));
    assertTrue(
        pleat("views", "skip", "calculator/nothing", "--server", instance.url())
            .contains("answered 404"));
    assertTrue(
        pleat("views", "--server", "http://127.0.0.1:1")
            .startsWith("1 pleat: --server http://127.0.0.1:1: nobody answers there"));
    assertTrue(pleat("views", "skip").contains("(see pleat views skip --help)"));
    assertTrue(pleat("views", "--server", "x y").startsWith("1 pleat: --server x y: not a URL"));
  }
}

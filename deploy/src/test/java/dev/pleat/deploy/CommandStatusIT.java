package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.topology.StatusTopology;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** What became of a command, asked of two processes of which each holds one half. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class CommandStatusIT {

  private static final int PARTITIONS = 4;
  private static final int COMMANDS = 24;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir static Path directory;

  private static BrokerProcess broker;
  private static final List<PleatProcess> PROCESSES = new ArrayList<>();
  private static final List<ApiClient> INSTANCES = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    broker = BrokerProcess.start(directory.resolve("broker"));
    PROCESSES.addAll(List.of(launch(0), launch(1)));
    PROCESSES.forEach(process -> INSTANCES.add(new ApiClient(process.http().toString())));
    await("each holds one half", () -> halves().equals(List.of(2, 2)));
    INSTANCES.forEach(
        instance -> await("ready", () -> instance.get("/health/ready").statusCode() == 200));
  }

  private static PleatProcess launch(int number) {
    return PleatProcess.launch(
        "command-status-" + number,
        directory.resolve("data-" + number),
        "--bootstrap-servers",
        broker.bootstrapServers(),
        "--partitions",
        String.valueOf(PARTITIONS));
  }

  @AfterAll
  static void stop() {
    INSTANCES.forEach(ApiClient::close);
    PROCESSES.forEach(PleatProcess::close);
    broker.close();
  }

  /** How many partitions of commands each member of the index's group has. */
  private static List<Integer> halves() {
    String group = StatusTopology.applicationId(CalculatorSchema.SCHEMA);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      return admin
          .describeConsumerGroups(List.of(group))
          .describedGroups()
          .get(group)
          .get()
          .members()
          .stream()
          .map(
              member ->
                  (int)
                      member.assignment().topicPartitions().stream()
                          .filter(held -> held.topic().equals("calculator.commands"))
                          .count())
          .toList();
    } catch (Exception e) {
      return List.of();
    }
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "not " + what);
      LockSupport.parkNanos(20_000_000);
    }
  }

  private static HttpResponse<String> create(ApiClient instance, UUID command, String... more) {
    String[] headers =
        Stream.concat(Stream.of("Idempotency-Key", command.toString()), Stream.of(more))
            .toArray(String[]::new);
    return instance.post("/values", "{\"value\": 3}", headers);
  }

  private static String path(UUID command) {
    return "/commands/" + command;
  }

  @Test
  @Order(1)
  void either_tells_what_became_of_every_command_with_and_without_its_key() {
    for (int i = 0; i < COMMANDS; i++) {
      UUID command = UUID.randomUUID();
      HttpResponse<String> created = create(INSTANCES.get(i % 2), command);
      assertEquals(201, created.statusCode(), created.body());
      String key = "?key=" + json(created).get("value-id").asString();
      for (ApiClient instance : INSTANCES) {
        for (String path : List.of(path(command), path(command) + key)) {
          // The index follows the log by a moment, in which the command is pending.
          await(
              "told",
              () -> {
                HttpResponse<String> told = instance.get(path);
                assertEquals(200, told.statusCode(), told.body());
                return told.body().equals(created.body());
              });
        }
      }
    }
  }

  @Test
  @Order(2)
  void either_says_that_a_command_nobody_sent_does_not_exist() {
    for (int i = 0; i < 8; i++) {
      for (ApiClient instance : INSTANCES) {
        for (String key : List.of("", "?key=" + new UUID(i, 0x8000_0000_0000_0000L))) {
          HttpResponse<String> told = instance.get(path(new UUID(7, i)) + key);
          assertEquals(404, told.statusCode(), told.body());
          assertEquals("command-not-found", json(told).get("code").asString());
        }
      }
    }
  }

  @Test
  @Order(3)
  void nobody_denies_a_command_on_the_log_that_no_reader_may_see_yet() {
    UUID command = UUID.randomUUID();
    String value = UUID.randomUUID().toString();
    try (Producer<byte[], byte[]> producer = transaction()) {
      producer.send(
          new ProducerRecord<>(
              "calculator.commands", value.getBytes(UTF_8), creating(command, value)));
      producer.flush();
      for (ApiClient instance : INSTANCES) {
        for (String path : List.of(path(command), path(command) + "?key=" + value)) {
          HttpResponse<String> told = instance.get(path);
          assertEquals(503, told.statusCode(), told.body());
          assertEquals("not-now", json(told).get("code").asString());
          assertTrue(told.headers().firstValue("Retry-After").isPresent());
        }
      }
      producer.commitTransaction();
    }
    for (ApiClient instance : INSTANCES) {
      await("told", () -> instance.get(path(command)).body().contains("\"accepted\""));
    }
  }

  @Test
  @Order(4)
  void a_command_straight_from_the_topic_is_followed_from_either_to_its_outcome() throws Exception {
    for (int partition = 0; partition < PARTITIONS; partition++) {
      UUID command = UUID.randomUUID();
      String value = valueOn(partition);
      try (Producer<byte[], byte[]> blocker = transaction();
          Producer<byte[], byte[]> producer = producer()) {
        // While this is open the decision is made, and nobody may read it.
        blocker.send(new ProducerRecord<>("calculator.outcomes", partition, null, new byte[0]));
        blocker.flush();
        producer
            .send(
                new ProducerRecord<>(
                    "calculator.commands", value.getBytes(UTF_8), creating(command, value)))
            .get();
        String pending =
            "{\"command-id\":\"%s\",\"status\":\"pending\",\"value-id\":\"%s\"}"
                .formatted(command, value);
        INSTANCES.forEach(
            instance -> await("pending", () -> instance.get(path(command)).body().equals(pending)));
        List<Follower> followers = new ArrayList<>();
        for (PleatProcess process : PROCESSES) {
          followers.add(new Follower(process.http(), path(command)));
          followers.add(new Follower(process.http(), path(command) + "?key=" + value));
        }
        for (Follower follower : followers) {
          assertEquals(Optional.of(pending), follower.event());
        }
        blocker.abortTransaction();
        for (Follower follower : followers) {
          String outcome = follower.event().orElseThrow();
          assertTrue(outcome.contains("\"status\":\"accepted\""), outcome);
          assertTrue(outcome.contains(value), outcome);
          assertEquals(Optional.empty(), follower.event());
        }
      }
    }
  }

  @Test
  @Order(5)
  void a_command_answered_with_202_is_followed_where_it_was_sent() throws Exception {
    for (int i = 0; i < 8; i++) {
      UUID command = UUID.randomUUID();
      HttpResponse<String> received =
          create(INSTANCES.get(i % 2), command, "Prefer", "respond-async");
      assertEquals(202, received.statusCode());
      Follower follower =
          new Follower(
              PROCESSES.get(i % 2).http(), received.headers().firstValue("Location").orElseThrow());
      String last = "";
      for (Optional<String> event = follower.event(); event.isPresent(); event = follower.event()) {
        last = event.get();
      }
      assertTrue(last.contains("\"status\":\"accepted\""), last);
    }
  }

  @Test
  @Order(6)
  void an_instance_that_comes_back_on_another_port_is_found() {
    Map<UUID, String> sent = acknowledged(INSTANCES.get(0), COMMANDS);
    URI before = PROCESSES.get(1).http();
    PROCESSES.get(1).kill();
    INSTANCES.get(1).close();
    PROCESSES.set(1, launch(1));
    INSTANCES.set(1, new ApiClient(PROCESSES.get(1).http().toString()));
    assertTrue(!before.equals(PROCESSES.get(1).http()), "inconclusive: it has the same port");
    for (ApiClient instance : INSTANCES) {
      awaitTruth(instance, sent);
    }
    await("each holds one half", () -> halves().equals(List.of(2, 2)));
  }

  @Test
  @Order(7)
  void when_one_is_gone_the_other_never_denies_a_command_that_was_acknowledged() {
    Map<UUID, String> sent = acknowledged(INSTANCES.get(0), COMMANDS);
    sent.putAll(acknowledged(INSTANCES.get(1), COMMANDS));
    PROCESSES.get(0).kill();
    ApiClient left = INSTANCES.get(1);
    for (int i = 0; i < COMMANDS; i++) {
      UUID command = UUID.randomUUID();
      HttpResponse<String> received = create(left, command, "Prefer", "respond-async");
      assertEquals(202, received.statusCode(), received.body());
      sent.put(command, json(received).get("value-id").asString());
    }
    awaitTruth(left, sent);
    HttpResponse<String> unknown = left.get(path(new UUID(9, 9)));
    assertEquals(404, unknown.statusCode(), unknown.body());
  }

  /** Commands that were answered, and the values they made. */
  private static Map<UUID, String> acknowledged(ApiClient instance, int count) {
    Map<UUID, String> sent = new HashMap<>();
    for (int i = 0; i < count; i++) {
      UUID command = UUID.randomUUID();
      sent.put(command, json(create(instance, command)).get("value-id").asString());
    }
    return sent;
  }

  /** Asks until all outcomes are told; until then the answer may be "pending" or "not now". */
  private static void awaitTruth(ApiClient instance, Map<UUID, String> sent) {
    sent.forEach(
        (command, value) -> {
          for (String path : List.of(path(command) + "?key=" + value, path(command))) {
            await(
                "told",
                () -> {
                  HttpResponse<String> told = instance.get(path);
                  assertTrue(told.statusCode() == 200 || told.statusCode() == 503, told.body());
                  if (told.statusCode() == 503) {
                    assertEquals("not-now", json(told).get("code").asString());
                    return false;
                  }
                  assertEquals(value, json(told).get("value-id").asString());
                  return json(told).get("status").asString().equals("accepted");
                });
          }
        });
  }

  // ---- clients

  private static String valueOn(int partition) {
    return Stream.generate(() -> UUID.randomUUID().toString())
        .filter(
            value ->
                Utils.toPositive(Utils.murmur2(value.getBytes(UTF_8))) % PARTITIONS == partition)
        .findFirst()
        .orElseThrow();
  }

  private static byte[] creating(UUID command, String value) {
    return """
    {"id":"%s","action":"CreateValue","data":{"value-id":"%s","value":3},\
    "timestamp":"2026-11-21T10:00:00.000Z"}"""
        .formatted(command, value)
        .getBytes(UTF_8);
  }

  private static Producer<byte[], byte[]> producer() {
    return new KafkaProducer<>(
        Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrapServers()),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  /** A producer with a transaction begun. */
  private static Producer<byte[], byte[]> transaction() {
    Producer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                broker.bootstrapServers(),
                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                "command-status-it-" + UUID.randomUUID()),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    producer.initTransactions();
    producer.beginTransaction();
    return producer;
  }

  /** Reads the events of a stream. */
  private static final class Follower {
    private static final HttpClient HTTP =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final BufferedReader in;

    Follower(URI base, String path) throws IOException, InterruptedException {
      HttpResponse<java.io.InputStream> response =
          HTTP.send(
              HttpRequest.newBuilder(base.resolve(path))
                  .timeout(PATIENCE)
                  .header("Accept", "text/event-stream")
                  .build(),
              BodyHandlers.ofInputStream());
      assertEquals(200, response.statusCode());
      in = new BufferedReader(new InputStreamReader(response.body(), UTF_8));
    }

    /** The data of the next event; empty at the end. */
    Optional<String> event() throws IOException {
      return in.lines()
          .filter(line -> line.startsWith("data: "))
          .findFirst()
          .map(line -> line.substring("data: ".length()));
    }
  }
}

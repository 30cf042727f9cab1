package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What an instance says of itself: while it starts, when it is ready, and when a view stopped. */
final class HealthIT {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @TempDir static Path data;

  private static Instance pleat;
  private static ApiClient http;
  private static HttpResponse<String> readyWhileStarting;
  private static HttpResponse<String> liveWhileStarting;
  private static HttpResponse<String> readyAfterwards;

  @BeforeAll
  static void start() throws IOException {
    sendFirstRequestOfAll();
    pleat = Servers.launch(data, Optional.empty(), false);
    http = new ApiClient(pleat.url());
    readyWhileStarting = http.get("/health/ready");
    liveWhileStarting = http.get("/health/live");
    Servers.ready(pleat);
    readyAfterwards = http.get("/health/ready");
  }

  /** To nobody in particular: it takes as long as an instance may take to become ready. */
  private static void sendFirstRequestOfAll() throws IOException {
    HttpServer nobody =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    nobody.start();
    try (ApiClient client = new ApiClient("http://127.0.0.1:" + nobody.getAddress().getPort())) {
      assertEquals(404, client.get("/").statusCode());
    } finally {
      nobody.stop(0);
    }
  }

  @AfterAll
  static void stop() {
    http.close();
    pleat.close();
  }

  private static int partitionOf(String key) {
    return Utils.toPositive(Utils.murmur2(key.getBytes(UTF_8))) % Servers.PARTITIONS;
  }

  /** Creates a value in this partition and returns its id, once its row can be read. */
  private static String valueIn(int partition) {
    String id = UUID.randomUUID().toString();
    while (partitionOf(id) != partition) {
      id = UUID.randomUUID().toString();
    }
    HttpResponse<String> created =
        http.post(
            "/domains/calculator/commands/CreateValue",
            "{\"value-id\":\"" + id + "\",\"value\":3}");
    assertEquals(200, created.statusCode(), created.body());
    HttpResponse<String> row =
        http.get("/values/" + id, "Pleat-Token", header(created, "Pleat-Token"));
    assertEquals(200, row.statusCode(), row.body());
    return id;
  }

  /** Writes something that is no event, as only an accident can, and returns where it lies. */
  private static RecordMetadata spoil(int partition, String key)
      throws ExecutionException, InterruptedException {
    try (Producer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, pleat.bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      return producer
          .send(
              new ProducerRecord<>(
                  CalculatorSchema.SCHEMA.eventsTopic(),
                  partition,
                  key.getBytes(UTF_8),
                  "what is this?".getBytes(UTF_8)))
          .get();
    }
  }

  private static HttpResponse<String> awaitStatus(int status, String path) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    HttpResponse<String> response = http.get(path);
    while (response.statusCode() != status) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(path + " is answered " + response + " " + response.body());
      }
      LockSupport.parkNanos(10_000_000);
      response = http.get(path);
    }
    return response;
  }

  private static JsonNode role(HttpResponse<String> health, String name) {
    for (JsonNode role : json(health).get("roles")) {
      if (role.get("name").asString().equals(name)) {
        return role;
      }
    }
    throw new AssertionError("no role " + name + " in " + health.body());
  }

  @Test
  void an_instance_that_starts_is_alive_but_not_ready_and_says_why() {
    assertEquals(200, liveWhileStarting.statusCode(), liveWhileStarting.body());
    assertEquals(503, readyWhileStarting.statusCode(), readyWhileStarting.body());
    assertEquals("down", json(readyWhileStarting).get("status").asString());
    JsonNode decide = role(readyWhileStarting, "decide calculator");
    assertEquals("down", decide.get("status").asString());
    assertTrue(!decide.get("reason").asString().isBlank(), readyWhileStarting.body());
  }

  @Test
  void an_instance_whose_roles_all_work_is_ready() {
    assertEquals(200, readyAfterwards.statusCode(), readyAfterwards.body());
    assertEquals("up", json(readyAfterwards).get("status").asString());
    for (JsonNode role : json(readyAfterwards).get("roles")) {
      assertEquals("up", role.get("status").asString(), readyAfterwards.body());
    }
    role(readyAfterwards, "decide calculator");
    role(readyAfterwards, "view calculator/values");
    role(readyAfterwards, "command status calculator");
  }

  @Test
  void a_stopped_partition_of_a_view_is_named_and_everything_else_goes_on() throws Exception {
    String stopped = valueIn(1);
    String other = valueIn(2);

    RecordMetadata bad = spoil(1, stopped);

    HttpResponse<String> refused = awaitStatus(503, "/values/" + stopped);
    assertEquals("view-stopped", json(refused).get("code").asString(), refused.body());
    String detail = json(refused).get("detail").asString();
    assertTrue(detail.contains("at calculator.events-1 offset " + bad.offset()), detail);
    assertTrue(detail.contains("unreadable"), detail);
    assertEquals("1", header(refused, "Retry-After"));
    // The reason is the partition's, not only that of the key that lies there.
    String neighbour = UUID.randomUUID().toString();
    while (partitionOf(neighbour) != 1) {
      neighbour = UUID.randomUUID().toString();
    }
    HttpResponse<String> unknown = http.get("/values/" + neighbour);
    assertEquals("view-stopped", json(unknown).get("code").asString(), unknown.body());

    // Other partitions are read and folded, and commands to this one are decided.
    HttpResponse<String> row = http.get("/values/" + other);
    assertEquals(200, row.statusCode(), row.body());
    valueIn(3);
    HttpResponse<String> decided =
        http.put("/values/" + stopped, "{\"operation\":\"MULTIPLY\",\"value\":3}");
    assertEquals(200, decided.statusCode(), decided.body());
    assertEquals(2, json(decided).get("version").asLong());

    HttpResponse<String> ready = http.get("/health/ready");
    assertEquals(503, ready.statusCode(), ready.body());
    JsonNode fold = role(ready, "fold calculator/values");
    assertEquals("down", fold.get("status").asString(), ready.body());
    String reason = fold.get("reason").asString();
    assertTrue(reason.contains("at calculator.events-1 offset " + bad.offset()), reason);
    assertEquals("up", role(ready, "decide calculator").get("status").asString(), ready.body());
    assertEquals(200, http.get("/health/live").statusCode());
  }
}

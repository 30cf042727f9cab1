package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What commands would do, held against what they then did, on a real broker. */
final class DryRunIT {

  private static final int COMMANDS = 100;

  @TempDir static Path directory;

  private static Instance instance;
  private static ApiClient api;
  private static Admin admin;

  @BeforeAll
  static void start() {
    instance = Servers.embedded(directory);
    api = new ApiClient(instance.url());
    admin =
        Admin.create(
            Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, instance.bootstrapServers()));
  }

  @AfterAll
  static void stop() {
    admin.close();
    api.close();
    instance.close();
  }

  /** A request for a command, which can be sent or only tried. */
  private record Request(
      String method, String path, String body, String key, Optional<Long> expected) {

    HttpResponse<String> send(String query) {
      List<String> headers = new ArrayList<>(List.of("Idempotency-Key", key));
      expected.ifPresent(version -> headers.addAll(List.of("If-Match", "\"" + version + "\"")));
      headers.addAll(List.of("Content-Type", "application/json"));
      return api.send(method, path + query, body, headers.toArray(String[]::new));
    }
  }

  /** Where every topic of the domain that a command could be written to ends. */
  private static Map<String, Long> ends() throws Exception {
    DomainSchema<?, ?> schema = CalculatorSchema.SCHEMA;
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    for (String topic :
        List.of(
            schema.commandsTopic(),
            schema.eventsTopic(),
            schema.outcomesTopic(),
            schema.deadLettersTopic())) {
      int partitions =
          admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size();
      for (int i = 0; i < partitions; i++) {
        latest.put(new TopicPartition(topic, i), OffsetSpec.latest());
      }
    }
    Map<String, Long> ends = new HashMap<>();
    admin
        .listOffsets(latest)
        .all()
        .get()
        .forEach((partition, end) -> ends.put(partition.toString(), end.offset()));
    return ends;
  }

  private static String path(String id) {
    return "/values/" + id;
  }

  private static Request random(SplittableRandom random, String id, long version) {
    String key = new UUID(random.nextLong(), random.nextLong()).toString();
    Optional<Long> expected =
        switch (random.nextInt(4)) {
          case 0 -> Optional.of(version);
          case 1 -> Optional.of(version + random.nextInt(1, 3));
          default -> Optional.empty();
        };
    return switch (random.nextInt(6)) {
      case 0 ->
          new Request(
              "POST",
              "/domains/calculator/commands/CreateValue",
              "{\"value-id\":\"" + id + "\",\"value\":" + random.nextInt(5) + "}",
              key,
              expected);
      case 1 -> new Request("PUT", path(id), "{\"operation\":\"ADD\",\"value\":0}", key, expected);
      case 2 ->
          new Request(
              "PUT", path(id), "{\"operation\":\"MULTIPLY\",\"value\":1e200}", key, expected);
      default ->
          new Request(
              "PUT",
              path(id),
              "{\"operation\":\"ADD\",\"value\":" + random.nextInt(100) + "}",
              key,
              expected);
    };
  }

  @Test
  void what_it_says_is_what_the_command_then_does_and_nothing_is_written_before() throws Exception {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    try (TopicReader events = new TopicReader(instance.bootstrapServers(), "calculator.events")) {
      Map<String, String> tokens = new HashMap<>();
      Map<String, Long> versions = new HashMap<>();
      List<String> ids =
          List.of(
              new UUID(seed, 1).toString(),
              new UUID(seed, 2).toString(),
              new UUID(seed, 3).toString());
      Map<String, Integer> seen = new HashMap<>();
      Map<String, Long> ends = ends();
      for (int i = 0; i < COMMANDS; i++) {
        String id = ids.get(random.nextInt(ids.size()));
        Request request = random(random, id, versions.getOrDefault(id, 0L));
        String what = "seed " + seed + ", " + request;
        if (tokens.containsKey(id)) {
          // Not with the dry run itself: it would wait for a version that is not to come.
          api.get(path(id) + "/events?wait=10s&limit=1&after=" + tokens.get(id));
        }

        HttpResponse<String> tried = request.send("?dry-run=true&wait=0ms");
        assertEquals(ends, ends(), what);
        HttpResponse<String> done = request.send("");
        ends = ends();
        tokens.put(id, header(done, "Pleat-Token"));
        versions.put(id, json(done).get("version").asLong());

        assertEquals(done.statusCode(), tried.statusCode(), what + tried.body() + done.body());
        JsonNode said = json(tried);
        assertTrue(said.get("dry-run").asBoolean(), tried.body());
        for (String field : List.of("command-id", "status", "version", "code", "detail")) {
          assertEquals(json(done).get(field), said.get(field), what);
        }
        seen.merge(said.get("status").asString(), 1, Integer::sum);
        if (said.get("status").asString().equals("accepted")) {
          List<JsonNode> would = new ArrayList<>();
          said.get("events").forEach(would::add);
          assertEquals(List.of(recorded(events, would.getFirst())), undated(would), what);
        }
      }
      assertTrue(
          seen.keySet().containsAll(List.of("accepted", "unchanged", "409", "412")), "" + seen);
    }
  }

  /** The event of this id, as it lies on the log, but for when. */
  private static JsonNode recorded(TopicReader events, JsonNode event) {
    String id = event.get("id").asString();
    return undated(
            List.of(
                ApiClient.json(
                    TopicReader.text(
                        events.await("event " + id, TopicReader.containing(id)).value()))))
        .getFirst();
  }

  /** A real command comes a moment later. */
  private static List<JsonNode> undated(List<JsonNode> events) {
    events.forEach(event -> ((ObjectNode) event).remove("timestamp"));
    return events;
  }

  @Test
  void a_version_of_the_past_is_as_if_the_value_were_there() {
    String id = new UUID(System.nanoTime(), 4).toString();
    String token = "";
    for (int version = 1; version <= 120; version++) {
      HttpResponse<String> done =
          version == 1
              ? api.post(
                  "/domains/calculator/commands/CreateValue",
                  "{\"value-id\":\"" + id + "\",\"value\":1}")
              : api.put(path(id), "{\"operation\":\"ADD\",\"value\":1}");
      token = header(done, "Pleat-Token");
    }
    String query = "?dry-run=true&wait=10s&after=" + token;
    for (int version : new int[] {1, 2, 99, 100, 101, 119, 120}) {
      HttpResponse<String> tried =
          api.put(
              path(id) + query,
              "{\"operation\":\"MULTIPLY\",\"value\":10}",
              "If-Match",
              "\"" + version + "\"");
      assertEquals(200, tried.statusCode(), tried.body());
      JsonNode event = json(tried).get("events").get(0);
      assertEquals(10 * version, event.get("data").get("result").asInt(), tried.body());
      assertEquals(version + 1, event.get("version").asInt());
    }
    String again = "{\"value-id\":\"" + id + "\",\"value\":1}";
    String create = "/domains/calculator/commands/CreateValue" + query;
    assertEquals(409, api.post(create, again).statusCode());
    assertEquals(200, api.post(create, again, "If-None-Match", "*").statusCode());
    HttpResponse<String> never =
        api.put(
            path(id) + query + "&wait=0ms",
            "{\"operation\":\"ADD\",\"value\":1}",
            "If-Match",
            "\"121\"");
    assertEquals(400, never.statusCode(), "wait twice");
    never =
        api.put(
            path(id) + "?dry-run=true&wait=0ms",
            "{\"operation\":\"ADD\",\"value\":1}",
            "If-Match",
            "\"121\"");
    assertEquals(412, never.statusCode(), never.body());
    assertEquals("expected version 121, found 120", json(never).get("detail").asString());
  }
}

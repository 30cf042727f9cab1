package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What a client of the calculator sees, on a real broker and over real HTTP. */
final class TranscriptIT {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @TempDir static Path data;

  private static Instance pleat;
  private static ApiClient http;
  private static TopicReader commands;
  private static TopicReader events;
  private static TopicReader outcomes;

  @BeforeAll
  static void start() {
    pleat = Servers.embedded(data);
    http = new ApiClient(pleat.url());
    commands = reader(CalculatorSchema.SCHEMA.commandsTopic());
    events = reader(CalculatorSchema.SCHEMA.eventsTopic());
    outcomes = reader(CalculatorSchema.SCHEMA.outcomesTopic());
  }

  private static TopicReader reader(String topic) {
    return new TopicReader(pleat.bootstrapServers(), topic);
  }

  @AfterAll
  static void stop() {
    commands.close();
    events.close();
    outcomes.close();
    http.close();
    pleat.close();
  }

  private static void restart() {
    stop();
    start();
  }

  // ---- what is asked

  private static HttpResponse<String> create(double value, UUID key) {
    return http.post("/values", "{\"value\":" + value + "}", "Idempotency-Key", key.toString());
  }

  /** Creates a value and returns its id. */
  private static String value(double value) {
    HttpResponse<String> created = create(value, UUID.randomUUID());
    assertStatus(201, created);
    return json(created).get("value-id").asString();
  }

  private static String update(String operation, double value) {
    return "{\"operation\":\"" + operation + "\",\"value\":" + value + "}";
  }

  private static HttpResponse<String> multiply(String id, double by, String... headers) {
    return http.put("/values/" + id, update("MULTIPLY", by), headers);
  }

  private static HttpResponse<String> multiply(String id, double by, UUID key) {
    return multiply(id, by, "Idempotency-Key", key.toString());
  }

  private static HttpResponse<String> readAt(String id, HttpResponse<String> answer) {
    return http.get("/values/" + id, "Pleat-Token", header(answer, "Pleat-Token"));
  }

  private static double read(String id, HttpResponse<String> answer) {
    HttpResponse<String> row = readAt(id, answer);
    assertStatus(200, row);
    return json(row).get("value").asDouble();
  }

  // ---- what is expected

  private static void assertStatus(int status, HttpResponse<String> response) {
    assertEquals(status, response.statusCode(), () -> response + " " + response.body());
  }

  private static JsonNode assertProblem(int status, String code, HttpResponse<String> response) {
    assertStatus(status, response);
    assertEquals("application/problem+json", header(response, "Content-Type"));
    JsonNode problem = json(response);
    assertEquals(code, problem.get("code").asString(), response.body());
    assertEquals("urn:pleat:problem:" + code, problem.get("type").asString());
    assertEquals(status, problem.get("status").asInt());
    return problem;
  }

  private static void assertReplayed(boolean replayed, HttpResponse<String> response) {
    assertEquals(
        replayed ? Optional.of("true") : Optional.empty(),
        response.headers().firstValue("Idempotent-Replayed"),
        response.body());
  }

  /** The body of the answer to a command that was accepted, and how it is exactly written. */
  private static String accepted(String commandId, String valueId, long version, String token) {
    return "{\"command-id\":\"%s\",\"status\":\"accepted\",\"value-id\":\"%s\",\"version\":%d,\"events\":[\"%s\"],\"token\":\"%s\"}"
        .formatted(
            commandId,
            valueId,
            version,
            NameBasedId.ofEvent("calculator", valueId, UUID.fromString(commandId), 0),
            token);
  }

  private static String rowOf(String id, double value, long version) {
    return "{\"value-id\":\"" + id + "\",\"value\":" + value + ",\"version\":" + version + "}";
  }

  private static HttpResponse<String> awaitStatus(String status, String path) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      HttpResponse<String> response = http.get(path);
      if (response.statusCode() == 200 && json(response).get("status").asString().equals(status)) {
        return response;
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError(path + " is not " + status + " but " + response.body());
      }
      LockSupport.parkNanos(5_000_000);
    }
  }

  // ---- the transcript

  @Test
  void creating_a_value_is_answered_with_its_place_its_version_and_a_token() {
    HttpResponse<String> created = http.post("/values", "{\"value\": 3}");

    assertStatus(201, created);
    String commandId = json(created).get("command-id").asString();
    String id = NameBasedId.ofAggregate("calculator", UUID.fromString(commandId)).toString();
    assertEquals(accepted(commandId, id, 1, header(created, "Pleat-Token")), created.body());
    assertEquals("/values/" + id, header(created, "Location"));
    assertEquals("\"1\"", header(created, "ETag"));
    assertEquals("application/json", header(created, "Content-Type"));
    assertReplayed(false, created);
    assertEquals(1, events.valuesOf(id).size());
  }

  @Test
  void a_body_that_is_not_said_to_be_json_is_answered_with_the_header_that_is_missing() {
    HttpResponse<String> asCurlSends =
        http.send(
            "POST",
            "/values",
            "{\"value\": 3}",
            "Content-Type",
            "application/x-www-form-urlencoded");

    JsonNode problem = assertProblem(415, "unsupported-media-type", asCurlSends);
    String detail = problem.get("detail").asString();
    assertTrue(detail.contains("-H 'Content-Type: application/json'"), detail);
    assertProblem(415, "unsupported-media-type", http.send("POST", "/values", "{\"value\": 3}"));
  }

  @Test
  void updating_a_value_that_does_not_exist_leaves_one_rejection_and_no_event() {
    String nobody = "ffffffff-ffff-ffff-ffff-ffffffffffff";

    HttpResponse<String> refused = multiply(nobody, 3);
    JsonNode problem = assertProblem(409, "value-not-found", refused);

    assertEquals(0, problem.get("version").asLong());
    UUID commandId = UUID.fromString(problem.get("command-id").asString());
    List<String> decided = outcomes.valuesOf(nobody);
    assertEquals(1, decided.size(), decided.toString());
    String detail = "value " + nobody + " does not exist";
    assertEquals(detail, problem.get("detail").asString());
    String timestamp = decided.getFirst().replaceAll(".*\"timestamp\":\"([^\"]*)\".*", "$1");
    assertEquals(
        "{\"id\":\"%s\",\"parent-id\":\"%s\",\"action\":\"CommandRejected\",\"data\":{\"version\":0,\"reason\":\"value-not-found\",\"detail\":\"%s\"},\"timestamp\":\"%s\"}"
            .formatted(
                NameBasedId.ofOutcome("calculator", nobody, commandId),
                commandId,
                detail,
                timestamp),
        decided.getFirst());
    assertEquals(List.of(), events.valuesOf(nobody));

    assertProblem(412, "version-conflict", multiply(nobody, 3, "If-Match", "\"1\""));
    assertEquals(List.of(), events.valuesOf(nobody));
    assertProblem(404, "not-found", http.get("/values/" + nobody));
  }

  @Test
  void an_updated_value_is_read_at_its_token_on_both_routes() {
    String id = value(3);

    HttpResponse<String> updated = multiply(id, 3);

    assertStatus(200, updated);
    String commandId = json(updated).get("command-id").asString();
    assertEquals(accepted(commandId, id, 2, header(updated, "Pleat-Token")), updated.body());
    assertEquals("\"2\"", header(updated, "ETag"));
    HttpResponse<String> row = readAt(id, updated);
    assertStatus(200, row);
    assertEquals(rowOf(id, 9, 2), row.body());
    assertEquals("\"2\"", header(row, "ETag"));
    HttpResponse<String> generic =
        http.get(
            "/domains/calculator/views/values/"
                + id
                + "?after="
                + header(updated, "Pleat-Token")
                + "&wait=2s");
    assertEquals(row.body(), generic.body());
    assertEquals("\"2\"", header(generic, "ETag"));
    assertEquals(
        List.of("ValueCreated", "ValueUpdated"),
        events.valuesOf(id).stream()
            .map(event -> event.replaceAll(".*?\"action\":\"([A-Za-z]+)\".*", "$1"))
            .toList());
  }

  @Test
  void a_read_with_a_token_is_never_stale_in_a_thousand() throws Exception {
    int clients = 8;
    int rounds = 125;
    List<String> wrong = new ArrayList<>();
    try (ExecutorService pool = Executors.newFixedThreadPool(clients)) {
      List<Future<List<String>>> all = new ArrayList<>();
      for (int client = 0; client < clients; client++) {
        all.add(pool.submit(() -> putThenRead(rounds)));
      }
      for (Future<List<String>> one : all) {
        wrong.addAll(one.get());
      }
    }
    assertEquals(List.of(), wrong);
  }

  private static List<String> putThenRead(int rounds) {
    List<String> wrong = new ArrayList<>();
    String id = value(0);
    for (int round = 1; round <= rounds; round++) {
      HttpResponse<String> updated = http.put("/values/" + id, update("ADD", 1));
      assertStatus(200, updated);
      HttpResponse<String> row = readAt(id, updated);
      if (row.statusCode() != 200 || !row.body().equals(rowOf(id, round, round + 1))) {
        wrong.add("round " + round + ": " + row.statusCode() + " " + row.body());
      }
    }
    return wrong;
  }

  @Test
  void the_same_update_twice_with_one_key_is_done_once_and_answered_twice() {
    String id = value(3);
    UUID key = UUID.randomUUID();

    HttpResponse<String> first = multiply(id, 3, key);
    HttpResponse<String> second = multiply(id, 3, key);

    assertStatus(200, first);
    assertStatus(200, second);
    assertEquals(key.toString(), json(first).get("command-id").asString());
    assertEquals(first.body(), second.body());
    assertEquals(header(first, "ETag"), header(second, "ETag"));
    assertReplayed(false, first);
    assertReplayed(true, second);
    assertEquals(9, read(id, second));
    assertEquals(2, events.valuesOf(id).size());
  }

  @Test
  void the_same_creation_twice_with_one_key_makes_one_value() {
    UUID key = UUID.randomUUID();

    HttpResponse<String> first = create(3, key);
    HttpResponse<String> second = create(3, key);

    assertStatus(201, first);
    assertStatus(201, second);
    assertEquals(header(first, "Location"), header(second, "Location"));
    assertEquals(first.body(), second.body());
    assertReplayed(false, first);
    assertReplayed(true, second);
    assertEquals(1, events.valuesOf(json(first).get("value-id").asString()).size());
  }

  @Test
  void what_was_answered_is_answered_the_same_after_a_restart() {
    UUID createKey = UUID.randomUUID();
    UUID updateKey = UUID.randomUUID();
    UUID refusedKey = UUID.randomUUID();
    String nobody = UUID.randomUUID().toString();
    HttpResponse<String> created = create(3, createKey);
    String id = json(created).get("value-id").asString();
    HttpResponse<String> updated = multiply(id, 3, updateKey);
    HttpResponse<String> refused = multiply(nobody, 3, refusedKey);
    HttpResponse<String> status = awaitStatus("accepted", "/commands/" + updateKey);
    HttpResponse<String> refusedStatus = awaitStatus("rejected", "/commands/" + refusedKey);

    restart();

    assertEquals(status.body(), awaitStatus("accepted", "/commands/" + updateKey).body());
    assertEquals(
        refusedStatus.body(),
        awaitStatus("rejected", "/commands/" + refusedKey + "?key=" + nobody).body());
    HttpResponse<String> row = readAt(id, updated);
    assertEquals(rowOf(id, 9, 2), row.body());
    HttpResponse<String> createdAgain = create(3, createKey);
    assertStatus(201, createdAgain);
    assertReplayed(true, createdAgain);
    assertEquals(created.body(), createdAgain.body());
    assertEquals(header(created, "Location"), header(createdAgain, "Location"));
    HttpResponse<String> updatedAgain = multiply(id, 3, updateKey);
    assertStatus(200, updatedAgain);
    assertReplayed(true, updatedAgain);
    assertEquals(updated.body(), updatedAgain.body());
    HttpResponse<String> refusedAgain = multiply(nobody, 3, refusedKey);
    assertReplayed(true, refusedAgain);
    assertEquals(refused.body(), refusedAgain.body());
    assertEquals(rowOf(id, 9, 2), readAt(id, updatedAgain).body());
    assertEquals(2, events.valuesOf(id).size());
  }

  @Test
  void a_key_used_for_another_command_to_the_same_value_is_refused() {
    String id = value(3);
    UUID key = UUID.randomUUID();
    HttpResponse<String> first = multiply(id, 3, key);

    JsonNode problem = assertProblem(422, "command-id-reused", multiply(id, 4, key));

    assertFalse(problem.get("retryable").asBoolean());
    HttpResponse<String> again = multiply(id, 3, key);
    assertEquals(first.body(), again.body());
    assertReplayed(true, again);
    assertEquals(9, read(id, again));
    assertEquals(2, events.valuesOf(id).size());
  }

  @Test
  void of_two_commands_with_one_key_sent_at_once_one_is_decided_and_one_refused() {
    for (int round = 0; round < 20; round++) {
      String id = value(1);
      String key = UUID.randomUUID().toString();

      List<CompletableFuture<HttpResponse<String>>> sent =
          IntStream.of(3, 4)
              .mapToObj(
                  by ->
                      http.putAsync(
                          "/values/" + id, update("MULTIPLY", by), "Idempotency-Key", key))
              .toList();
      List<HttpResponse<String>> answers = sent.stream().map(CompletableFuture::join).toList();

      assertEquals(
          Set.of(200, 422),
          answers.stream().map(HttpResponse::statusCode).collect(toSet()),
          answers.toString());
      int decided = answers.get(0).statusCode() == 200 ? 0 : 1;
      assertProblem(422, "command-id-reused", answers.get(1 - decided));
      assertEquals(3 + decided, read(id, answers.get(decided)));
      assertEquals(2, events.valuesOf(id).size());
    }
  }

  @Test
  void an_update_of_a_version_that_is_gone_is_refused() {
    String id = value(3);
    HttpResponse<String> updated = multiply(id, 3, "If-Match", "\"1\"");
    assertStatus(200, updated);

    HttpResponse<String> late = multiply(id, 3, "If-Match", "\"1\"");

    assertEquals(2, assertProblem(412, "version-conflict", late).get("version").asLong());
    assertEquals(rowOf(id, 9, 2), readAt(id, updated).body());
    assertStatus(200, multiply(id, 3, "If-Match", "\"2\""));
  }

  @Test
  void what_changes_nothing_is_answered_as_unchanged_and_leaves_no_event() {
    String id = value(0);

    for (String nothing : List.of(update("ADD", 0), update("MULTIPLY", 5))) {
      UUID key = UUID.randomUUID();
      HttpResponse<String> unchanged =
          http.put("/values/" + id, nothing, "Idempotency-Key", key.toString());

      assertStatus(200, unchanged);
      assertEquals(
          "{\"command-id\":\"%s\",\"status\":\"unchanged\",\"value-id\":\"%s\",\"version\":1,\"token\":\"%s\"}"
              .formatted(key, id, header(unchanged, "Pleat-Token")),
          unchanged.body());
      assertEquals("\"1\"", header(unchanged, "ETag"));
      assertEquals(rowOf(id, 0, 1), readAt(id, unchanged).body());
      String outcome = outcomes.valuesOf(id).getLast();
      assertTrue(
          outcome.contains("\"action\":\"CommandUnchanged\",\"data\":{\"version\":1}"), outcome);
    }
    assertEquals(1, events.valuesOf(id).size());
  }

  @Test
  void rows_and_ids_that_do_not_exist_are_told_apart() {
    assertProblem(404, "not-found", http.get("/values/" + UUID.randomUUID()));
    assertProblem(
        404, "not-found", http.get("/domains/calculator/views/values/" + UUID.randomUUID()));
    assertProblem(400, "invalid-id", http.get("/values/not-a-uuid"));
    assertProblem(400, "invalid-id", multiply("not-a-uuid", 3));
  }

  @Test
  void a_body_that_makes_no_command_is_refused_and_leaves_nothing_on_the_log() {
    int before = commands.all().size();
    String key = UUID.randomUUID().toString();

    HttpResponse<String> text = http.post("/values", "{\"value\":\"x\"}", "Idempotency-Key", key);
    assertStatus(422, text);
    assertEquals(
        "{\"type\":\"urn:pleat:problem:schema-mismatch\",\"title\":\"The command does not fit its schema\",\"status\":422,\"code\":\"schema-mismatch\",\"detail\":\"/value must be a number\",\"command-id\":\"%s\",\"retryable\":false,\"errors\":[{\"pointer\":\"/value\",\"code\":\"type\"}]}"
            .formatted(key),
        text.body());
    assertProblem(400, "malformed-json", http.post("/values", "{\"value\":NaN}"));
    JsonNode tooBig =
        assertProblem(422, "schema-mismatch", http.post("/values", "{\"value\":1e999}"));
    assertEquals("/value", tooBig.get("errors").get(0).get("pointer").asString());
    JsonNode unknown =
        assertProblem(422, "schema-mismatch", http.post("/values", "{\"value\":1,\"colour\":2}"));
    assertTrue(unknown.get("detail").asString().contains("colour"), unknown.toString());
    assertProblem(
        413, "body-too-large", http.post("/values", "{\"value\":1" + " ".repeat(1 << 20) + "}"));

    assertEquals(before, commands.all().size());
  }

  // ---- what became of a command

  @Test
  void what_became_of_a_command_can_be_asked_with_and_without_its_key() {
    String id = value(3);
    UUID key = UUID.randomUUID();
    HttpResponse<String> updated = multiply(id, 3, key);

    HttpResponse<String> status = awaitStatus("accepted", "/commands/" + key);

    assertEquals(updated.body(), status.body());
    assertEquals(updated.body(), http.get("/commands/" + key + "?key=" + id).body());
    assertProblem(
        404, "command-not-found", http.get("/commands/" + key + "?key=" + UUID.randomUUID()));
    assertProblem(404, "command-not-found", http.get("/commands/" + UUID.randomUUID()));
    assertProblem(400, "invalid-command-id", http.get("/commands/not-a-uuid"));
  }

  @Test
  void why_a_command_was_rejected_can_be_asked_later() {
    UUID key = UUID.randomUUID();
    String nobody = UUID.randomUUID().toString();
    multiply(nobody, 3, key);

    HttpResponse<String> status = awaitStatus("rejected", "/commands/" + key);

    assertEquals(
        "{\"command-id\":\"%s\",\"status\":\"rejected\",\"reason\":\"value-not-found\",\"detail\":\"value %s does not exist\",\"version\":0}"
            .formatted(key, nobody),
        status.body());
    assertEquals(status.body(), http.get("/commands/" + key + "?key=" + nobody).body());
  }

  @Test
  void a_client_that_does_not_wait_is_told_where_to_ask() {
    UUID key = UUID.randomUUID();
    String id = NameBasedId.ofAggregate("calculator", key).toString();

    HttpResponse<String> pending =
        http.post(
            "/values",
            "{\"value\": 3}",
            "Idempotency-Key",
            key.toString(),
            "Prefer",
            "respond-async");

    assertStatus(202, pending);
    assertEquals(
        "{\"command-id\":\"%s\",\"status\":\"pending\",\"value-id\":\"%s\"}".formatted(key, id),
        pending.body());
    assertEquals("/commands/" + key + "?key=" + id, header(pending, "Location"));
    assertEquals("respond-async", header(pending, "Preference-Applied"));
    assertNotEquals(404, http.get(header(pending, "Location")).statusCode());
    HttpResponse<String> status = awaitStatus("accepted", header(pending, "Location"));
    assertEquals(
        accepted(key.toString(), id, 1, json(status).get("token").asString()), status.body());
    assertEquals(
        rowOf(id, 3, 1),
        http.get("/values/" + id, "Pleat-Token", json(status).get("token").asString()).body());
  }

  @Test
  void a_client_that_wants_the_row_gets_it_at_the_version_of_its_command() {
    String id = value(3);

    HttpResponse<String> updated = multiply(id, 3, "Prefer", "return=representation");

    assertStatus(200, updated);
    assertEquals(rowOf(id, 9, 2), updated.body());
    assertEquals("\"2\"", header(updated, "ETag"));
    assertEquals("return=representation", header(updated, "Preference-Applied"));
    HttpResponse<String> created =
        http.post("/values", "{\"value\": 4}", "Prefer", "return=representation");
    assertStatus(201, created);
    assertEquals(
        rowOf(header(created, "Location").substring("/values/".length()), 4, 1), created.body());
  }

  // ---- what there is

  @Test
  void the_domains_say_what_can_be_said_and_asked() {
    assertEquals(
        "{\"domains\":[{\"name\":\"calculator\",\"path\":\"/domains/calculator\"}]}",
        http.get("/domains").body());
    HttpResponse<String> domain = http.get("/domains/calculator");
    assertStatus(200, domain);
    assertEquals("value-id", json(domain).get("id-field").asString());
    List<String> actions = new ArrayList<>();
    json(domain).get("actions").forEach(action -> actions.add(action.get("name").asString()));
    assertEquals(List.of("CreateValue", "UpdateValue"), actions);
    assertEquals("[\"values\"]", json(domain).get("views").toString());
    assertProblem(404, "not-found", http.get("/domains/astrology"));
  }

  @Test
  void the_openapi_document_has_every_route() {
    HttpResponse<String> document = http.get("/openapi.json");

    assertStatus(200, document);
    JsonNode paths = json(document).get("paths");
    assertTrue(json(document).get("openapi").asString().startsWith("3."), document.body());
    assertTrue(paths.has("/values"), paths.toString());
    assertTrue(paths.get("/values/{value-id}").has("put"), paths.toString());
    assertTrue(paths.get("/values/{value-id}").has("get"), paths.toString());
    assertTrue(paths.has("/commands/{id}"), paths.toString());
  }

  @Test
  void any_action_can_be_sent_with_its_full_data() {
    String id = UUID.randomUUID().toString();
    String path = "/domains/calculator/commands/";

    HttpResponse<String> created =
        http.post(path + "CreateValue", "{\"value-id\":\"" + id + "\",\"value\":2}");
    HttpResponse<String> updated =
        http.post(
            path + "UpdateValue",
            "{\"value-id\":\"" + id + "\",\"operation\":\"ADD\",\"value\":0.5}");

    assertStatus(200, created);
    assertStatus(200, updated);
    assertEquals(rowOf(id, 2.5, 2), readAt(id, updated).body());
    assertProblem(404, "unknown-action", http.post(path + "DivideValue", "{}"));
    assertProblem(
        409,
        "value-already-exists",
        http.post(path + "CreateValue", "{\"value-id\":\"" + id + "\",\"value\":2}"));
  }

  @Test
  void all_rows_are_listed_once_in_pages_of_the_size_asked_for() {
    List<String> created = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      HttpResponse<String> answer = create(i, UUID.randomUUID());
      String id = json(answer).get("value-id").asString();
      assertStatus(200, readAt(id, answer));
      created.add(rowOf(id, i, 1));
    }

    List<String> listed = new ArrayList<>();
    String path = "/domains/calculator/views/values?limit=5";
    Optional<String> cursor = Optional.of("");
    while (cursor.isPresent()) {
      HttpResponse<String> page =
          http.get(cursor.get().isEmpty() ? path : path + "&cursor=" + cursor.get());
      assertStatus(200, page);
      JsonNode body = json(page);
      int size = body.get("rows").size();
      body.get("rows").forEach(row -> listed.add(row.toString()));
      cursor = Optional.ofNullable(body.get("cursor")).map(JsonNode::asString);
      assertTrue(cursor.isPresent() ? size == 5 : size <= 5, page.body());
    }

    assertEquals(listed.stream().distinct().sorted(Comparator.naturalOrder()).toList(), listed);
    assertTrue(listed.containsAll(created), () -> listed + " should have all of " + created);
  }
}

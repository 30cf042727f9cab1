package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.deploy.EventSource.Event;
import dev.pleat.deploy.ServedRuntime.Part;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What the HTTP API promises beside the rules of the domains, on every runtime. */
abstract class HttpPromises {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String ADD_ONE = "{\"operation\":\"ADD\",\"value\":1}";
  private static final String VALUES = "/domains/calculator/views/values";

  private ServedRuntime runtime;
  private ApiClient api;

  final void begin(ServedRuntime started) {
    runtime = started;
    api = new ApiClient(started.url());
  }

  final void end() {
    api.close();
  }

  /** A value that was created, and the answer. */
  private record Made(String path, String token, HttpResponse<String> answer) {

    String id() {
      return path.substring("/values/".length());
    }
  }

  private Made made(double value, String... headers) {
    HttpResponse<String> answer = api.post("/values", "{\"value\":" + value + "}", headers);
    assertEquals(201, answer.statusCode(), answer.body());
    return new Made(header(answer, "Location"), header(answer, "Pleat-Token"), answer);
  }

  /** Adds one, and returns the token. */
  private String add(Made value) {
    HttpResponse<String> answer = api.put(value.path(), ADD_ONE);
    assertEquals(200, answer.statusCode(), answer.body());
    return header(answer, "Pleat-Token");
  }

  private static void assertProblem(int status, String code, HttpResponse<String> answer) {
    assertEquals(status, answer.statusCode(), answer.body());
    assertEquals(code, json(answer).path("code").asString(), answer.body());
    assertTrue(header(answer, "Content-Type").startsWith("application/problem+json"));
  }

  // ---- which runtime

  @Test
  void says_in_every_answer_what_it_runs_on() {
    Made value = made(1);
    List<HttpResponse<String>> answers =
        List.of(
            value.answer(),
            api.get(value.path() + "?after=" + value.token()),
            api.get("/values/ffffffff-ffff-ffff-ffff-ffffffffffff"),
            api.get("/nothing/here"),
            api.post("/values", "{"),
            api.post("/values", "{\"value\":\"no\"}"),
            api.put("/values/ffffffff-ffff-ffff-ffff-ffffffffffff", ADD_ONE),
            api.send("DELETE", "/values", ""),
            api.send("OPTIONS", "/values", ""),
            api.get("/health/ready"),
            api.get("/openapi.json"),
            api.get("/views?" + "x".repeat(20_000)),
            api.post("/graphql", "{\"query\":\"{ __typename }\"}"),
            api.post("/graphql", "{\"query\":\"{\"}"));
    for (HttpResponse<String> answer : answers) {
      assertEquals(
          runtime.name(),
          answer.headers().firstValue("Pleat-Runtime"),
          answer.uri() + " " + answer.statusCode());
    }
    Set<Integer> statuses = new HashSet<>();
    answers.forEach(answer -> statuses.add(answer.statusCode()));
    assertTrue(
        statuses.containsAll(Set.of(200, 201, 204, 400, 404, 405, 409, 422)), statuses::toString);
  }

  @Test
  void describes_topics_only_where_there_are_any() {
    JsonNode domain = json(api.get("/domains/calculator"));
    assertEquals(runtime.name().isEmpty() ? 4 : 0, domain.path("topics").size(), domain::toString);
  }

  @Test
  void says_what_it_does_without() {
    HttpResponse<String> added =
        api.post("/products", "{\"name\":\"Pot\",\"category\":\"kitchen\",\"description\":\"\"}");
    assertEquals(201, added.statusCode(), added.body());
    String page = header(added, "Location");
    List<HttpResponse<String>> derived =
        List.of(
            api.get(page + "?wait=10s&after=" + header(added, "Pleat-Token")),
            api.get("/domains/catalogue/views/product-page?order=cheapest"));
    JsonNode graph =
        json(
            api.post(
                "/graphql",
                "{\"query\":\"{ customersById(customerId: \\\""
                    + UUID.randomUUID()
                    + "\\\") { email } }\"}"));
    if (runtime.without().contains(Part.DERIVED_VIEWS)) {
      derived.forEach(answer -> assertProblem(501, "not-offered", answer));
      derived.forEach(answer -> assertFalse(json(answer).path("retryable").asBoolean()));
      assertEquals("not-offered", graph.at("/errors/0/extensions/code").asString());
      try (ApiClient followed = new ApiClient(runtime.url())) {
        assertProblem(501, "not-offered", followed.get(page, "Accept", "text/event-stream"));
      }
    } else {
      derived.forEach(answer -> assertEquals(200, answer.statusCode(), answer.body()));
      assertTrue(graph.path("errors").isMissingNode(), graph::toString);
    }
    if (runtime.without().contains(Part.LOG_REBUILD)) {
      assertProblem(501, "not-offered", api.post("/domains/calculator/log/rebuild", "{}"));
      assertProblem(501, "not-offered", api.post("/domains/calculator/views/values/rebuild", "{}"));
    }
  }

  // ---- commands

  @Test
  void answers_a_command_with_its_outcome_and_reads_it_back_by_its_token() {
    Made value = made(3);
    JsonNode body = json(value.answer());
    assertEquals("accepted", body.path("status").asString());
    assertEquals(1, body.path("version").asInt());
    assertEquals("\"1\"", header(value.answer(), "ETag"));

    String token = add(value);
    HttpResponse<String> row = api.get(value.path() + "?after=" + token);
    assertEquals("{\"value-id\":\"" + value.id() + "\",\"value\":4.0,\"version\":2}", row.body());
    assertEquals("\"2\"", header(row, "ETag"));
    assertEquals(row.body(), api.get(value.path(), "Pleat-Token", token).body());
  }

  @Test
  void answers_a_retry_as_the_first_time() {
    String key = UUID.randomUUID().toString();
    Made value = made(3, "Idempotency-Key", key);
    Made again = made(3, "Idempotency-Key", key);
    assertEquals(value.answer().body(), again.answer().body());
    assertEquals("true", header(again.answer(), "Idempotent-Replayed"));
    assertTrue(value.answer().headers().firstValue("Idempotent-Replayed").isEmpty());

    HttpResponse<String> other = api.post("/values", "{\"value\":4}", "Idempotency-Key", key);
    assertProblem(422, "command-id-reused", other);

    String update = UUID.randomUUID().toString();
    api.put(value.path(), ADD_ONE, "Idempotency-Key", update);
    String token = header(api.put(value.path(), ADD_ONE, "Idempotency-Key", update), "Pleat-Token");
    assertEquals(4.0, json(api.get(value.path() + "?after=" + token)).path("value").asDouble());
  }

  @Test
  void answers_a_rejected_command_again_though_it_would_be_accepted_now() {
    String key = UUID.randomUUID().toString();
    UUID id = UUID.randomUUID();
    String path = "/values/" + id;
    assertProblem(409, "value-not-found", api.put(path, ADD_ONE, "Idempotency-Key", key));
    HttpResponse<String> created =
        api.post(
            "/domains/calculator/commands/CreateValue",
            "{\"value-id\":\"" + id + "\",\"value\":1}");
    assertEquals(200, created.statusCode(), created.body());
    HttpResponse<String> again = api.put(path, ADD_ONE, "Idempotency-Key", key);
    assertProblem(409, "value-not-found", again);
    assertEquals("true", header(again, "Idempotent-Replayed"));
    assertProblem(
        409,
        "value-already-exists",
        api.post(
            "/domains/calculator/commands/CreateValue",
            "{\"value-id\":\"" + id + "\",\"value\":1}"));
  }

  @Test
  void holds_a_command_to_the_version_it_insists_on() {
    Made value = made(1);
    HttpResponse<String> wrong = api.put(value.path(), ADD_ONE, "If-Match", "\"7\"");
    assertProblem(412, "version-conflict", wrong);
    assertEquals("\"1\"", header(wrong, "ETag"));
    assertEquals(200, api.put(value.path(), ADD_ONE, "If-Match", "\"1\"").statusCode());
    assertProblem(412, "version-conflict", api.put(value.path(), ADD_ONE, "If-Match", "\"1\""));
    assertProblem(412, "version-conflict", api.put(value.path(), ADD_ONE, "If-None-Match", "*"));
  }

  @Test
  void changes_nothing_where_nothing_would_change() {
    Made value = made(1);
    HttpResponse<String> same = api.put(value.path(), "{\"operation\":\"ADD\",\"value\":0}");
    assertEquals(200, same.statusCode(), same.body());
    assertEquals("unchanged", json(same).path("status").asString());
    assertEquals("\"1\"", header(same, "ETag"));
  }

  @Test
  void tells_later_what_became_of_a_command_nobody_waited_for() {
    String key = UUID.randomUUID().toString();
    HttpResponse<String> taken =
        api.post("/values", "{\"value\":1}", "Prefer", "respond-async", "Idempotency-Key", key);
    assertEquals(202, taken.statusCode(), taken.body());
    assertEquals("pending", json(taken).path("status").asString());
    try (EventSource status =
        new EventSource(runtime.url(), header(taken, "Location"), Optional.empty())) {
      String last = "";
      for (Optional<Event> told = status.next(PATIENCE);
          told.isPresent();
          told = status.next(PATIENCE)) {
        last = told.get().data();
      }
      assertEquals("accepted", json(last).path("status").asString(), last);
      assertEquals(last, api.get("/commands/" + key).body());
    }
    assertProblem(404, "command-not-found", api.get("/commands/" + UUID.randomUUID()));
  }

  @Test
  void answers_with_the_row_where_that_is_preferred() {
    Made value = made(1);
    HttpResponse<String> row = api.put(value.path(), ADD_ONE, "Prefer", "return=representation");
    assertEquals("{\"value-id\":\"" + value.id() + "\",\"value\":2.0,\"version\":2}", row.body());
    assertEquals("return=representation", header(row, "Preference-Applied"));
  }

  @Test
  void says_what_a_command_would_do_and_writes_nothing() {
    Made value = made(5);
    HttpResponse<String> tried =
        api.put(value.path() + "?dry-run=true&after=" + value.token(), ADD_ONE);
    assertEquals(200, tried.statusCode(), tried.body());
    assertTrue(json(tried).path("dry-run").asBoolean(), tried.body());
    assertEquals(6.0, json(tried).at("/events/0/data/result").asDouble(), tried.body());
    assertProblem(
        412,
        "version-conflict",
        api.put(value.path() + "?dry-run=true&wait=0ms", ADD_ONE, "If-Match", "\"9\""));
    assertEquals(
        5.0, json(api.get(value.path() + "?after=" + value.token())).path("value").asDouble());
    assertEquals(1, events(value, "?after=" + value.token()).size());
  }

  // ---- queries

  @Test
  void takes_no_token_of_another_aggregate_or_another_log() {
    Made one = made(1);
    Made other = made(2);
    assertProblem(400, "invalid-token", api.get(one.path() + "?after=" + other.token()));
    assertProblem(400, "invalid-token", api.get(one.path() + "?after=nonsense"));
    assertProblem(
        400, "invalid-token", api.get("/domains/prices/views/history?after=" + one.token()));
  }

  @Test
  void lists_rows_page_by_page_in_the_order_of_keys() {
    List<String> made = new ArrayList<>();
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Made value = made(i);
      made.add(value.id());
      tokens.add(value.token());
    }
    List<String> keys = new ArrayList<>();
    String cursor = "";
    do {
      JsonNode page =
          json(api.get(VALUES + "?limit=2&wait=10s&after=" + String.join(",", tokens) + cursor));
      assertTrue(page.path("rows").size() <= 2, page::toString);
      page.path("rows").forEach(row -> keys.add(row.path("value-id").asString()));
      cursor = page.has("cursor") ? "&cursor=" + page.path("cursor").asString() : "";
    } while (!cursor.isEmpty());
    assertTrue(keys.containsAll(made));
    assertEquals(keys.stream().sorted().toList(), keys);
    assertEquals(keys.size(), new HashSet<>(keys).size());

    String first = made.stream().sorted().findFirst().orElseThrow();
    JsonNode found = json(api.get(VALUES + "?prefix=" + first));
    assertEquals(1, found.path("rows").size());
    assertEquals(first, found.at("/rows/0/value-id").asString());
    JsonNode rest = json(api.get(VALUES + "?limit=1&from=" + first));
    assertEquals(first, rest.at("/rows/0/value-id").asString());
    assertProblem(400, "invalid-parameter", api.get(VALUES + "?colour=red"));
  }

  private List<JsonNode> events(Made value, String query) {
    HttpResponse<String> page = api.get(value.path() + "/events" + query);
    assertEquals(200, page.statusCode(), page.body());
    List<JsonNode> events = new ArrayList<>();
    json(page).path("events").forEach(events::add);
    return events;
  }

  private static List<String> actions(List<JsonNode> events) {
    return events.stream().map(event -> event.path("action").asString()).toList();
  }

  @Test
  void tells_what_happened_and_how_a_row_was() throws Exception {
    Made value = made(1);
    String token = add(value);
    api.put(value.path(), ADD_ONE, "If-Match", "\"9\"");
    for (int i = 0; i < 109; i++) {
      token = add(value);
    }
    String after = "?wait=10s&limit=1000&after=" + token;
    List<JsonNode> events = events(value, after);
    assertEquals(111, events.size());
    for (int i = 0; i < events.size(); i++) {
      assertEquals(i + 1, events.get(i).path("version").asInt());
    }
    List<JsonNode> backwards = events(value, after + "&order=desc");
    assertEquals(events.reversed(), backwards);
    List<String> told = actions(events(value, after + "&include=outcomes"));
    assertEquals(1 + 1 + 1 + 1 + 1 + 109 * 2, told.size());
    assertEquals(
        List.of(
            "ValueCreated",
            "CommandAccepted",
            "ValueUpdated",
            "CommandAccepted",
            "CommandRejected",
            "ValueUpdated",
            "CommandAccepted"),
        told.subList(0, 7));

    for (int version : new int[] {1, 2, 99, 100, 101, 111}) {
      JsonNode row = json(api.get(value.path() + "?as-of-version=" + version));
      assertEquals(version, row.path("value").asDouble(), row::toString);
      assertEquals(version, row.path("version").asInt());
    }
    assertProblem(404, "not-found", api.get(value.path() + "?as-of-version=112"));
    assertProblem(404, "not-found", api.get(value.path() + "?as-of=2020-01-01T00:00:00Z"));
    assertEquals(
        111.0,
        json(api.get(value.path() + "?as-of=" + events.getLast().path("timestamp").asString()))
            .path("value")
            .asDouble());

    JsonNode steps =
        json(api.get("/domains/calculator/replay/" + value.id() + "?from-version=105&limit=2"));
    assertEquals(2, steps.path("steps").size(), steps::toString);
    assertEquals(105, steps.at("/steps/0/event/version").asInt(), steps::toString);
    JsonNode state = json(api.get("/domains/calculator/state/" + value.id()));
    assertEquals(111, state.path("version").asInt(), state::toString);
    assertProblem(404, "not-found", api.get("/domains/calculator/events/" + UUID.randomUUID()));
  }

  @Test
  void lets_a_row_and_a_list_be_followed() {
    Made value = made(1);
    String list = VALUES + "?prefix=" + value.id();
    boolean lists = !runtime.without().contains(Part.LIVE_LISTS);
    Optional<String> lastRow;
    try (EventSource row = new EventSource(runtime.url(), value.path(), Optional.empty())) {
      assertEquals(1.0, value(untilVersion(row, "row", 1)));
      add(value);
      Event changed = untilVersion(row, "row", 2);
      assertEquals(2.0, value(changed));
      lastRow = changed.id();
    }
    if (lists) {
      try (EventSource rows = new EventSource(runtime.url(), list, Optional.empty())) {
        assertEquals(2.0, value(untilVersion(rows, "row", 2)));
        add(value);
        assertEquals(3.0, value(untilVersion(rows, "row", 3)));
      }
    } else {
      assertProblem(501, "not-offered", api.get(list, "Accept", "text/event-stream"));
      add(value);
    }
    try (EventSource row = new EventSource(runtime.url(), value.path(), lastRow)) {
      Event next = row.next(PATIENCE).orElseThrow();
      assertNotEquals("resync", next.name());
      assertEquals(3.0, value(next));
    }
  }

  @Test
  void lets_events_be_followed() {
    Made value = made(1);
    try (EventSource events =
        new EventSource(runtime.url(), value.path() + "/events", Optional.empty())) {
      assertEquals(
          "ValueCreated", json(untilVersion(events, "event", 1).data()).path("action").asString());
      add(value);
      assertEquals(
          "ValueUpdated", json(untilVersion(events, "event", 2).data()).path("action").asString());
    }
  }

  private static double value(Event row) {
    return json(row.data()).path("value").asDouble();
  }

  /** The first one of this name and version; others may come before it. */
  private static Event untilVersion(EventSource source, String name, int version) {
    for (Optional<Event> event = source.next(PATIENCE);
        event.isPresent();
        event = source.next(PATIENCE)) {
      if (event.get().name().equals(name)
          && json(event.get().data()).path("version").asInt() == version) {
        return event.get();
      }
    }
    throw new AssertionError("no " + name + " of version " + version + " came");
  }

  // ---- GraphQL

  @Test
  void answers_a_mutation_in_one_round_trip() {
    String email = "someone-" + UUID.randomUUID() + "@example.com";
    JsonNode first = invited(email);
    // The row is waited for, but not for ever: on a busy machine it may be there a moment later.
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (first.at("/data/InviteCustomer/id").isNull() && System.nanoTime() < deadline) {
      first = invited(email);
    }
    assertTrue(first.at("/data/InviteCustomer/invited").asBoolean(), first.toString());
    assertEquals(first, invited(" " + email.toUpperCase(Locale.ROOT)));
    JsonNode empty = invited("");
    assertEquals("Email is required", empty.at("/errors/0/message").asString());
  }

  private JsonNode invited(String email) {
    return json(
        api.post(
            "/graphql",
            "{\"query\":\"mutation { InviteCustomer(email:\\\""
                + email
                + "\\\"){ id invited } }\"}"));
  }
}

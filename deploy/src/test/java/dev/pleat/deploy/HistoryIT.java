package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.topology.calculator.CalculatorDomain;
import dev.pleat.topology.catalogue.CatalogueDomain;
import dev.pleat.topology.prices.PriceDomain;
import dev.pleat.topology.products.ProductDomain;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What happened to aggregates, and their rows as they were, on a real broker. */
final class HistoryIT {

  @TempDir static Path directory;

  @RegisterExtension
  static final ServedDomains server =
      new ServedDomains(
          () -> directory,
          CalculatorDomain.CALCULATOR,
          ProductDomain.PRODUCTS,
          PriceDomain.PRICES,
          CatalogueDomain.CATALOGUE);

  /** A value from 1 on, and the token of its last change. */
  private record Written(String path, String token) {}

  private static Written written(int versions) {
    HttpResponse<String> created = server.api().post("/values", "{\"value\":1}");
    String path = header(created, "Location");
    String token = header(created, "Pleat-Token");
    for (int i = 2; i <= versions; i++) {
      token = header(server.api().put(path, "{\"operation\":\"ADD\",\"value\":1}"), "Pleat-Token");
    }
    return new Written(path, token);
  }

  private static List<JsonNode> events(String path, String query) {
    List<JsonNode> events = new ArrayList<>();
    String cursor = "";
    while (true) {
      HttpResponse<String> page = server.api().get(path + "/events?wait=10s" + query + cursor);
      assertEquals(200, page.statusCode(), page.body());
      json(page).get("events").forEach(events::add);
      JsonNode next = json(page).get("cursor");
      if (next == null) {
        return events;
      }
      cursor = "&cursor=" + next.asString();
    }
  }

  private static List<Integer> versions(List<JsonNode> events) {
    return events.stream().map(event -> event.get("version").asInt()).toList();
  }

  @Test
  void whoever_wrote_reads_what_happened_page_by_page() {
    Written value = written(5);
    String after = "&after=" + value.token();

    List<JsonNode> events = events(value.path(), after + "&limit=2");

    assertEquals(List.of(1, 2, 3, 4, 5), versions(events));
    assertEquals("ValueCreated", events.get(0).get("action").asString());
    assertEquals("ValueUpdated", events.get(4).get("action").asString());
    assertEquals(5.0, events.get(4).get("data").get("result").asDouble());
    assertEquals(
        List.of(5, 4, 3, 2, 1), versions(events(value.path(), after + "&limit=2&order=desc")));
    String id = value.path().substring("/values/".length());
    assertEquals(
        200, server.api().get("/domains/calculator/events/" + id + "?limit=1").statusCode());
  }

  @Test
  void a_row_is_had_as_it_was_at_a_version_and_at_a_time() {
    Written value = written(130);
    List<JsonNode> events = events(value.path(), "&limit=1000&after=" + value.token());
    for (int version : new int[] {1, 2, 50, 99, 100, 101, 129, 130}) {
      JsonNode row = json(server.api().get(value.path() + "?as-of-version=" + version));
      assertEquals(version, row.get("value").asInt(), row.toString());
      assertEquals(version, row.get("version").asInt());
      // Several events may have the same time: the last of them counts.
      JsonNode event = events.get(version - 1);
      JsonNode then =
          json(server.api().get(value.path() + "?as-of=" + event.get("timestamp").asString()));
      long last =
          events.stream()
              .filter(it -> it.get("timestamp").equals(event.get("timestamp")))
              .mapToInt(it -> it.get("version").asInt())
              .max()
              .orElseThrow();
      assertEquals(last, then.get("version").asLong());
    }
    assertEquals(404, server.api().get(value.path() + "?as-of-version=131").statusCode());
    assertEquals(404, server.api().get(value.path() + "?as-of=2020-01-01T00:00:00Z").statusCode());
  }

  @Test
  void the_events_of_a_product_are_had_where_its_page_is() {
    HttpResponse<String> added =
        server
            .api()
            .post("/products", "{\"name\":\"pot\",\"category\":\"kitchen\",\"description\":\"\"}");
    String page = header(added, "Location");

    List<JsonNode> events = events(page, "&after=" + header(added, "Pleat-Token"));

    assertEquals("ProductAdded", events.get(0).get("action").asString());
    assertEquals(
        json(added).get("command-id").asString(), events.get(0).get("parent-id").asString());
    assertEquals(400, server.api().get(page + "?as-of-version=1").statusCode());
  }

  @Test
  void says_what_is_wrong_with_a_question() {
    Written value = written(1);
    events(value.path(), "&after=" + value.token());
    for (String query :
        List.of(
            "?as-of-version=0",
            "?as-of-version=x",
            "?as-of=yesterday",
            "?as-of-version=1&as-of=2026-11-21T10:00:00Z",
            "/events?order=up",
            "/events?limit=0",
            "/events?cursor=x",
            "/events?after=x",
            "/events?include=everything")) {
      HttpResponse<String> refused = server.api().get(value.path() + query);
      assertEquals(400, refused.statusCode(), query + " " + refused.body());
    }
    String nobody = "/values/" + UUID.randomUUID();
    HttpResponse<String> nothing = server.api().get(nobody + "/events");
    assertEquals(404, nothing.statusCode());
    assertTrue(nothing.body().contains("nothing has happened"), nothing.body());
  }

  /** Commands of which some change nothing, or are refused, or were sent before. */
  private static HttpResponse<String> mixed(SplittableRandom random, String path, String key) {
    String id = path.substring("/values/".length());
    return switch (random.nextInt(5)) {
      case 0 -> server.api().put(path, "{\"operation\":\"ADD\",\"value\":0}");
      case 1 ->
          server
              .api()
              .post(
                  "/domains/calculator/commands/CreateValue",
                  "{\"value-id\":\"" + id + "\",\"value\":1}");
      case 2 -> server.api().put(path, "{\"operation\":\"ADD\",\"value\":1}", "If-Match", "\"99\"");
      case 3 ->
          server.api().put(path, "{\"operation\":\"ADD\",\"value\":1}", "Idempotency-Key", key);
      default -> server.api().put(path, "{\"operation\":\"ADD\",\"value\":1}");
    };
  }

  @Test
  void outcomes_lie_behind_the_events_they_tell_of_in_either_order() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    String path = written(1).path();
    String id = path.substring("/values/".length());
    for (int i = 0; i < 30; i++) {
      mixed(random, path, new UUID(random.nextLong(), random.nextInt(3)).toString());
    }
    String token =
        header(server.api().put(path, "{\"operation\":\"ADD\",\"value\":1}"), "Pleat-Token");
    List<JsonNode> expected = new ArrayList<>();
    try (TopicReader events =
            new TopicReader(server.instance().bootstrapServers(), "calculator.events");
        TopicReader outcomes =
            new TopicReader(server.instance().bootstrapServers(), "calculator.outcomes")) {
      Deque<JsonNode> made = new ArrayDeque<>();
      events.valuesOf(id).forEach(event -> made.add(ApiClient.json(event)));
      for (String text : outcomes.valuesOf(id)) {
        JsonNode outcome = ApiClient.json(text);
        if (outcome.get("replayed") == null) {
          long version = outcome.get("data").get("version").asLong();
          while (!made.isEmpty() && made.getFirst().get("version").asLong() <= version) {
            expected.add(made.removeFirst());
          }
          expected.add(outcome);
        }
      }
    }
    String what = "seed " + seed;
    for (int limit : new int[] {random.nextInt(2, 5), random.nextInt(5, 20), 1000}) {
      String query = "&include=outcomes&after=" + token + "&limit=" + limit;
      assertEquals(expected, events(path, query), what);
      assertEquals(expected.reversed(), events(path, query + "&order=desc"), what);
    }
    assertTrue(expected.toString().contains("CommandUnchanged"), what);
    assertTrue(expected.toString().contains("value-already-exists"), what);
    JsonNode whole = json(server.api().get(path + "/events?include=outcomes&limit=1"));
    assertEquals(versions(events(path, "")).size(), whole.get("outcomes-through").asInt());
  }

  @Test
  void what_was_refused_to_a_value_never_created_is_told() {
    String path = "/values/" + UUID.randomUUID();
    assertEquals(409, server.api().put(path, "{\"operation\":\"ADD\",\"value\":1}").statusCode());

    HttpResponse<String> told = server.api().get(path + "/events?include=outcomes");
    long deadline = System.nanoTime() + Duration.ofSeconds(15).toNanos();
    while (told.statusCode() == 404 && System.nanoTime() < deadline) {
      told = server.api().get(path + "/events?include=outcomes");
    }

    assertEquals(200, told.statusCode(), told.body());
    assertEquals(
        "value-not-found",
        json(told).get("events").get(0).get("data").get("reason").asString(),
        told.body());
    assertEquals(404, server.api().get(path + "/events").statusCode());
  }

  @Test
  void is_there_after_a_restart() {
    Written value = written(3);
    server.restart();

    assertEquals(List.of(1, 2, 3), versions(events(value.path(), "&after=" + value.token())));
    assertEquals(2, json(server.api().get(value.path() + "?as-of-version=2")).get("value").asInt());
  }
}

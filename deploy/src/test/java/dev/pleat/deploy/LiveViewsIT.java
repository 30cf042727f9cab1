package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.deploy.EventSource.Event;
import dev.pleat.topology.calculator.CalculatorDomain;
import dev.pleat.topology.catalogue.CatalogueDomain;
import dev.pleat.topology.prices.PriceDomain;
import dev.pleat.topology.products.ProductDomain;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Rows, lists and events followed on a real broker. */
final class LiveViewsIT {

  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int CUTS = 100;
  private static final String ADD = "{\"operation\":\"ADD\",\"value\":1}";
  private static final String LIST = "/domains/calculator/views/values";

  @TempDir static Path directory;

  @RegisterExtension
  static final ServedDomains server =
      new ServedDomains(
          () -> directory,
          CalculatorDomain.CALCULATOR,
          ProductDomain.PRODUCTS,
          PriceDomain.PRICES,
          CatalogueDomain.CATALOGUE);

  private static EventSource follow(String path) {
    return new EventSource(server.instance().url(), path, Optional.empty());
  }

  private static String createdValue() {
    HttpResponse<String> created = server.api().post("/values", "{\"value\":0}");
    assertEquals(201, created.statusCode(), created.body());
    return header(created, "Location");
  }

  /** A client that is cut again and again, and comes back each time with the last id it has. */
  private static final class Cut {
    private final String path;
    private final Random random;
    private final ScheduledExecutorService scissors;
    private final List<Event> events = new ArrayList<>();
    private int cuts;

    Cut(String path, long seed, ScheduledExecutorService scissors) {
      this.path = path;
      this.random = new Random(seed);
      this.scissors = scissors;
    }

    /** Follows until it was cut so often, the writing is over and nothing more comes. */
    List<Event> follow(AtomicBoolean written) {
      Optional<String> id = Optional.empty();
      boolean over = false;
      while (!over) {
        boolean last = cuts >= CUTS && written.get();
        try (EventSource source = new EventSource(server.instance().url(), path, id)) {
          if (!last) {
            cuts++;
            scissors.schedule(source::close, random.nextInt(40), TimeUnit.MILLISECONDS);
          }
          for (Optional<Event> event = source.next(last ? Duration.ofSeconds(3) : PATIENCE);
              event.isPresent();
              event = source.next(last ? Duration.ofSeconds(3) : PATIENCE)) {
            id = event.get().id().or(() -> id(events));
            events.add(event.get());
          }
        }
        over = last;
      }
      return events;
    }

    private static Optional<String> id(List<Event> events) {
      return events.isEmpty() ? Optional.empty() : events.getLast().id();
    }
  }

  /** Per key versions rise, none twice, and the last one sent is the row. */
  private static void assertRises(List<Event> events, List<String> paths, String what) {
    Map<String, Long> versions = new HashMap<>();
    Map<String, String> last = new HashMap<>();
    for (Event event : events) {
      if (event.name().equals("up-to-date")) {
        continue;
      }
      assertEquals("row", event.name(), what + event);
      JsonNode row = JSON.readTree(event.data());
      String key = row.get("value-id").asString();
      long version = row.get("version").asLong();
      Long before = versions.put(key, version);
      assertTrue(before == null || before < version, what + before + " then " + event);
      last.put(key, event.data());
    }
    for (String path : paths) {
      assertEquals(
          server.api().get(path).body(), last.get(path.substring("/values/".length())), what);
    }
  }

  @Test
  void clients_cut_a_hundred_times_miss_nothing_and_see_nothing_twice() throws Exception {
    long seed = System.nanoTime();
    String what = "seed " + seed + ": ";
    List<String> paths = List.of(createdValue(), createdValue(), createdValue());
    String value = paths.getFirst();
    AtomicBoolean written = new AtomicBoolean();
    try (ExecutorService threads = Executors.newCachedThreadPool();
        ScheduledExecutorService scissors = Executors.newScheduledThreadPool(1)) {
      Cut row = new Cut(value, seed + 1, scissors);
      Cut list = new Cut(LIST, seed + 2, scissors);
      Cut events = new Cut(value + "/events", seed + 3, scissors);
      List<Cut> all = List.of(row, list, events);
      List<Future<List<Event>>> followed =
          all.stream().map(cut -> threads.submit(() -> cut.follow(written))).toList();
      Random random = new Random(seed);
      int count = 1;
      while (all.stream().anyMatch(cut -> cut.cuts < CUTS)
          && followed.stream().noneMatch(Future::isDone)) {
        String path = paths.get(random.nextInt(paths.size()));
        HttpResponse<String> answer = server.api().put(path, ADD);
        assertEquals(200, answer.statusCode(), answer.body());
        count += path.equals(value) ? 1 : 0;
      }
      written.set(true);

      assertRises(followed.get(0).get(60, TimeUnit.SECONDS), List.of(value), what);
      assertRises(followed.get(1).get(60, TimeUnit.SECONDS), paths, what);
      List<Event> sent = followed.get(2).get(60, TimeUnit.SECONDS);
      for (int i = 0; i < sent.size(); i++) {
        assertEquals("event", sent.get(i).name(), what);
        assertEquals(i + 1, JSON.readTree(sent.get(i).data()).get("version").asInt(), what);
        assertEquals(Optional.of(Integer.toString(i + 1)), sent.get(i).id(), what);
      }
      assertEquals(count, sent.size(), what);
    }
  }

  @Test
  void a_row_made_from_two_domains_is_followed() {
    HttpResponse<String> added =
        server
            .api()
            .post(
                "/products",
                "{\"name\":\"Kettle\",\"category\":\"Kitchen\",\"description\":\"boils water\"}");
    String path = header(added, "Location");
    try (EventSource source = follow(path)) {
      Event first = source.next(PATIENCE).orElseThrow();
      if (first.name().equals("no-row")) {
        first = source.next(PATIENCE).orElseThrow();
      }
      assertEquals("Kettle", JSON.readTree(first.data()).get("name").asString());
      for (int amount : new int[] {1250, 990}) {
        HttpResponse<String> priced =
            server.api().put(path + "/price", "{\"amount\":" + amount + ",\"currency\":\"EUR\"}");
        assertEquals(200, priced.statusCode(), priced.body());
        Event event = source.next(PATIENCE).orElseThrow();
        assertEquals("row", event.name(), event.toString());
        assertEquals(amount, JSON.readTree(event.data()).get("amount").asInt());
      }
    }
  }

  @Test
  void another_generation_is_said_and_followed() throws Exception {
    String path = createdValue();
    try (EventSource row = follow(path);
        EventSource list = follow(LIST)) {
      Event first = row.next(PATIENCE).orElseThrow();
      if (first.name().equals("no-row")) {
        first = row.next(PATIENCE).orElseThrow();
      }
      assertEquals(0.0, JSON.readTree(first.data()).get("value").asDouble());
      awaitUpToDate(list, new ArrayList<>());
      assertEquals(
          202, server.api().post(LIST + "/rebuild", "{\"events-per-second\":0}").statusCode());

      assertEquals("resync", row.next(PATIENCE).orElseThrow().name());
      assertEquals(
          0.0, JSON.readTree(row.next(PATIENCE).orElseThrow().data()).get("value").asDouble());
      server.api().put(path, ADD);
      assertEquals(
          1.0, JSON.readTree(row.next(PATIENCE).orElseThrow().data()).get("value").asDouble());

      List<Event> since = new ArrayList<>();
      awaitUpToDate(list, since);
      assertTrue(since.stream().anyMatch(event -> event.name().equals("resync")), since.toString());
      String id = path.substring("/values/".length());
      assertTrue(since.stream().anyMatch(event -> event.data().contains(id)), since.toString());
    }
  }

  private static void awaitUpToDate(EventSource source, List<Event> before) {
    for (Event event = source.next(PATIENCE).orElseThrow();
        !event.name().equals("up-to-date");
        event = source.next(PATIENCE).orElseThrow()) {
      before.add(event);
    }
  }
}

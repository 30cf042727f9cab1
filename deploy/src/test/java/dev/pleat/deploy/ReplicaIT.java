package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.topology.Domain;
import dev.pleat.topology.catalogue.CatalogueDomain;
import dev.pleat.topology.prices.PriceDomain;
import dev.pleat.topology.products.ProductDomain;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Replicas of the catalogue and the prices, on a real broker that is stopped and started again. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ReplicaIT {

  private static final List<Domain<?, ?, ?>> DOMAINS =
      List.of(ProductDomain.PRODUCTS, PriceDomain.PRICES, CatalogueDomain.CATALOGUE);

  private static final List<String> VIEWS = List.of("catalogue/product-page", "prices/history");
  private static final String PAGES = "/domains/catalogue/views/product-page";
  private static final String PRICES = "/domains/prices/views/history";
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration PROMISED = Duration.ofSeconds(10);

  /** A clock that goes ahead of that of this machine. */
  private static final Duration BEYOND_TOMBSTONES = Duration.ofHours(25);

  @TempDir static Path directory;

  private static BrokerProcess broker;
  private static Instance cluster;
  private static ApiClient api;

  @BeforeAll
  static void start() {
    broker = BrokerProcess.start(directory.resolve("broker"));
    cluster =
        Servers.joined(
            directory.resolve("cluster"),
            broker.bootstrapServers(),
            DOMAINS.toArray(Domain<?, ?, ?>[]::new));
    api = new ApiClient(cluster.url());
  }

  /** Everything is committed then: what it showed before is what anybody will ever see. */
  private static void stopCluster() {
    api.close();
    cluster.close();
  }

  @AfterAll
  static void stop() {
    stopCluster();
    broker.close();
  }

  /** A replica in this JVM, and a client of it. */
  private static final class Running implements AutoCloseable {
    private final Replica replica;
    private final ApiClient http;

    Running(String name, InstantSource clock) {
      replica =
          Replica.start(
              new ReplicaSettings(
                  "127.0.0.1", 0, directory.resolve(name), broker.bootstrapServers(), VIEWS, false),
              DOMAINS,
              clock);
      http = new ApiClient(replica.url());
    }

    Running(String name) {
      this(name, InstantSource.system());
    }

    HttpResponse<String> get(String path) {
      return http.get(path);
    }

    /** How old the copy is, in seconds, as an answer of it says. */
    long age(String path) {
      HttpResponse<String> answer = get(path);
      assertEquals(200, answer.statusCode(), path + " " + answer.body());
      assertTrue(header(answer, "Pleat-Position").matches("g[0-9]+:[0-9,]+"));
      return Long.parseLong(header(answer, "Age"));
    }

    @Override
    public void close() {
      http.close();
      replica.close();
    }
  }

  private static void await(String what, Duration patience, BooleanSupplier condition) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, what);
      LockSupport.parkNanos(20_000_000);
    }
  }

  /** Sends a command again and again until it is done; the token of its answer. */
  private static HttpResponse<String> done(String method, String path, String body) {
    String key = UUID.randomUUID().toString();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      HttpResponse<String> answer =
          api.send(method, path, body, "Content-Type", "application/json", "Idempotency-Key", key);
      if (answer.statusCode() < 300 && answer.statusCode() != 202) {
        return answer;
      }
      assertTrue(System.nanoTime() < deadline, answer.body());
      LockSupport.parkNanos(50_000_000);
    }
  }

  private static HttpResponse<String> price(String product, int amount) {
    return done(
        "PUT",
        "/products/" + product + "/price",
        "{\"amount\":" + amount + ",\"currency\":\"EUR\"}");
  }

  /** Adds products with prices, and waits until the cluster shows them. */
  private static List<String> products(String word, int count) {
    List<String> products = new ArrayList<>();
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      HttpResponse<String> added =
          done(
              "POST",
              "/products",
              "{\"name\":\"%s %d\",\"category\":\"Kitchen\",\"description\":\"boils\"}"
                  .formatted(word, i));
      products.add(json(added).get("product-id").asString());
      tokens =
          List.of(
              header(added, "Pleat-Token"), header(price(products.get(i), 100 + i), "Pleat-Token"));
    }
    shown(products.getLast(), tokens);
    return products;
  }

  /** Waits until the cluster shows these writes. */
  private static void shown(String product, List<String> tokens) {
    await(
        "the cluster shows " + product,
        PATIENCE,
        () ->
            Set.of(200, 404)
                .contains(
                    api.get("/products/" + product + "?wait=5s&after=" + String.join(",", tokens))
                        .statusCode()));
  }

  /** All rows of both views, and what the indexes find, by the question. */
  private static Map<String, String> everything(ApiClient of) {
    Map<String, String> all = new TreeMap<>();
    for (String list :
        List.of(
            PAGES + "?limit=1000",
            PAGES + "?limit=1000&order=cheapest",
            PAGES + "?limit=1000&word=kettle",
            PRICES + "?limit=1000")) {
      HttpResponse<String> page = of.get(list);
      all.put(list, page.statusCode() + page.body());
    }
    return all;
  }

  private static void awaitEqual(Running replica) {
    await("equal", PATIENCE, () -> everything(replica.http).equals(everything(api)));
  }

  /** The copies of a view that lie on disk. */
  private static List<String> copies(String name, String view) {
    try (Stream<Path> all =
        Files.list(directory.resolve(name).resolve("copies").resolve(view.replace('/', '.')))) {
      return all.map(each -> each.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The last one: it leaves nothing running. */
  @Test
  @Order(Integer.MAX_VALUE)
  void two_replicas_answer_cut_off_and_restarted_and_are_equal_once_the_broker_is_back() {
    List<String> kettles = products("Kettle", 5);
    String first = "/products/" + kettles.get(0);
    Map<String, String> before = everything(api);
    for (String name : List.of("one", "two")) {
      try (Running replica = new Running(name)) {
        awaitEqual(replica);
      }
    }
    String token = header(price(kettles.get(0), 7), "Pleat-Token");
    HttpResponse<String> gone =
        done("PUT", "/products/" + kettles.get(1) + "/discontinuation", "{}");
    products("Kettle", 2);
    shown(kettles.get(0), List.of(token));
    shown(kettles.get(1), List.of(header(gone, "Pleat-Token")));
    Map<String, String> after = everything(api);
    stopCluster();
    broker.kill();

    try (Running two = new Running("two")) {
      Running one = new Running("one");
      await("the copy gets old", PATIENCE, () -> one.age(first) >= 2);
      one.close();
      try (Running again = new Running("one")) {
        for (Running each : List.of(again, two)) {
          assertTrue(each.age(PAGES) >= 2, "age after a restart");
          assertEquals(before, everything(each.http));
          HttpResponse<String> nothing = each.get("/products/" + new UUID(0, 0));
          assertEquals(404, nothing.statusCode());
          assertTrue(Long.parseLong(header(nothing, "Age")) >= 2);
          HttpResponse<String> late = each.get(first + "/prices?wait=0s&after=" + token);
          assertEquals(503, late.statusCode(), late.body());
          assertEquals("position-not-reached", json(late).get("code").asString());
          assertTrue(Long.parseLong(header(late, "Age")) >= 2);
        }

        broker.restart();
        long back = System.nanoTime();
        for (Running each : List.of(again, two)) {
          Duration left = PROMISED.minusNanos(System.nanoTime() - back);
          await("equal again", left, () -> everything(each.http).equals(after));
        }
        System.out.printf(
            "ReplicaIT: equal %d ms after the broker was back%n",
            (System.nanoTime() - back) / 1_000_000);
        assertEquals(200, again.get(first + "/prices?wait=5s&after=" + token).statusCode());
        await("the copy is new", PROMISED, () -> again.age(first) == 0);

        broker.kill();
        await("cut off while it runs", PATIENCE, () -> again.age(first) >= 2);
        assertEquals(after, everything(again.http));
      }
    }
  }

  /** Asks again and again; every answer must be a row of the copy. */
  private static final class Reader implements AutoCloseable {
    private final AtomicBoolean stop = new AtomicBoolean();
    private final List<String> wrong = new ArrayList<>();
    private final Thread thread;

    Reader(Running replica, String path) {
      thread =
          Thread.ofPlatform()
              .start(
                  () -> {
                    while (!stop.get()) {
                      HttpResponse<String> answer = replica.get(path);
                      if (answer.statusCode() != 200
                          || answer.headers().firstValue("Age").isEmpty()) {
                        wrong.add(answer.statusCode() + " " + answer.body());
                      }
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
    }
  }

  @Test
  void goes_over_to_another_generation_and_answers_all_the_while() {
    String product = products("Cup", 3).get(0);
    try (Running replica = new Running("switching")) {
      awaitEqual(replica);
      String before = position(replica, PRICES);

      try (Reader reader = new Reader(replica, "/products/" + product + "/prices")) {
        assertEquals(202, api.post(PRICES + "/rebuild", "{}").statusCode());
        await(
            "the next generation after " + before,
            PATIENCE,
            () -> !generation(position(replica, PRICES)).equals(generation(before)));
      }

      awaitEqual(replica);
      assertEquals(List.of("2"), copies("switching", "prices/history"));
      assertEquals(List.of("1"), copies("switching", "catalogue/product-page"));
      String token = header(price(product, 9), "Pleat-Token");
      HttpResponse<String> row =
          replica.get("/products/" + product + "/prices?wait=10s&after=" + token);
      assertEquals(200, row.statusCode(), row.body());
    }
  }

  private static String position(Running replica, String path) {
    return header(replica.get(path), "Pleat-Position");
  }

  private static String generation(String position) {
    return position.substring(0, position.indexOf(':'));
  }

  @Test
  void a_copy_that_may_have_missed_deletions_is_made_afresh_beside_the_one_that_answers() {
    List<String> mugs = products("Mug", 3);
    String kept = "/products/" + mugs.get(0);
    try (Running replica = new Running("old")) {
      awaitEqual(replica);
    }
    HttpResponse<String> gone = done("PUT", "/products/" + mugs.get(1) + "/discontinuation", "{}");
    shown(mugs.get(1), List.of(header(gone, "Pleat-Token")));
    try (Running replica = new Running("old")) {
      awaitEqual(replica);
      assertEquals(404, replica.get("/products/" + mugs.get(1)).statusCode());
      assertEquals(List.of("1"), copies("old", "catalogue/product-page"), "it goes on");
    }

    InstantSource later = () -> InstantSource.system().instant().plus(BEYOND_TOMBSTONES);
    try (Running replica = new Running("old", later);
        Reader reader = new Reader(replica, kept)) {
      await(
          "a fresh copy alone",
          PATIENCE,
          () -> copies("old", "catalogue/product-page").equals(List.of("2")));
      await("the copy is new", PATIENCE, () -> replica.age(kept) < 2);
      awaitEqual(replica);
    }
  }

  @Test
  void what_an_index_finds_is_what_the_rows_say_while_they_change() {
    List<String> pots = products("Pot", 2);
    try (Running replica = new Running("changing")) {
      awaitEqual(replica);
      String path = "/products/" + pots.get(0) + "/description";
      HttpResponse<String> described = api.get("/");
      for (int i = 0; i < 10; i++) {
        described =
            done(
                "PUT",
                path,
                "{\"name\":\"Pan %d\",\"category\":\"Kitchen\",\"description\":\"%s\"}"
                    .formatted(i, i % 2 == 0 ? "even" : "odd"));
        for (String word : List.of("even", "odd")) {
          HttpResponse<String> found = replica.get(PAGES + "?word=" + word);
          assertEquals(200, found.statusCode(), found.body());
          json(found)
              .get("rows")
              .forEach(row -> assertEquals(word, row.get("description").asString()));
        }
      }
      shown(pots.get(0), List.of(header(described, "Pleat-Token")));
      awaitEqual(replica);
      assertEquals(1, json(replica.get(PAGES + "?word=odd")).get("rows").size());
      assertEquals(0, json(replica.get(PAGES + "?word=even")).get("rows").size());
    }
  }

  @Test
  void a_write_is_not_followed_into_a_view_made_in_several_steps() {
    HttpResponse<String> added =
        done(
            "POST",
            "/products",
            "{\"name\":\"Jug\",\"category\":\"Kitchen\",\"description\":\"\"}");
    String token = header(added, "Pleat-Token");
    String path = "/products/" + json(added).get("product-id").asString();
    try (Running replica = new Running("tokens")) {
      await("it is there", PATIENCE, () -> replica.get(path).statusCode() == 200);
      HttpResponse<String> refused = replica.get(path + "?after=" + token);

      assertEquals(503, refused.statusCode());
      assertEquals("position-not-reached", json(refused).get("code").asString());
      assertTrue(json(refused).get("detail").asString().contains("cannot follow"));
      assertEquals(Optional.of("1"), refused.headers().firstValue("Retry-After"));
      assertEquals(
          Set.of(400),
          Stream.of("?after=x", "?as-of-version=1")
              .map(query -> replica.get(path + query).statusCode())
              .collect(Collectors.toSet()));
    }
  }
}

package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static dev.pleat.deploy.RunningReplica.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.topology.Domain;
import dev.pleat.topology.catalogue.CatalogueDomain;
import dev.pleat.topology.prices.PriceDomain;
import dev.pleat.topology.products.ProductDomain;
import java.net.http.HttpResponse;
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
import java.util.concurrent.locks.LockSupport;
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

  private static RunningReplica replica(String name) {
    return replica(name, InstantSource.system());
  }

  private static RunningReplica replica(String name, InstantSource clock) {
    return new RunningReplica(
        directory.resolve(name), broker.bootstrapServers(), VIEWS, DOMAINS, clock);
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

  private static void awaitEqual(RunningReplica replica) {
    await("equal", PATIENCE, () -> everything(replica.http()).equals(everything(api)));
  }

  /** The last one: it leaves nothing running. */
  @Test
  @Order(Integer.MAX_VALUE)
  void two_replicas_answer_cut_off_and_restarted_and_are_equal_once_the_broker_is_back() {
    List<String> kettles = products("Kettle", 5);
    String first = "/products/" + kettles.get(0);
    Map<String, String> before = everything(api);
    for (String name : List.of("one", "two")) {
      try (RunningReplica replica = replica(name)) {
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

    try (RunningReplica two = replica("two")) {
      RunningReplica one = replica("one");
      await("the copies get old", PATIENCE, () -> one.age(first) >= 2 && two.age(first) >= 2);
      one.close();
      try (RunningReplica again = replica("one")) {
        for (RunningReplica each : List.of(again, two)) {
          assertTrue(each.age(PAGES) >= 2, "age after a restart");
          assertEquals(before, everything(each.http()));
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
        for (RunningReplica each : List.of(again, two)) {
          Duration left = PROMISED.minusNanos(System.nanoTime() - back);
          await("equal again", left, () -> everything(each.http()).equals(after));
        }
        System.out.printf(
            "ReplicaIT: equal %d ms after the broker was back%n",
            (System.nanoTime() - back) / 1_000_000);
        assertEquals(200, again.get(first + "/prices?wait=5s&after=" + token).statusCode());
        await("the copy is new", PROMISED, () -> again.age(first) == 0);

        broker.kill();
        await("cut off while it runs", PATIENCE, () -> again.age(first) >= 2);
        assertEquals(after, everything(again.http()));
      }
    }
  }

  @Test
  void goes_over_to_another_generation_and_answers_all_the_while() {
    String product = products("Cup", 3).get(0);
    try (RunningReplica replica = replica("switching")) {
      awaitEqual(replica);
      assertEquals("g1", replica.generation(PRICES));

      try (RunningReplica.Reader reader = replica.reads("/products/" + product + "/prices")) {
        assertEquals(202, api.post(PRICES + "/rebuild", "{}").statusCode());
        await("the next generation", PATIENCE, () -> replica.generation(PRICES).equals("g2"));
      }

      awaitEqual(replica);
      await("alone", PATIENCE, () -> replica.copies("prices/history").equals(List.of("2")));
      assertEquals(List.of("1"), replica.copies("catalogue/product-page"));
      String token = header(price(product, 9), "Pleat-Token");
      HttpResponse<String> row =
          replica.get("/products/" + product + "/prices?wait=10s&after=" + token);
      assertEquals(200, row.statusCode(), row.body());
    }
  }

  @Test
  void a_copy_that_may_have_missed_deletions_is_made_afresh_beside_the_one_that_answers() {
    List<String> mugs = products("Mug", 3);
    String kept = "/products/" + mugs.get(0);
    try (RunningReplica replica = replica("old")) {
      awaitEqual(replica);
    }
    HttpResponse<String> gone = done("PUT", "/products/" + mugs.get(1) + "/discontinuation", "{}");
    shown(mugs.get(1), List.of(header(gone, "Pleat-Token")));
    try (RunningReplica replica = replica("old")) {
      awaitEqual(replica);
      assertEquals(404, replica.get("/products/" + mugs.get(1)).statusCode());
      assertEquals(List.of("1"), replica.copies("catalogue/product-page"), "it goes on");
    }

    InstantSource later = () -> InstantSource.system().instant().plus(BEYOND_TOMBSTONES);
    try (RunningReplica replica = replica("old", later);
        RunningReplica.Reader reader = replica.reads(kept)) {
      await(
          "a fresh copy alone",
          PATIENCE,
          () -> replica.copies("catalogue/product-page").equals(List.of("2")));
      await("the copy is new", PATIENCE, () -> replica.age(kept) < 2);
      awaitEqual(replica);
    }
  }

  @Test
  void what_an_index_finds_is_what_the_rows_say_while_they_change() {
    List<String> pots = products("Pot", 2);
    try (RunningReplica replica = replica("changing")) {
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
    try (RunningReplica replica = replica("tokens")) {
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

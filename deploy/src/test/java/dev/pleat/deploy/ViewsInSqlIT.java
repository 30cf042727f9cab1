package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.deploy.SqlFold.Event;
import dev.pleat.deploy.SqlFold.Fenced;
import dev.pleat.deploy.SqlFold.Stretch;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.topology.Domain;
import dev.pleat.topology.GuardedFold;
import dev.pleat.topology.ViewIndex;
import dev.pleat.topology.calculator.CalculatorDomain;
import dev.pleat.topology.customers.CustomerDomain;
import dev.pleat.topology.enrolments.EnrolmentDomain;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Views kept in a real PostgreSQL, by an instance beside one that keeps the same views in state
 * stores, on a real broker.
 */
final class ViewsInSqlIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int COMMANDS = 1_000;
  private static final int VALUES = 100;
  private static final int AT_ONCE = 32;
  private static final int KILLS = 3;
  private static final String DATABASE = "views";
  private static final long SEED = Long.getLong("pleat.seed", new Random().nextLong());

  @TempDir static Path directory;

  /** In the instance with the database. */
  private static final BreakableValues breakable = new BreakableValues();

  private static PostgresServer postgres;
  private static Instance storing;
  private static Instance keeping;
  private static ApiClient stores;
  private static ApiClient database;

  @BeforeAll
  static void start() {
    System.out.println("ViewsInSqlIT: seed " + SEED);
    postgres = PostgresServer.start(directory.resolve("postgres"));
    storing =
        Servers.embedded(
            directory.resolve("storing"),
            CalculatorDomain.CALCULATOR,
            CustomerDomain.CUSTOMERS,
            EnrolmentDomain.ENROLMENTS);
    keeping =
        Servers.inDatabase(
            directory.resolve("keeping"),
            storing.bootstrapServers(),
            postgres.create(DATABASE),
            breakable.domain(),
            CustomerDomain.CUSTOMERS,
            EnrolmentDomain.ENROLMENTS);
    stores = new ApiClient(storing.url());
    database = new ApiClient(keeping.url());
    sendSeeded();
  }

  @AfterAll
  static void stop() {
    stores.close();
    database.close();
    keeping.close();
    storing.close();
    postgres.close();
  }

  private static void sendSeeded() {
    SplittableRandom random = new SplittableRandom(SEED);
    List<String> values = new ArrayList<>();
    for (int i = 0; i < VALUES; i++) {
      String body = "{\"value\":" + i + "}";
      values.add(header(sent(key -> stores.postAsync("/values", body, key)).get(), "Location"));
    }
    Deque<Supplier<HttpResponse<String>>> answers = new ArrayDeque<>();
    for (int i = VALUES; i < COMMANDS; i++) {
      if (answers.size() == AT_ONCE) {
        answers.remove().get();
      }
      ApiClient either = random.nextBoolean() ? stores : database;
      int what = random.nextInt(10);
      String value = values.get(random.nextInt(VALUES));
      String body =
          switch (what) {
            case 0 ->
                "{\"listing-id\":\"%s\",\"student\":\"student %d\"}"
                    .formatted(new UUID(random.nextLong(), random.nextLong()), random.nextInt(5));
            case 1 -> "{\"email\":\"" + email(i) + "\"}";
            default -> "{\"operation\":\"ADD\",\"value\":" + what + "}";
          };
      answers.add(
          sent(
              key ->
                  switch (what) {
                    case 0 -> either.postAsync("/enrolments", body, key);
                    case 1 -> either.postAsync("/customers", body, key);
                    default -> either.putAsync(value, body, key);
                  }));
    }
    answers.forEach(Supplier::get);
  }

  private interface Sending {
    CompletableFuture<HttpResponse<String>> send(String... key);
  }

  /** Sends a command; its answer sends it again, under the same id, until it is taken. */
  private static Supplier<HttpResponse<String>> sent(Sending command) {
    String[] key = {"Idempotency-Key", UUID.randomUUID().toString()};
    CompletableFuture<HttpResponse<String>> first = command.send(key);
    return () -> {
      HttpResponse<String> answer = first.join();
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (answer.statusCode() == 503 && System.nanoTime() < deadline) {
        answer = command.send(key).join();
      }
      assertTrue(answer.statusCode() < 300, answer.body());
      return answer;
    };
  }

  private static String email(int number) {
    return List.of("a", "z", "zz", "a-b", "a.b", "q").get(number % 6) + number + "@example.com";
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, what);
      LockSupport.parkNanos(10_000_000);
    }
  }

  private static void awaitStatus(String path, int status) {
    await(path + " " + status, () -> database.get(path).statusCode() == status);
  }

  /** All rows of a list, page by page. */
  private static List<String> rows(ApiClient from, String list, int limit) {
    List<String> rows = new ArrayList<>();
    String more = "";
    do {
      HttpResponse<String> page =
          from.get(list + (list.contains("?") ? "&" : "?") + "limit=" + limit + more);
      assertEquals(200, page.statusCode(), page.body());
      json(page).get("rows").forEach(row -> rows.add(row.toString()));
      more =
          json(page).has("cursor")
              ? "&cursor=" + URLEncoder.encode(json(page).get("cursor").asString(), UTF_8)
              : "";
    } while (!more.isEmpty());
    return rows;
  }

  private static void assertSame(String list) {
    await(
        list + " is the same", () -> rows(stores, list, 1_000).equals(rows(database, list, 1_000)));
    assertEquals(rows(stores, list, 7), rows(database, list, 7), list + " in small pages");
  }

  @Test
  void shows_the_same_rows_as_views_in_state_stores() {
    String values = "/domains/calculator/views/values";
    String customers = "/domains/customers/views/by-email";
    assertSame(values);
    assertSame(customers);
    assertSame(customers + "?prefix=a");
    assertSame(customers + "?from=a.b&before=zz");
    assertSame("/domains/enrolments/views/enrolments?student=student+3");
    assertTrue(rows(database, values, 1_000).size() >= VALUES, "all values");
    assertTrue(rows(database, customers + "?prefix=zz", 1_000).size() > 1, "some begin with zz");
    assertTrue(
        rows(database, "/domains/enrolments/views/enrolments?student=student+3", 9).size() > 1);

    HttpResponse<String> created = stores.post("/values", "{\"value\":3}");
    String path = header(created, "Location");
    String token = header(created, "Pleat-Token");
    HttpResponse<String> row = database.get(path + "?after=" + token);
    assertEquals(stores.get(path + "?after=" + token).body(), row.body());
    assertEquals("\"1\"", header(row, "ETag"));
    assertEquals(404, database.get("/values/" + UUID.randomUUID()).statusCode());
    await(
        "its past is answered by whoever holds its history",
        () ->
            List.of(stores, database).stream()
                .anyMatch(each -> each.get(path + "?as-of-version=1").statusCode() == 200));
    assertEquals(
        501,
        database
            .get("/domains/calculator/views/values", "Accept", "text/event-stream")
            .statusCode());
  }

  @Test
  void deletes_what_has_no_row_any_more() {
    String invited =
        header(
            database.post(
                "/customers", "{\"email\":\"gone@example.com\"}", "Pleat-Actor", "somebody"),
            "Pleat-Token");
    String path = "/customers/by-email/gone@example.com";
    assertEquals(200, database.get(path + "?after=" + invited).statusCode());
    HttpResponse<String> withdrawn =
        stores.put(path + "/withdrawal", "{}", "Pleat-Actor", "somebody");
    assertEquals(200, withdrawn.statusCode(), withdrawn.body());
    String token = header(withdrawn, "Pleat-Token");
    assertEquals(
        stores.get(path + "?after=" + token).statusCode(),
        database.get(path + "?after=" + token).statusCode());
  }

  @Test
  void stops_at_what_it_cannot_fold_and_goes_on_when_told() {
    HttpResponse<String> created = database.post("/values", "{\"value\":3}");
    String path = header(created, "Location");
    breakable.breakOn(path.substring("/values/".length()));
    HttpResponse<String> added = database.put(path, "{\"operation\":\"ADD\",\"value\":1}");
    awaitStatus(path + "?wait=0s", 503);
    HttpResponse<String> stopped = database.get(path + "?wait=0s");
    assertEquals("view-stopped", json(stopped).get("code").asString());
    assertTrue(stopped.body().contains("projection-failed"), stopped.body());
    await("health says so", () -> database.get("/health/ready").body().contains("stopped at"));
    assertTrue(database.get("/views").body().contains("projection-failed"));

    resume("continue");
    await("it stops there again", () -> breakable.failures() > 1);
    assertEquals(503, database.get(path + "?wait=0s").statusCode());
    breakable.mend();
    resume("continue");
    awaitStatus(path + "?wait=0s", 200);

    String token = header(added, "Pleat-Token");
    HttpResponse<String> row = database.get(path + "?wait=15s&after=" + token);
    assertEquals(4.0, json(row).get("value").asDouble(), row.body());
    breakable.breakOn(path.substring("/values/".length()));
    database.put(path, "{\"operation\":\"ADD\",\"value\":1}");
    HttpResponse<String> last = database.put(path, "{\"operation\":\"ADD\",\"value\":1}");
    awaitStatus(path + "?wait=0s", 503);
    await(
        "both are left out, one after the other",
        () -> {
          database.post("/domains/calculator/views/values/skip", "{}");
          return database.get(path + "?wait=0s").statusCode() == 200;
        });
    breakable.mend();
    row = database.get(path + "?wait=15s&after=" + header(last, "Pleat-Token"));
    assertEquals(200, row.statusCode(), row.body());
    HttpResponse<String> next = database.put(path, "{\"operation\":\"ADD\",\"value\":1}");
    row = database.get(path + "?wait=15s&after=" + header(next, "Pleat-Token"));
    assertEquals(7.0, json(row).get("value").asDouble(), row.body());
    assertEquals(5, json(row).get("version").asInt());
  }

  @Test
  void lets_a_row_be_followed() {
    String path = header(database.post("/values", "{\"value\":3}"), "Location");
    try (EventSource source = new EventSource(keeping.url(), path, Optional.empty())) {
      source.next(PATIENCE);
      String token =
          header(database.put(path, "{\"operation\":\"ADD\",\"value\":1}"), "Pleat-Token");
      String row = database.get(path + "?wait=15s&after=" + token).body();
      Optional<EventSource.Event> event = source.next(PATIENCE);
      while (event.isPresent() && !event.get().data().contains("\"version\":2")) {
        event = source.next(PATIENCE);
      }
      assertEquals(Optional.of(row), event.map(EventSource.Event::data));
    }
  }

  private static void resume(String how) {
    HttpResponse<String> resumed = database.post("/domains/calculator/views/values/" + how, "{}");
    assertEquals(200, resumed.statusCode(), resumed.body());
  }

  @Test
  void says_503_while_the_database_is_down_and_goes_on_by_itself() {
    HttpResponse<String> created = database.post("/values", "{\"value\":3}");
    String path = header(created, "Location");
    postgres.stop();
    HttpResponse<String> row = database.get(path + "?wait=0s");
    assertEquals(503, row.statusCode());
    assertTrue(row.body().contains("its database does not answer"), row.body());
    await(
        "health says so",
        () -> database.get("/health/ready").body().contains("its database does not answer"));
    assertEquals(503, database.post("/domains/calculator/views/values/skip", "{}").statusCode());
    HttpResponse<String> added = database.put(path, "{\"operation\":\"ADD\",\"value\":1}");
    assertEquals(200, added.statusCode(), "commands are decided all the same");

    postgres.startAgain();

    await("ready again", () -> database.get("/health/ready").statusCode() == 200);
    row = database.get(path + "?wait=15s&after=" + header(added, "Pleat-Token"));
    assertEquals(4.0, json(row).get("value").asDouble(), row.body());
    assertSame("/domains/calculator/views/values");
  }

  @Test
  void is_made_anew_beside_the_one_that_serves() {
    assertSame("/domains/calculator/views/values");
    List<String> before = rows(database, "/domains/calculator/views/values", 1_000);
    postgres.run(
        DATABASE,
        "update pleat.\"calculator.values\" set row = null where key = '"
            + json(before.getFirst()).get("value-id").asString()
            + "'");
    assertEquals(
        before.size() - 1, rows(database, "/domains/calculator/views/values", 1_000).size());

    HttpResponse<String> begun =
        database.post("/domains/calculator/views/values/rebuild", "{\"events-per-second\":0}");

    assertEquals(202, begun.statusCode(), begun.body());
    int generation = json(begun).get("generation").asInt();
    String counted = "select count(*) from pleat.\"calculator.values\" where generation ";
    await(
        "only the new one is there",
        () ->
            postgres.ask(DATABASE, counted + "<> " + generation).equals(List.of("0"))
                && postgres
                    .ask(
                        DATABASE,
                        "select state from pleat.generations where domain = 'calculator' and"
                            + " generation = "
                            + generation)
                    .equals(List.of("serving")));
    assertSame("/domains/calculator/views/values");
  }

  private static SqlFold fold(Domain<?, ?, ?> domain, String log) {
    var view = domain.schema().view(CalculatorSchema.VALUES).orElseThrow();
    return new SqlFold(
        new SqlGenerations(domain.schema(), view, log),
        1,
        GuardedFold.of(domain, view),
        ViewIndex.of(domain, view));
  }

  /** The event of a new value, as it lies on the log. */
  private static Event created(String id) {
    return new Event(
        0,
        id,
        """
        {"id":"%s","parent-id":"%s","action":"ValueCreated","data":{"value-id":"%s","value":3.0},\
        "timestamp":"2026-11-21T10:00:00.000Z","version":1,"through":1}"""
            .formatted(UUID.randomUUID(), UUID.randomUUID(), id)
            .getBytes(UTF_8));
  }

  @Test
  void refuses_who_has_read_from_where_another_has_folded() throws SQLException, Fenced {
    ViewDatabase twice = postgres.create("fenced");
    SqlFold fold = fold(CalculatorDomain.CALCULATOR, "a-log");
    String id = UUID.randomUUID().toString();
    try (Connection one = twice.connect();
        Connection other = twice.connect()) {
      SqlTables.prepare(one);
      SqlTables.prepare(one, fold.generations().schema(), fold.generations().view());
      fold.generations().begin(one, 2, 0);
      one.commit();
      List<Stretch> read = List.of(new Stretch(0, 0, List.of(created(id)), 1));

      fold.fold(one, read);

      assertThrows(Fenced.class, () -> fold.fold(other, read));
      // The same from where the other one is: seen before, so nothing changes but the offset.
      fold.fold(other, List.of(new Stretch(0, 1, read.getFirst().events(), 2)));
    }
    assertEquals(
        List.of("1"), postgres.ask("fenced", "select version from pleat.\"calculator.values\""));
    assertEquals(
        List.of("2", "0"),
        postgres.ask("fenced", "select next_offset from pleat.positions order by partition"));
  }

  @Test
  void folds_each_event_once_in_processes_that_are_killed_again_and_again() throws SQLException {
    ViewDatabase killed = postgres.create("killed");
    String log =
        postgres
            .ask(DATABASE, "select log from pleat.generations where domain = 'calculator'")
            .getFirst();
    String servers = storing.bootstrapServers();
    Domain<?, ?, ?> counting = SqlFoldingProcess.counting();
    takeTimeForEachRow("killed", killed, counting);
    SplittableRandom random = new SplittableRandom(SEED);
    for (int kill = 0; kill < KILLS; kill++) {
      long at = folded("killed") + 1 + random.nextInt(100);
      try (SqlFoldingProcess process = SqlFoldingProcess.start(servers, log, killed.url())) {
        await("folded up to " + at, () -> folded("killed") >= at);
      }
      assertTrue(
          postgres
              .ask("killed", "select 1 from pleat.generations where state = 'serving'")
              .isEmpty(),
          "inconclusive: it was killed when all was folded");
    }
    try (Admin admin = Admin.create(Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, servers));
        ViewsInSql one = SqlFoldingProcess.views(counting, servers, log, killed, admin);
        ViewsInSql other = SqlFoldingProcess.views(counting, servers, log, killed, admin)) {
      await(
          "it serves in both",
          () ->
              one.working().stream().allMatch(role -> role.up())
                  && other.working().stream().allMatch(role -> role.up()));
      String wrong = "row is null or (row->>'value')::float <> version";
      assertEquals(
          List.of(),
          postgres.ask(
              "killed", "select row::text from pleat.\"calculator.values\" where " + wrong),
          "as many events are folded as the version says");
      List<String> versions =
          rows(stores, "/domains/calculator/views/values", 1_000).stream()
              .map(row -> json(row).get("value-id").asString() + " " + json(row).get("version"))
              .toList();
      assertEquals(
          versions,
          postgres.ask(
              "killed",
              "select key || ' ' || version from pleat.\"calculator.values\" order by key"));
    }
  }

  /** Makes the database slow, so that who is killed is so while its transaction is open. */
  private static void takeTimeForEachRow(String name, ViewDatabase made, Domain<?, ?, ?> domain)
      throws SQLException {
    SqlGenerations generations = fold(domain, "any").generations();
    try (Connection connection = made.connect()) {
      SqlTables.prepare(connection);
      SqlTables.prepare(connection, generations.schema(), generations.view());
    }
    postgres.run(
        name,
        """
        create function slowly() returns trigger language plpgsql
          as 'begin perform pg_sleep(0.003); return new; end';
        create trigger slow before insert on pleat."calculator.values"
          for each row execute function slowly();
        """);
  }

  /** How far all partitions are folded together. */
  private static long folded(String name) {
    return Long.parseLong(
        postgres.ask(name, "select coalesce(sum(next_offset), 0) from pleat.positions").getFirst());
  }
}

package dev.pleat.interactivequeries;

import static dev.pleat.interactivequeries.RunningApi.LOG_ID;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.interactivequeries.ReplicaApi.Copied;
import dev.pleat.interactivequeries.RunningApi.Answered;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.schemas.customers.CustomerSchema;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a replica answers, over copies in memory. */
final class ReplicaApiTest {

  private static final Instant NOW = Instant.parse("2026-11-21T10:00:00.900Z");
  private static final String VALUE = "d35e95f5-2a7a-4c31-8d28-2eb92643a154";
  private static final String OTHER = "d35e95f5-2a7a-4c31-8d28-2eb92643a155";
  private static final String ROW = "{\"value-id\":\"" + VALUE + "\",\"value\":3.0,\"version\":2}";
  private static final String PAGE = "/domains/calculator/views/values";
  private static final String CUSTOMER =
      "{\"email\":\"ada@example.org\",\"customer-id\":\"" + OTHER + "\",\"invited\":true}";

  private final InMemoryCopies copies = new InMemoryCopies();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ReplicaApi api =
      new ReplicaApi(
          new ReplicaApi.Parts(
              List.of(
                  copied(CalculatorSchema.SCHEMA, CalculatorSchema.VALUES),
                  copied(CustomerSchema.SCHEMA, CustomerSchema.BY_ID)),
              copies,
              () -> List.of(new Health.Role("copy calculator/values", false, Optional.empty()))),
          Listener.open("127.0.0.1", 0),
          InstantSource.fixed(NOW));

  private static Copied copied(DomainSchema<?, ?> schema, String view) {
    return new Copied(schema, schema.view(view).orElseThrow());
  }

  @BeforeEach
  void start() {
    api.start();
    level(90);
    copies.put(VALUE, ROW);
  }

  @AfterEach
  void stop() {
    client.close();
    api.close();
    assertEquals(0, copies.open(), "readings left open");
  }

  private void level(long secondsAgo) {
    copies.at(new CopyState(4, List.of(170L, 0L, 9L), NOW.minusSeconds(secondsAgo)));
  }

  private Answered send(String method, String path, String... headers) {
    return RunningApi.send(client, api.port(), method, path, BodyPublishers.noBody(), headers);
  }

  private Answered get(String path, String... headers) {
    return send("GET", path, headers);
  }

  private static String token(String domain, String aggregateId, long version) {
    return new Token(domain, LOG_ID, aggregateId, version).text();
  }

  private static void assertAged(Answered answer, String age) {
    assertEquals(Optional.of(age), answer.header("Age"), answer.body());
    assertEquals(Optional.of("g4:170,0,9"), answer.header("Pleat-Position"));
  }

  @Test
  void every_answer_from_a_copy_says_how_old_it_is_and_where_it_stands() {
    Answered row = get("/values/" + VALUE);
    assertEquals(ROW, row.body());
    assertEquals(Optional.of("\"2\""), row.header("ETag"));
    assertAged(row, "90");
    assertAged(get(PAGE + "/" + VALUE), "90");
    assertAged(get(PAGE), "90");
    assertAged(get("/values/" + OTHER).isProblem(404, "not-found"), "90");
    assertAged(send("HEAD", "/values/" + VALUE), "90");
    Answered late = get("/values/" + VALUE + "?wait=0s&after=" + token("calculator", VALUE, 3));
    assertAged(late.isProblem(503, "position-not-reached"), "90");
  }

  @Test
  void an_age_is_never_less_than_nothing() {
    level(-5);
    assertAged(get("/values/" + VALUE), "0");
  }

  @Test
  void before_it_is_complete_nothing_is_said_not_to_be_there() {
    InMemoryCopies none = new InMemoryCopies();
    try (ReplicaApi empty =
        new ReplicaApi(
            new ReplicaApi.Parts(
                List.of(copied(CalculatorSchema.SCHEMA, CalculatorSchema.VALUES)), none, List::of),
            Listener.open("127.0.0.1", 0),
            InstantSource.fixed(NOW))) {
      empty.start();
      String after = "?after=" + token("calculator", VALUE, 1);
      for (String path : List.of("/values/" + VALUE, "/values/" + VALUE + after, PAGE)) {
        Answered answer =
            RunningApi.send(client, empty.port(), "GET", path, BodyPublishers.noBody())
                .isProblem(503, "replica-not-complete");
        assertEquals("7 % of values is done", answer.field("detail"));
        assertEquals(Optional.empty(), answer.header("Age"));
      }
    }
  }

  @Test
  void honours_the_token_of_a_write_and_waits_for_it() {
    String path = "/values/" + VALUE + "?wait=20s&after=";
    assertEquals(200, get(path + token("calculator", VALUE, 2)).status());
    assertEquals(200, get(PAGE + "?after=" + token("calculator", VALUE, 2)).status());
    CompletableFuture<Answered> waiting =
        CompletableFuture.supplyAsync(() -> get(path + token("calculator", VALUE, 3)));
    copies.put(VALUE, ROW.replace("3.0", "9.0").replace("\"version\":2", "\"version\":3"));
    assertTrue(waiting.join().body().contains("9.0"));
    String skipped = "/values/" + VALUE + "?wait=0s&after=" + token("calculator", VALUE, 4);
    get(skipped).isProblem(503, "position-not-reached");
    copies.see(VALUE, 4);
    assertTrue(get(skipped).body().contains("9.0"));
    get(path + new Token("calculator", "another", VALUE, 1).text()).isProblem(400, "invalid-token");
    get(path + token("calculator", OTHER, 1)).isProblem(400, "invalid-token");
  }

  @Test
  void does_not_pretend_to_follow_a_write_through_several_steps() {
    copies.put(OTHER, CUSTOMER);
    String path = "/customers/" + OTHER;
    assertEquals(CUSTOMER, get(path).body());
    assertEquals(Optional.empty(), get(path).header("ETag"));
    String token = token("customers", "ada@example.org", 1);
    Answered refused = get(path + "?after=" + token).isProblem(503, "position-not-reached");
    assertTrue(((String) refused.field("detail")).contains("cannot follow"), refused.body());
    assertAged(refused, "90");
    String none = token("customers", "ada@example.org", 0);
    assertEquals(200, get(path + "?after=" + none).status(), "nothing was written");
  }

  @Test
  void finds_rows_by_an_index_and_page_by_page() {
    copies.put(OTHER, CUSTOMER);
    copies.find(CustomerSchema.BY_EMAIL, "ada@example.org", OTHER);
    String byId = "/domains/customers/views/by-id";
    assertEquals("{\"rows\":[" + CUSTOMER + "]}", get(byId + "?by-email=Ada@Example.org").body());
    assertEquals("{\"rows\":[]}", get(byId + "?by-email=bob@example.org").body());
    copies.put(OTHER, ROW.replace(VALUE, OTHER));
    Answered first = get(PAGE + "?limit=1");
    assertEquals(1, ((List<?>) first.field("rows")).size());
    Answered rest = get(PAGE + "?limit=1&cursor=" + first.field("cursor"));
    assertTrue(rest.body().contains(OTHER), rest.body());
    assertAged(rest, "90");
  }

  @Test
  void refuses_what_a_replica_does_not_have_and_says_so() {
    Answered created = send("POST", "/values").isProblem(404, "not-found");
    assertTrue(((String) created.field("detail")).contains("replica"), created.body());
    Answered updated = send("PUT", "/values/" + VALUE).isProblem(405, "method-not-allowed");
    assertEquals(Optional.of("GET, HEAD, OPTIONS"), updated.header("Allow"));
    for (String query : List.of("?as-of-version=1", "?as-of=2026-11-21T10:00:00Z")) {
      Answered past = get("/values/" + VALUE + query).isProblem(400, "invalid-parameter");
      assertTrue(((String) past.field("detail")).contains("replica"), past.body());
    }
    for (String path :
        List.of(
            "/values/" + VALUE + "/events",
            "/domains/calculator/events/" + VALUE,
            "/domains/customers/views/by-email",
            "/commands/" + VALUE,
            "/views")) {
      get(path).isProblem(404, "not-found");
    }
    get("/values/x").isProblem(400, "invalid-id");
    get(PAGE + "?colour=red").isProblem(400, "invalid-parameter");
  }

  @Test
  void describes_what_is_there_and_nothing_else() {
    assertEquals(
        List.of(
            Map.of("name", "calculator", "path", "/domains/calculator"),
            Map.of("name", "customers", "path", "/domains/customers")),
        get("/domains").field("domains"));
    assertEquals(List.of("by-id"), get("/domains/customers").field("views"));
    assertEquals(
        List.of(
            "GET /domains/calculator",
            "GET /values/{value-id}",
            "GET " + PAGE,
            "GET " + PAGE + "/{key}"),
        get("/domains/calculator").field("routes"));
    assertEquals(503, get("/health/ready").status());
    assertEquals(200, get("/health/live").status());
    Answered document = get("/openapi.json");
    assertEquals(
        Set.of(
            "/domains",
            "/domains/calculator",
            "/domains/customers",
            "/values/{value-id}",
            "/customers/{customer-id}",
            PAGE,
            PAGE + "/{key}",
            "/domains/customers/views/by-id",
            "/domains/customers/views/by-id/{key}",
            "/health/live",
            "/health/ready",
            "/openapi.json"),
        ((Map<?, ?>) document.field("paths")).keySet());
    Map<?, ?> components = (Map<?, ?>) ((Map<?, ?>) document.field("components")).get("schemas");
    assertTrue(components.containsKey("calculator.values"));
    assertTrue(components.containsKey("calculator.values.page"));
    assertFalse(document.body().contains("CreateValue"));
    assertFalse(document.body().contains("as-of"));
  }
}

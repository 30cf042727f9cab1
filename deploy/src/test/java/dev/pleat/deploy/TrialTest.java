package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.deploy.trial.Trial;
import dev.pleat.interactivequeries.Listener;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.schemas.calculator.CalculatorValue;
import dev.pleat.topology.Domain;
import dev.pleat.topology.calculator.Calculator;
import dev.pleat.topology.calculator.CalculatorDomain;
import dev.pleat.topology.calculator.CalculatorValueProjection;
import dev.pleat.topology.enrolments.EnrolmentDomain;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is special about a trial in memory; what it shares with others is in its suite. */
final class TrialTest {

  private static final String ADD_ONE = "{\"operation\":\"ADD\",\"value\":1}";
  private static final Trial.Limits PLENTY = Trial.Limits.DEFAULT;

  /** Closed in the other order than they were opened. */
  private final List<AutoCloseable> opened = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
  }

  private ApiClient tried(Trial.Limits limits, Domain<?, ?, ?>... domains) {
    Trial trial = Trial.start(List.of(domains), Listener.open("127.0.0.1", 0), limits);
    opened.add(trial);
    ApiClient api = new ApiClient("http://127.0.0.1:" + trial.port());
    opened.add(api);
    return api;
  }

  private static HttpResponse<String> created(ApiClient api, String... headers) {
    return api.post("/values", "{\"value\":1}", headers);
  }

  private static void assertFull(String what, HttpResponse<String> answer) {
    assertEquals(503, answer.statusCode(), answer.body());
    assertEquals("overloaded", json(answer).path("code").asString());
    String detail = json(answer).path("detail").asString();
    assertTrue(detail.contains(what) && detail.contains("pleat serve"), detail);
  }

  @Test
  void takes_no_more_aggregates_than_it_has_room_for() {
    ApiClient api = tried(new Trial.Limits(2, 100, 1 << 20), CalculatorDomain.CALCULATOR);
    String key = UUID.randomUUID().toString();
    HttpResponse<String> first = created(api, "Idempotency-Key", key);
    created(api);

    assertFull("2 aggregates", created(api));

    assertEquals(first.body(), created(api, "Idempotency-Key", key).body());
    assertEquals(200, api.put(header(first, "Location"), ADD_ONE).statusCode());
  }

  @Test
  void takes_no_more_events_than_it_has_room_for() {
    ApiClient api = tried(new Trial.Limits(100, 3, 1 << 20), CalculatorDomain.CALCULATOR);
    String path = header(created(api), "Location");
    api.put(path, ADD_ONE);
    api.put(path, ADD_ONE);
    assertFull("3 events", api.put(path, ADD_ONE));
    assertEquals(3.0, json(api.get(path)).path("value").asDouble());
  }

  @Test
  void takes_no_more_bytes_than_it_has_room_for_also_of_what_is_refused() {
    ApiClient api = tried(new Trial.Limits(100, 100, 20_000), CalculatorDomain.CALCULATOR);
    int refused = 0;
    HttpResponse<String> answer = api.put("/values/" + UUID.randomUUID(), ADD_ONE);
    while (answer.statusCode() == 409 && refused < 100) {
      refused++;
      answer = api.put("/values/" + UUID.randomUUID(), ADD_ONE);
    }
    assertFull("20000 bytes", answer);
    assertTrue(refused > 5, "full after " + refused);
  }

  @Test
  void finds_rows_by_an_index() {
    ApiClient api = tried(PLENTY, EnrolmentDomain.ENROLMENTS);
    String listing = UUID.randomUUID().toString();
    for (String student : List.of("ann", "bob", "ann")) {
      HttpResponse<String> requested =
          api.post(
              "/enrolments",
              "{\"listing-id\":\"" + listing + "\",\"student\":\"" + student + "\"}");
      assertEquals(201, requested.statusCode(), requested.body());
    }
    String rows = "/domains/enrolments/views/enrolments?student=";
    assertEquals(2, json(api.get(rows + "ann")).path("rows").size());
    assertEquals(1, json(api.get(rows + "bob")).path("rows").size());
    assertEquals(0, json(api.get(rows + "eve")).path("rows").size());
  }

  @Test
  void decides_what_comes_at_once_one_after_the_other() throws Exception {
    ApiClient api = tried(PLENTY, CalculatorDomain.CALCULATOR);
    String path = header(created(api), "Location");
    List<Integer> versions = new ArrayList<>();
    try (ExecutorService clients = Executors.newFixedThreadPool(16)) {
      List<Future<HttpResponse<String>>> sent =
          IntStream.range(0, 500)
              .mapToObj(i -> clients.submit(() -> api.put(path, ADD_ONE)))
              .toList();
      for (Future<HttpResponse<String>> each : sent) {
        versions.add(json(each.get()).path("version").asInt());
      }
    }
    assertEquals(
        IntStream.rangeClosed(2, 501).boxed().toList(), versions.stream().sorted().toList());
    assertEquals(501.0, json(api.get(path)).path("value").asDouble());
    assertEquals(501, json(api.get(path + "/events?limit=1000")).path("events").size());
  }

  @Test
  void keeps_nothing_and_honours_no_token_of_an_earlier_trial() {
    HttpResponse<String> before = created(tried(PLENTY, CalculatorDomain.CALCULATOR));
    ApiClient api = tried(PLENTY, CalculatorDomain.CALCULATOR);
    String path = header(before, "Location");
    assertEquals(404, api.get(path).statusCode());
    HttpResponse<String> asked = api.get(path + "?after=" + header(before, "Pleat-Token"));
    assertEquals("invalid-token", json(asked).path("code").asString());
  }

  /** A projection that cannot stand one number. */
  private static Optional<CalculatorValue> superstitious(
      Optional<CalculatorValue> row, CalculatorEvent event) {
    if (event instanceof ValueUpdated updated && updated.result() == 13) {
      throw new IllegalStateException("on purpose");
    }
    return new CalculatorValueProjection().project(row, event);
  }

  @Test
  void stops_a_view_at_an_event_it_cannot_fold_until_it_is_told_to_go_on() {
    ApiClient api =
        tried(
            PLENTY,
            Domain.of(CalculatorSchema.SCHEMA)
                .decidedBy(new Calculator(), Calculator.State.class)
                .projectedTo(
                    CalculatorSchema.VALUES, CalculatorValue.class, TrialTest::superstitious)
                .build());
    String path = header(api.post("/values", "{\"value\":12}"), "Location");
    assertEquals(200, api.put(path, ADD_ONE).statusCode());
    assertEquals(200, api.put(path, ADD_ONE).statusCode());

    HttpResponse<String> row = api.get(path);
    assertEquals(503, row.statusCode(), row.body());
    assertEquals("view-stopped", json(row).path("code").asString());
    assertTrue(row.body().contains("projection-failed"), row.body());
    assertEquals(503, api.get("/health/ready").statusCode());
    assertEquals("stopped", json(api.get("/views")).at("/views/0/status").asString());

    String view = "/domains/calculator/views/values";
    assertEquals(200, api.post(view + "/continue", "{}").statusCode());
    assertEquals(503, api.get(path).statusCode());
    HttpResponse<String> skipped = api.post(view + "/skip", "{}");
    assertEquals(1, json(skipped).at("/resumed/0/offset").asInt(), skipped.body());
    assertEquals(14.0, json(api.get(path)).path("value").asDouble());
    assertEquals(200, api.get("/health/ready").statusCode());
    assertEquals(409, api.post(view + "/skip", "{}").statusCode());
  }
}

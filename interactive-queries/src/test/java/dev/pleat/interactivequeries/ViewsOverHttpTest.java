package dev.pleat.interactivequeries;

import static dev.pleat.interactivequeries.RunningApi.LOG_ID;
import static dev.pleat.interactivequeries.RunningApi.VALUE_ID;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.interactivequeries.RunningApi.Answered;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ViewsOverHttpTest {

  private static final String PATH = "/values/" + VALUE_ID;

  private final RunningApi api = new RunningApi();

  @AfterEach
  void close() {
    api.close();
  }

  private static String token(long version) {
    return new Token("calculator", LOG_ID, VALUE_ID, version).text();
  }

  @Test
  void answers_the_row_as_it_is_stored() {
    api.views.putRow(VALUE_ID, 2, 9.0);

    for (String path : List.of(PATH, "/domains/calculator/views/values/" + VALUE_ID)) {
      Answered row = api.get(path);
      assertEquals(200, row.status());
      assertEquals("{\"value-id\":\"" + VALUE_ID + "\",\"value\":9.0,\"version\":2}", row.body());
      assertEquals(Optional.of("\"2\""), row.header("ETag"));
      assertEquals(Optional.of("no-store"), row.header("Cache-Control"));
      assertEquals(Optional.of("application/json"), row.header("Content-Type"));
      row.givesNothingAway();
    }
  }

  @Test
  void head_answers_as_get_without_the_body() {
    api.views.putRow(VALUE_ID, 2, 9.0);

    Answered head = api.send("HEAD", PATH, BodyPublishers.noBody());
    assertEquals(200, head.status());
    assertEquals("", head.body());
    assertEquals(Optional.of("\"2\""), head.header("ETag"));
    assertEquals(
        404,
        api.send("HEAD", "/values/ffffffff-ffff-4fff-8fff-ffffffffffff", BodyPublishers.noBody())
            .status());
  }

  @Test
  void says_when_there_is_no_row() {
    api.get(PATH).isProblem(404, "not-found");
  }

  @Test
  void a_command_s_token_is_honoured() {
    String id = api.created(3);
    Answered updated = api.put("/values/" + id, "{\"operation\":\"ADD\",\"value\":6}");
    String token = updated.header("Pleat-Token").orElseThrow();

    assertEquals(2, api.get("/values/" + id, "Pleat-Token", token).field("version"));
    assertEquals(2, api.get("/values/" + id + "?after=" + token).field("version"));
    assertEquals(200, api.get("/values/" + id + "?after=" + token, "Pleat-Token", token).status());
  }

  @Test
  void waits_for_the_version_of_the_token() throws Exception {
    api.views.putRow(VALUE_ID, 1, 3.0);

    CompletableFuture<Answered> row =
        CompletableFuture.supplyAsync(() -> api.get(PATH + "?wait=30s", "Pleat-Token", token(2)));
    api.views.awaitWaiter();
    assertFalse(row.isDone());
    api.views.putRow(VALUE_ID, 2, 9.0);

    assertEquals(2, row.get(30, TimeUnit.SECONDS).field("version"));
  }

  @Test
  void says_when_the_version_was_not_reached_in_time() {
    api.views.putRow(VALUE_ID, 1, 3.0);

    Answered late = api.get(PATH + "?wait=0s&after=" + token(2));

    assertEquals(true, late.isProblem(503, "position-not-reached").field("retryable"));
    assertEquals(Optional.of("1"), late.header("Retry-After"));
    api.get(PATH + "?wait=5ms&after=" + token(2)).isProblem(503, "position-not-reached");
  }

  @Test
  void refuses_tokens_that_are_of_something_else() {
    api.views.putRow(VALUE_ID, 1, 3.0);
    String other = "ffffffff-ffff-4fff-8fff-ffffffffffff";
    for (String wrong :
        List.of(
            "x",
            "%20",
            "a".repeat(3_000),
            token(1).substring(1),
            token(1) + "A",
            new Token("customers", LOG_ID, VALUE_ID, 1).text(),
            new Token("calculator", "another-log", VALUE_ID, 1).text(),
            new Token("calculator", LOG_ID, other, 1).text())) {
      api.get(PATH + "?after=" + wrong).isProblem(400, "invalid-token");
      if (!wrong.startsWith("%")) {
        api.get(PATH, "Pleat-Token", wrong).isProblem(400, "invalid-token");
      }
    }
    api.get(PATH, "Pleat-Token", "").isProblem(400, "invalid-token");
  }

  @Test
  void honours_the_tokens_of_several_answers_together() {
    api.views.putRow(VALUE_ID, 2, 9.0);

    for (String tokens : List.of(token(1) + "," + token(2), token(2) + " , " + token(1))) {
      assertEquals(200, api.get(PATH, "Pleat-Token", tokens).status());
      assertEquals(200, api.get(PATH + "?after=" + tokens.replace(" ", "")).status());
    }
    assertEquals(200, api.get(PATH + "?after=" + token(1) + "&after=" + token(2)).status());
    assertEquals(200, api.get(PATH + "?after=" + token(1), "Pleat-Token", token(2)).status());
    String late = token(1) + "," + token(3);
    api.get(PATH + "?wait=0s&after=" + late).isProblem(503, "position-not-reached");
    api.get(PATH + "?wait=0s", "Pleat-Token", late).isProblem(503, "position-not-reached");
    api.get(PATH + "?after=" + token(1) + ",x").isProblem(400, "invalid-token");
    api.get(PATH + "?after=" + token(1) + ",").isProblem(400, "invalid-token");
  }

  @Test
  void takes_sixteen_tokens_and_no_more() {
    api.views.putRow(VALUE_ID, 20, 9.0);
    String sixteen =
        IntStream.rangeClosed(1, 16)
            .mapToObj(ViewsOverHttpTest::token)
            .collect(Collectors.joining(","));

    assertEquals(200, api.get(PATH + "?after=" + sixteen).status());
    assertEquals(200, api.get(PATH + "?after=" + sixteen + "," + token(1)).status());
    api.get(PATH + "?after=" + sixteen + "," + token(17)).isProblem(400, "invalid-token");
  }

  @Test
  void refuses_waits_it_cannot_read() {
    for (String wrong :
        List.of("", "2", "-1s", "31s", "30001ms", "1m", "2S", "1.5s", "99999999999999s", "%20")) {
      api.get(PATH + "?wait=" + wrong).isProblem(400, "invalid-parameter");
    }
    api.get(PATH + "?wait=1s&wait=2s").isProblem(400, "invalid-parameter");
    api.get(PATH + "?wait=30s").isProblem(404, "not-found");
    api.get(PATH + "?wait=30000ms").isProblem(404, "not-found");
  }

  @Test
  void says_why_a_view_cannot_be_read() {
    api.views.unavailable(
        Answer.VIEW_STOPPED, "the view values stopped at offset 7: no such field");
    Answered stopped = api.get(PATH).isProblem(503, "view-stopped");
    assertTrue(((String) stopped.field("detail")).contains("offset 7"), stopped.body());
    api.get("/domains/calculator/views/values").isProblem(503, "view-stopped");

    api.views.unavailable(Answer.NOT_NOW, "held by another instance");
    api.get(PATH).isProblem(503, "not-now");
    api.get("/domains/calculator/views/values").isProblem(503, "not-now");
  }

  @Test
  void pages_through_all_rows_in_the_order_of_keys() {
    List<String> ids = new ArrayList<>();
    for (int i = 10; i < 17; i++) {
      String id = "d35e95f5-2a7a-4c31-8d28-2eb92643a1" + i;
      api.views.putRow(id, 1, i);
      ids.add(id);
    }
    List<Object> seen = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    String query = "?limit=3";
    while (!query.isEmpty()) {
      Answered page = api.get("/domains/calculator/views/values" + query);
      assertEquals(200, page.status(), page.body());
      List<?> rows = (List<?>) page.field("rows");
      rows.forEach(row -> seen.add(((Map<?, ?>) row).get("value-id")));
      sizes.add(rows.size());
      query = page.json().containsKey("cursor") ? "?limit=3&cursor=" + page.field("cursor") : "";
    }
    assertEquals(ids, seen);
    assertEquals(List.of(3, 3, 1), sizes);
  }

  @Test
  void a_page_of_nothing_has_no_cursor() {
    assertEquals("{\"rows\":[]}", api.get("/domains/calculator/views/values").body());
  }

  @Test
  void the_last_page_has_no_cursor_though_it_is_full() {
    api.views.putRow(VALUE_ID, 1, 1);
    assertEquals(
        List.of("rows"),
        List.copyOf(api.get("/domains/calculator/views/values?limit=1").json().keySet()));
  }

  @Test
  void a_page_has_100_rows_unless_asked_otherwise_and_1000_at_most() {
    for (int i = 0; i < 1001; i++) {
      api.views.putRow("d35e95f5-2a7a-4c31-8d28-2eb926%06d".formatted(i), 1, i);
    }
    String path = "/domains/calculator/views/values";
    assertEquals(100, ((List<?>) api.get(path).field("rows")).size());
    assertEquals(1000, ((List<?>) api.get(path + "?limit=1000").field("rows")).size());
    for (String wrong : List.of("0", "-1", "1001", "1e9", "x", "", "99999999999999999999")) {
      api.get(path + "?limit=" + wrong).isProblem(400, "invalid-parameter");
    }
  }

  @Test
  void a_page_waits_for_the_writes_it_has_to_have_seen() {
    api.views.putRow(VALUE_ID, 3, 1);
    String path = "/domains/calculator/views/values";
    assertEquals(200, api.get(path + "?after=" + token(3)).status());
    assertEquals(200, api.get(path, "Pleat-Token", token(3)).status());
    api.get(path + "?wait=10ms&after=" + token(4)).isProblem(503, "position-not-reached");
    api.get(path + "?after=x").isProblem(400, "invalid-token");
    api.get(path + "?wait=31s").isProblem(400, "invalid-parameter");
  }

  @Test
  void refuses_cursors_it_did_not_make() {
    for (String wrong : List.of("x", "", token(1), "a".repeat(5_000))) {
      api.get("/domains/calculator/views/values?cursor=" + wrong)
          .isProblem(400, "invalid-parameter");
    }
  }

  @Test
  void unknown_views_and_domains_are_not_found() {
    api.get("/domains/calculator/views/nothing").isProblem(404, "not-found");
    api.get("/domains/calculator/views/nothing/" + VALUE_ID).isProblem(404, "not-found");
    api.get("/domains/nothing/views/values").isProblem(404, "not-found");
    api.get("/domains/nothing").isProblem(404, "not-found");
    api.post("/domains/nothing/commands/CreateValue", "{}").isProblem(404, "not-found");
  }
}

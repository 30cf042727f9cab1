package dev.pleat.interactivequeries;

import static dev.pleat.interactivequeries.RunningApi.LOG_ID;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.pleat.interactivequeries.RunningApi.Answered;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happened and what was known, over HTTP, of a history that is what the test says. */
final class HistoryOverHttpTest {

  private static final String ID = "d35e95f5-2a7a-4c31-8d28-2eb92643a154";
  private static final String VALUE = "/values/" + ID;

  private RunningApi api;

  @BeforeEach
  void start() {
    api = new RunningApi();
    api.history.record(ID, 7);
  }

  @AfterEach
  void stop() {
    api.close();
  }

  private static String token(long version) {
    return new Token("calculator", LOG_ID, ID, version).text();
  }

  private List<Object> versions(String query) {
    List<Object> versions = new ArrayList<>();
    String cursor = "";
    while (true) {
      Answered page = api.get(VALUE + "/events?limit=3" + query + cursor);
      assertEquals(200, page.status(), page.body());
      ((List<?>) page.field("events"))
          .forEach(event -> versions.add(((Map<?, ?>) event).get("version")));
      if (!page.json().containsKey("cursor")) {
        return versions;
      }
      cursor = "&cursor=" + page.field("cursor");
    }
  }

  @Test
  void events_come_page_by_page_in_either_order() {
    assertEquals(List.<Object>of(1, 2, 3, 4, 5, 6, 7), versions(""));
    assertEquals(List.<Object>of(7, 6, 5, 4, 3, 2, 1), versions("&order=desc"));
    Answered all = api.get("/domains/calculator/events/" + ID);
    assertEquals(7, ((List<?>) all.field("events")).size());
    assertFalse(all.json().containsKey("cursor"), all.body());
  }

  @Test
  void a_cursor_goes_on_with_its_own_list_only() {
    Object cursor = api.get(VALUE + "/events?limit=3").field("cursor");
    api.get(VALUE + "/events?order=desc&cursor=" + cursor).isProblem(400, "invalid-parameter");
    api.history.record(ID.replace('d', 'e'), 7);
    api.get("/values/" + ID.replace('d', 'e') + "/events?cursor=" + cursor)
        .isProblem(400, "invalid-parameter");
    api.get(VALUE + "/events?cursor=x").isProblem(400, "invalid-parameter");
    api.get(VALUE + "/events?cursor=" + token(1)).isProblem(400, "invalid-parameter");
  }

  @Test
  void outcomes_come_along_if_they_are_asked_for() {
    Answered first = api.get(VALUE + "/events?include=outcomes&limit=3");
    assertEquals(
        "{\"events\":[{\"version\":1},{\"data\":1},{\"version\":2}],\"outcomes-through\":7,\"cursor\":\"%s\"}"
            .formatted(first.field("cursor")),
        first.body());
    Answered second =
        api.get(VALUE + "/events?include=outcomes&limit=3&cursor=" + first.field("cursor"));
    assertEquals(
        List.of(Map.of("data", 2), Map.of("version", 3), Map.of("data", 3)),
        second.field("events"));
    assertEquals(
        List.of(Map.of("data", 7), Map.of("version", 7)),
        api.get(VALUE + "/events?include=outcomes&limit=2&order=desc").field("events"));
    assertFalse(api.get(VALUE + "/events").json().containsKey("outcomes-through"));
    api.get(VALUE + "/events?cursor=" + first.field("cursor")).isProblem(400, "invalid-parameter");
    api.get(VALUE + "/events?include=rows").isProblem(400, "invalid-parameter");
  }

  @Test
  void a_row_is_had_as_it_was() {
    Answered row = api.get(VALUE + "?as-of-version=4");
    assertEquals(200, row.status(), row.body());
    assertEquals(4, row.field("version"));
    assertEquals(Optional.empty(), row.header("ETag"), "the row is another one by now");
    assertEquals(3, api.get(VALUE + "?as-of=1970-01-01T00:00:03Z").field("version"));
    api.get(VALUE + "?as-of-version=8").isProblem(404, "not-found");
  }

  @Test
  void what_is_not_recorded_yet_is_not_denied() {
    assertEquals(200, api.get(VALUE + "/events?after=" + token(7)).status());
    api.get(VALUE + "/events?wait=10ms&after=" + token(8)).isProblem(503, "position-not-reached");
    api.get(VALUE + "?as-of-version=8&wait=10ms&after=" + token(8))
        .isProblem(503, "position-not-reached");
  }

  @Test
  void refuses_moments_and_orders_that_are_none() {
    for (String query :
        List.of(
            "?as-of-version=0",
            "?as-of-version=-1",
            "?as-of-version=1.0",
            "?as-of-version=9999999999999999999",
            "?as-of=now",
            "?as-of-version=1&as-of=1970-01-01T00:00:03Z",
            "/events?order=newest",
            "/events?limit=1001")) {
      api.get(VALUE + query).isProblem(400, "invalid-parameter");
    }
    api.get("/values/x/events").isProblem(400, "invalid-id");
    api.get("/values/" + ID.replace('d', 'e') + "/events").isProblem(404, "not-found");
  }
}

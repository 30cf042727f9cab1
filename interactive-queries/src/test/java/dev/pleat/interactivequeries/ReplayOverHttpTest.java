package dev.pleat.interactivequeries;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.interactivequeries.RunningApi.Answered;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The state as it was and the steps that led there, over HTTP. */
final class ReplayOverHttpTest {

  private static final String ID = "d35e95f5-2a7a-4c31-8d28-2eb92643a154";
  private static final String REPLAY = "/domains/calculator/replay/" + ID;
  private static final String STATE = "/domains/calculator/state/" + ID;

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

  private List<Object> versions(String query) {
    List<Object> versions = new ArrayList<>();
    String cursor = "";
    while (true) {
      Answered page = api.get(REPLAY + "?limit=2" + query + cursor);
      assertEquals(200, page.status(), page.body());
      ((List<?>) page.field("steps"))
          .forEach(
              step -> versions.add(((Map<?, ?>) ((Map<?, ?>) step).get("event")).get("version")));
      if (!page.json().containsKey("cursor")) {
        return versions;
      }
      cursor = "&cursor=" + page.field("cursor");
    }
  }

  @Test
  void a_replay_comes_page_by_page() {
    assertEquals(List.<Object>of(1, 2, 3, 4, 5, 6, 7), versions(""));
    assertEquals(List.<Object>of(3, 4, 5), versions("&from-version=3&until-version=5"));
    assertEquals(
        "{\"steps\":[{\"event\":{\"version\":7},\"state\":{\"version\":7},\"rows\":{\"values\":{\"version\":7}}}]}",
        api.get(REPLAY + "?from-version=7").body());
  }

  @Test
  void a_cursor_goes_on_with_its_own_replay_only() {
    Object cursor = api.get(REPLAY + "?limit=3").field("cursor");
    api.get(REPLAY + "?until-version=5&cursor=" + cursor).isProblem(400, "invalid-parameter");
    api.get("/values/" + ID + "/events?cursor=" + cursor).isProblem(400, "invalid-parameter");
  }

  @Test
  void the_state_is_had_as_it_is_and_was() {
    assertEquals(
        "{\"value-id\":\"" + ID + "\",\"version\":7,\"state\":{\"value\":7}}",
        api.get(STATE).body());
    assertEquals(3, api.get(STATE + "?as-of-version=3").field("version"));
    assertEquals(4, api.get(STATE + "?as-of=1970-01-01T00:00:04Z").field("version"));
  }

  @Test
  void says_what_is_not_there_and_what_is_wrong() {
    api.get(STATE + "?as-of-version=8").isProblem(404, "not-found");
    api.get(STATE.replace('d', 'e')).isProblem(404, "not-found");
    api.get(REPLAY + "?from-version=8").isProblem(404, "not-found");
    for (String query :
        List.of(
            "?from-version=0", "?until-version=x", "?limit=0", "?cursor=x", "?until-version=-1")) {
      api.get(REPLAY + query).isProblem(400, "invalid-parameter");
    }
    api.get(STATE + "?as-of-version=1&as-of=1970-01-01T00:00:04Z")
        .isProblem(400, "invalid-parameter");
  }

  @Test
  void is_for_who_is_on_the_same_machine_only() {
    for (String path : List.of(STATE, REPLAY)) {
      for (String proxy : List.of("Forwarded", "X-Forwarded-For", "Via")) {
        api.get(path, proxy, "for=192.0.2.1").isProblem(403, "not-authorised");
      }
    }
  }
}

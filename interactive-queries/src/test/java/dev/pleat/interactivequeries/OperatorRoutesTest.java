package dev.pleat.interactivequeries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.interactivequeries.RunningApi.Answered;
import dev.pleat.schemas.StoppedView;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What operators ask and do over HTTP, with views that are where the test says. */
final class OperatorRoutesTest {

  private static final String VIEW = "/domains/calculator/views/values";
  private static final StoppedView MARK = new StoppedView(1, 7, "gap", "version 2 is missing");

  private RunningApi api;

  @BeforeEach
  void start() {
    api = new RunningApi();
  }

  @AfterEach
  void stop() {
    api.close();
  }

  private void report(
      ViewOperations.Status status, Optional<String> trouble, Optional<StoppedView> stopped) {
    api.operations.report(
        new ViewOperations.Report(
            "calculator",
            "values",
            3,
            5,
            status,
            status == ViewOperations.Status.BUILDING ? 500 : 0,
            trouble,
            List.of(
                new ViewOperations.Part(
                    "calculator.events", 1, OptionalLong.of(7), OptionalLong.of(9), stopped))));
  }

  private static Map<?, ?> first(Answered answered) {
    assertEquals(200, answered.status(), answered.body());
    return (Map<?, ?>) ((List<?>) answered.field("views")).get(0);
  }

  @Test
  void lists_each_generation_with_its_position() {
    report(ViewOperations.Status.BUILDING, Optional.empty(), Optional.empty());

    Map<?, ?> view = first(api.get("/views"));

    assertEquals("calculator", view.get("domain"));
    assertEquals("values", view.get("view"));
    assertEquals(3, view.get("version"));
    assertEquals(5, view.get("generation"));
    assertEquals("building", view.get("status"));
    assertEquals(500, view.get("events-per-second"));
    assertEquals(
        Map.of("topic", "calculator.events", "partition", 1, "position", 7, "end", 9),
        ((List<?>) view.get("partitions")).get(0));
  }

  @Test
  void says_what_is_wrong_with_a_generation() {
    report(ViewOperations.Status.SERVING, Optional.of("joining its group"), Optional.empty());
    report(ViewOperations.Status.SERVING, Optional.empty(), Optional.of(MARK));
    report(ViewOperations.Status.BUILDING, Optional.empty(), Optional.of(MARK));
    report(ViewOperations.Status.NOT_HERE, Optional.empty(), Optional.empty());

    List<?> views = (List<?>) api.get("/views").field("views");

    assertEquals(
        List.of("down", "stopped", "building, stopped", "not here"),
        views.stream().map(view -> ((Map<?, ?>) view).get("status")).toList());
    assertEquals("joining its group", ((Map<?, ?>) views.get(0)).get("reason"));
    assertTrue(views.get(1).toString().contains("version 2 is missing"), views.get(1).toString());
  }

  @Test
  void lets_a_stopped_view_go_on() {
    api.post(VIEW + "/continue", "{}").isProblem(409, "not-stopped");
    report(ViewOperations.Status.SERVING, Optional.empty(), Optional.of(MARK));

    assertEquals(200, api.post(VIEW + "/continue", "{}").status());
    assertEquals(200, api.post(VIEW + "/skip", "{}").status());

    assertEquals(
        List.of("continue calculator/values", "skip calculator/values"), api.operations.resumed());
  }

  @Test
  void begins_a_rebuild_at_a_pace() {
    Answered begun = api.post(VIEW + "/rebuild", "{\"events-per-second\":500}");

    assertEquals(202, begun.status(), begun.body());
    assertEquals(2, begun.field("generation"));
    assertEquals(Map.of("values", 500), api.operations.building());
    api.post(VIEW + "/rebuild", "{}").isProblem(409, "rebuild-under-way");
  }

  @Test
  void a_rebuild_leaves_room_for_others_unless_it_is_told_not_to() {
    api.post(VIEW + "/rebuild", "{}");
    assertEquals(Map.of("values", 2_000), api.operations.building());
    assertEquals(202, api.post(VIEW + "/cancel", "{}").status());
    api.post(VIEW + "/rebuild", "{\"events-per-second\":0}");
    assertEquals(Map.of("values", 0), api.operations.building());
  }

  @Test
  void gives_up_only_what_is_being_built() {
    api.post(VIEW + "/cancel", "{}").isProblem(409, "not-building");
    api.post(VIEW + "/rebuild", "{}");
    assertEquals(202, api.post(VIEW + "/cancel", "{}").status());
    api.post(VIEW + "/cancel", "{}").isProblem(409, "not-building");
  }

  @Test
  void refuses_a_pace_that_is_none() {
    for (String body :
        List.of(
            "{\"events-per-second\":99}",
            "{\"events-per-second\":-1}",
            "{\"events-per-second\":10000001}",
            "{\"events-per-second\":1000.5}",
            "{\"events-per-second\":\"fast\"}",
            "{\"events-per-second\":1000,\"more\":1}",
            "{\"rate\":1000}")) {
      api.post(VIEW + "/rebuild", body).isProblem(400, "invalid-parameter");
    }
    api.post(VIEW + "/rebuild", "[]").isProblem(400, "malformed-json");
    assertEquals(Map.of(), api.operations.building());
  }

  @Test
  void a_page_in_a_browser_cannot_begin_one() {
    for (String verb : List.of("continue", "skip", "rebuild", "cancel")) {
      Answered answered =
          api.send(
              "POST",
              VIEW + "/" + verb,
              BodyPublishers.ofString("{}"),
              "Content-Type",
              "text/plain");
      assertEquals(415, answered.status(), verb + " " + answered.body());
    }
  }
}

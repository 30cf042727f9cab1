package dev.pleat.interactivequeries;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.interactivequeries.RunningApi.Answered;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The rebuild of a log over HTTP, with one that is where the test says. */
final class LogRoutesTest {

  private static final String LOG = "/domains/calculator/log";
  private static final LogOperations.Outcomes OUTCOMES =
      new LogOperations.Outcomes(9, 1, Optional.empty());

  private RunningApi api;

  @BeforeEach
  void start() {
    api = new RunningApi();
  }

  @AfterEach
  void stop() {
    api.close();
  }

  private Map<?, ?> state() {
    Answered answered = api.get(LOG);
    assertEquals(200, answered.status(), answered.body());
    assertEquals("calculator", answered.field("domain"));
    return answered.json();
  }

  @Test
  void says_how_far_a_rebuild_is() {
    assertEquals("none", state().get("status"));

    api.log.is(new LogOperations.Rebuilding(2, 3, 12, 500));

    assertEquals("rebuilding", state().get("status"));
    assertEquals(2, state().get("generation"));
    assertEquals(3, state().get("position"));
    assertEquals(12, state().get("end"));
    assertEquals(25, state().get("percent"));
    assertEquals(500, state().get("commands-per-second"));

    api.log.is(new LogOperations.Comparing(2, 6, 12));

    assertEquals("comparing", state().get("status"));
    assertEquals(50, state().get("percent"));
  }

  @Test
  void says_that_both_logs_are_identical() {
    api.log.is(new LogOperations.Identical(2, 7, OUTCOMES));

    assertEquals("identical", state().get("status"));
    assertEquals(7, state().get("events"));
    assertEquals(Map.of("compared", 9, "different", 1), state().get("outcomes"));
  }

  @Test
  void names_the_first_difference() {
    UUID command = UUID.fromString(RunningApi.COMMAND_ID);
    api.log.is(
        new LogOperations.Different(
            2,
            7,
            new LogOperations.Outcomes(3, 1, Optional.of("the outcomes have lost their beginning")),
            new LogOperations.Difference(
                1,
                RunningApi.VALUE_ID,
                4,
                command,
                Instant.parse("2026-11-21T10:00:00Z"),
                new LogOperations.Side(
                    "calculator.events",
                    Optional.of(5L),
                    Optional.of("ValueUpdated {}"),
                    Optional.empty()),
                new LogOperations.Side(
                    "calculator.events.g2",
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of("unchanged")))));

    assertEquals("different", state().get("status"));
    assertEquals(
        Map.of("compared", 3, "different", 1, "reason", "the outcomes have lost their beginning"),
        state().get("outcomes"));
    assertEquals(
        Map.of(
            "partition",
            1,
            "aggregate-id",
            RunningApi.VALUE_ID,
            "version",
            4,
            "command-id",
            RunningApi.COMMAND_ID,
            "timestamp",
            "2026-11-21T10:00:00.000Z",
            "live",
            Map.of("topic", "calculator.events", "offset", 5, "event", "ValueUpdated {}"),
            "rebuilt",
            Map.of("topic", "calculator.events.g2", "outcome", "unchanged")),
        state().get("difference"));
  }

  @Test
  void says_why_a_rebuild_failed() {
    api.log.is(new LogOperations.Failed(2, "it got no further for 60 s"));

    assertEquals("failed", state().get("status"));
    assertEquals("it got no further for 60 s", state().get("reason"));
  }

  @Test
  void begins_one_at_a_time_and_gives_it_up() {
    api.post(LOG + "/cancel", "{}").isProblem(409, "not-building");

    Answered begun = api.post(LOG + "/rebuild", "{\"commands-per-second\":500}");

    assertEquals(202, begun.status(), begun.body());
    assertEquals(Map.of("domain", "calculator", "generation", 2), begun.json());
    assertEquals(500, state().get("commands-per-second"));
    api.post(LOG + "/rebuild", "{}").isProblem(409, "rebuild-under-way");
    assertEquals(202, api.post(LOG + "/cancel", "{}").status());
    assertEquals(202, api.post(LOG + "/rebuild", "{}").status());
    assertEquals(2_000, state().get("commands-per-second"), "it leaves room for others");
  }

  @Test
  void refuses_when_commands_are_missing() {
    api.log.loseCommands();

    api.post(LOG + "/rebuild", "{}").isProblem(409, "commands-incomplete");
  }

  @Test
  void refuses_what_is_no_pace_or_no_json() {
    api.post(LOG + "/rebuild", "{\"events-per-second\":500}").isProblem(400, "invalid-parameter");
    api.post(LOG + "/rebuild", "{\"commands-per-second\":99}").isProblem(400, "invalid-parameter");
    for (String verb : List.of("rebuild", "cancel")) {
      Answered answered =
          api.send(
              "POST",
              LOG + "/" + verb,
              BodyPublishers.ofString("{}"),
              "Content-Type",
              "text/plain");
      assertEquals(415, answered.status(), verb + " " + answered.body());
    }
    assertEquals("none", state().get("status"));
  }
}

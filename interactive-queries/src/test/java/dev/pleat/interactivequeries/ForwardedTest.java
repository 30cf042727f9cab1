package dev.pleat.interactivequeries;

import static dev.pleat.interactivequeries.RunningApi.COMMAND_ID;
import static dev.pleat.interactivequeries.RunningApi.LOG_ID;
import static dev.pleat.interactivequeries.RunningApi.VALUE_ID;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.interactivequeries.RunningApi.Answered;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Requests that one instance sends on to another, or that pretend to be such. */
final class ForwardedTest {

  private static final String PATH = "/commands/" + COMMAND_ID;

  private final RunningApi api = new RunningApi();

  @AfterEach
  void close() {
    api.close();
  }

  private static String mark(Integer... partitions) {
    return new Forwarded(CalculatorSchema.SCHEMA, Set.of(partitions)).text(LOG_ID);
  }

  private Answered get(String mark) {
    return api.get(PATH, Forwarded.HEADER, mark);
  }

  @Test
  void are_answered_as_everybody_is_but_from_what_is_held_here() {
    get(mark(0)).isProblem(404, "command-not-found");
    api.statuses.pending(UUID.fromString(COMMAND_ID), VALUE_ID);
    Answered plain = api.get(PATH);
    Answered marked = get(mark(0));
    assertEquals(plain.status(), marked.status());
    assertEquals(plain.body(), marked.body());
    assertEquals(plain.headers().keySet(), marked.headers().keySet());
    assertEquals(Optional.of("2026-11-21T10:00:00.123Z"), marked.header(StatusBody.TIME));
    get(mark(1)).isProblem(503, "not-now");
    get(mark(0, 1)).isProblem(503, "not-now");
    get(mark(9_999)).isProblem(503, "not-now");
  }

  @Test
  void what_this_instance_acknowledged_itself_is_none_of_their_business() {
    api.commands.answer(sent -> new Submission.Pending());
    api.post("/values", "{\"value\":3}", "Idempotency-Key", COMMAND_ID);
    assertEquals("pending", api.get(PATH).field("status"));
    get(mark(0)).isProblem(404, "command-not-found");
  }

  @Test
  void of_another_log_are_not_answered() {
    get("calculator/another/AQ").isProblem(503, "not-now");
    get("stock/" + LOG_ID + "/AQ").isProblem(503, "not-now");
  }

  @Test
  void with_a_mark_that_makes_no_sense_are_refused() {
    for (String mark :
        List.of(
            "", "calculator", "calculator/" + LOG_ID, "calculator/" + LOG_ID + "/*", "a/b/c/d")) {
      get(mark).isProblem(400, "invalid-parameter");
    }
    api.get(PATH, Forwarded.HEADER, mark(0), Forwarded.HEADER, mark(0))
        .isProblem(400, "invalid-parameter");
  }

  @Test
  void are_never_followed() {
    api.statuses.pending(UUID.fromString(COMMAND_ID), VALUE_ID);
    Answered answered = api.get(PATH, Forwarded.HEADER, mark(0), "Accept", "text/event-stream");
    assertEquals("pending", answered.field("status"));
    assertEquals(0, api.outcomes.followers());
  }
}

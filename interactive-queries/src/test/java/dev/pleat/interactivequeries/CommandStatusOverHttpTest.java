package dev.pleat.interactivequeries;

import static dev.pleat.interactivequeries.RunningApi.COMMAND_ID;
import static dev.pleat.interactivequeries.RunningApi.LOG_ID;
import static dev.pleat.interactivequeries.RunningApi.VALUE_ID;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.interactivequeries.RunningApi.Answered;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.Outcome.Verdict;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class CommandStatusOverHttpTest {

  private static final UUID ID = UUID.fromString(COMMAND_ID);
  private static final UUID EVENT = UUID.fromString("0f33627e-40a4-5688-b69c-6702c5d5dfc1");
  private static final String PATH = "/commands/" + COMMAND_ID;

  private final RunningApi api = new RunningApi();

  @AfterEach
  void close() {
    api.close();
  }

  private void decided(Verdict verdict) {
    api.statuses.decided(ID, VALUE_ID, verdict);
  }

  private static String token(long version) {
    return new Token("calculator", LOG_ID, VALUE_ID, version).text();
  }

  @Test
  void pending() {
    api.statuses.pending(ID, VALUE_ID);
    for (String path :
        List.of(PATH, PATH + "?key=" + VALUE_ID, "/commands/" + COMMAND_ID.toUpperCase())) {
      Answered status = api.get(path);
      assertEquals(200, status.status());
      assertEquals(
          "{\"command-id\":\"%s\",\"status\":\"pending\",\"value-id\":\"%s\"}"
              .formatted(COMMAND_ID, VALUE_ID),
          status.body());
    }
  }

  @Test
  void accepted() {
    decided(new Accepted(4, List.of(EVENT)));
    assertEquals(
        "{\"command-id\":\"%s\",\"status\":\"accepted\",\"value-id\":\"%s\",\"version\":4,\"events\":[\"%s\"],\"token\":\"%s\"}"
            .formatted(COMMAND_ID, VALUE_ID, EVENT, token(4)),
        api.get(PATH).body());
  }

  @Test
  void unchanged() {
    decided(new Unchanged(4));
    assertEquals(
        "{\"command-id\":\"%s\",\"status\":\"unchanged\",\"value-id\":\"%s\",\"version\":4,\"token\":\"%s\"}"
            .formatted(COMMAND_ID, VALUE_ID, token(4)),
        api.get(PATH).body());
  }

  @Test
  void rejected() {
    decided(new Rejected(0, "value-not-found", "value \"x\" does not exist"));
    Answered status = api.get(PATH);
    assertEquals(200, status.status());
    assertEquals(
        "{\"command-id\":\"%s\",\"status\":\"rejected\",\"reason\":\"value-not-found\",\"detail\":\"value \\\"x\\\" does not exist\",\"version\":0}"
            .formatted(COMMAND_ID),
        status.body());
  }

  @Test
  void unknown_commands_are_not_found() {
    assertEquals(COMMAND_ID, api.get(PATH).isProblem(404, "command-not-found").field("command-id"));
    api.statuses.pending(ID, VALUE_ID);
    api.get(PATH + "?key=ffffffff-ffff-4fff-8fff-ffffffffffff").isProblem(404, "command-not-found");
    api.get(PATH + "?key=not-an-id").isProblem(404, "command-not-found");
  }

  @Test
  void refuses_ids_that_are_no_uuid() {
    for (String wrong : List.of("x", "null", COMMAND_ID + "0", "%20")) {
      api.get("/commands/" + wrong).isProblem(400, "invalid-command-id");
    }
    assertEquals(400, api.get("/commands/%00").status());
    api.get(PATH + "?key=a&key=b").isProblem(400, "invalid-parameter");
  }

  @Test
  void says_when_it_cannot_say() {
    api.statuses.unavailable("held by another instance");
    api.get(PATH).isProblem(503, "not-now");
  }
}

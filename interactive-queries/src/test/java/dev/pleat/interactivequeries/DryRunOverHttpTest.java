package dev.pleat.interactivequeries;

import static dev.pleat.interactivequeries.RunningApi.COMMAND_ID;
import static dev.pleat.interactivequeries.RunningApi.LOG_ID;
import static dev.pleat.interactivequeries.RunningApi.VALUE_ID;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.interactivequeries.RunningApi.Answered;
import dev.pleat.schemas.NameBasedId;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a command would do, asked over HTTP. */
final class DryRunOverHttpTest {

  private static final String VALUE = "/values/" + VALUE_ID;
  private static final String ADD = "{\"operation\":\"ADD\",\"value\":1}";

  private final RunningApi api = new RunningApi();

  @AfterEach
  void close() {
    assertEquals(List.of(), api.commands.sent(), "a dry run hands over nothing");
    api.close();
  }

  private Answered tried(String query, String... headers) {
    return api.put(VALUE + "?dry-run=true" + query, ADD, headers);
  }

  @Test
  void says_what_would_be_written_and_nothing_else() {
    api.history.record(VALUE_ID, 3);

    Answered tried = tried("", "Idempotency-Key", COMMAND_ID);

    assertEquals(200, tried.status(), tried.body());
    assertEquals(
        "{\"dry-run\":true,\"command-id\":\"%s\",\"status\":\"accepted\",\"value-id\":\"%s\",\"version\":4,\"events\":[{\"version\":4}]}"
            .formatted(COMMAND_ID, VALUE_ID),
        tried.body());
    assertEquals(Optional.of(COMMAND_ID), tried.header("Pleat-Command-Id"));
    for (String header : List.of("Pleat-Token", "ETag", "Location", "Preference-Applied")) {
      assertEquals(Optional.empty(), tried.header(header), header);
    }
  }

  @Test
  void every_route_that_takes_a_command_can_be_tried() {
    String made = NameBasedId.ofAggregate("calculator", UUID.fromString(COMMAND_ID)).toString();
    Answered created =
        api.post("/values?dry-run=true", "{\"value\":3}", "Idempotency-Key", COMMAND_ID);
    assertEquals(200, created.status(), created.body());
    assertEquals(made, created.field("value-id"));
    assertEquals(Optional.empty(), created.header("Location"));
    Answered sent =
        api.post(
            "/domains/calculator/commands/CreateValue?dry-run=true",
            "{\"value-id\":\"" + VALUE_ID + "\",\"value\":3}");
    assertEquals(VALUE_ID, sent.field("value-id"), sent.body());
  }

  @Test
  void is_tried_at_the_version_it_names() {
    api.history.record(VALUE_ID, 3);

    assertEquals(3, tried("", "If-Match", "\"2\"").field("version"));
    assertEquals(1, tried("", "If-None-Match", "*").field("version"));
    Answered refused = tried("", "If-Match", "\"4\"").isProblem(412, "version-conflict");
    assertEquals(true, refused.field("dry-run"));
    assertEquals(3, refused.field("version"));
    assertEquals(Optional.empty(), refused.header("Pleat-Token"));
  }

  @Test
  void waits_for_a_token_that_came_along() {
    api.history.record(VALUE_ID, 3);
    String reached = new Token("calculator", LOG_ID, VALUE_ID, 3).text();
    String ahead = new Token("calculator", LOG_ID, VALUE_ID, 4).text();

    assertEquals(200, tried("&after=" + reached).status());
    assertEquals(200, tried("", "Pleat-Token", reached).status());
    tried("&wait=10ms&after=" + ahead).isProblem(503, "position-not-reached");
    tried("&after=x").isProblem(400, "invalid-token");
  }

  @Test
  void is_checked_as_a_command_is() {
    Answered misfit = api.put(VALUE + "?dry-run=true", "{\"operation\":\"DIVIDE\",\"value\":1}");
    misfit.isProblem(422, "schema-mismatch");
    api.put(VALUE + "?dry-run=true", "{").isProblem(400, "malformed-json");
    tried("", "If-Match", "7").isProblem(400, "invalid-precondition");
    tried("", "Idempotency-Key", "7").isProblem(400, "invalid-command-id");
    for (String other : List.of("yes", "", "TRUE", "1")) {
      api.put(VALUE + "?dry-run=" + other, ADD).isProblem(400, "invalid-parameter");
    }
    api.put(VALUE + "?dry-run=true&dry-run=false", ADD).isProblem(400, "invalid-parameter");
  }
}

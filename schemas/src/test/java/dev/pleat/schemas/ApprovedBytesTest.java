package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.schemas.JsonCodec.JsonObject;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.Outcome.Verdict;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The bytes of every message, held against approved files: changing one changes the contract. */
class ApprovedBytesTest {

  private static final UUID CREATE = UUID.fromString("7037a79d-7e6b-4969-9ea5-6d5c28605ac4");
  private static final UUID UPDATE = UUID.fromString("0b6f1f5e-9c53-4f0a-8a66-0d5f0e2f7a11");
  private static final String VALUE = "d35e95f5-2a7a-4c31-8d28-2eb92643a154";
  private static final String NOWHERE = "ffffffff-ffff-ffff-ffff-ffffffffffff";
  private static final Instant SENT = Instant.parse("2026-11-21T10:00:00.000Z");
  private static final Instant RECEIVED = Instant.parse("2026-11-21T10:00:00.012Z");
  private static final Optional<String> NONE = Optional.empty();
  private static final Optional<String> ORDER = Optional.of("order 17");
  private static final Optional<String> ZOE = Optional.of("zoë");

  @Test
  void a_command_has_the_approved_bytes() {
    assertApproved("command", SubmittedCommand.of(CREATE, "CreateValue", data("value", 3.0), SENT));
  }

  @Test
  void a_command_has_its_optional_fields_in_order() {
    assertApproved(
        "command-with-every-field",
        new SubmittedCommand(
            UPDATE,
            "UpdateValue",
            data("operation", "MULTIPLY", "value", 3.0),
            SENT,
            OptionalLong.of(1),
            Optional.of(SENT.plusSeconds(5)),
            ORDER,
            ZOE,
            OptionalLong.of(1)));
  }

  @Test
  void an_event_has_the_approved_bytes() {
    assertApproved(
        "event",
        new RecordedEvent(
            NameBasedId.ofEvent("calculator", VALUE, CREATE, 0),
            CREATE,
            "ValueCreated",
            data("value", 3.0),
            RECEIVED,
            1,
            1,
            NONE,
            NONE));
  }

  @Test
  void an_event_has_its_optional_fields_last() {
    assertApproved(
        "event-with-every-field",
        new RecordedEvent(
            NameBasedId.ofEvent("calculator", VALUE, UPDATE, 0),
            UPDATE,
            "ValueUpdated",
            data("operation", "MULTIPLY", "value", 3.0, "result", 9.0),
            RECEIVED,
            2,
            3,
            ORDER,
            ZOE));
  }

  @Test
  void an_accepted_outcome_has_the_approved_bytes() {
    UUID event = NameBasedId.ofEvent("calculator", VALUE, CREATE, 0);
    assertApproved(
        "outcome-accepted", outcome(VALUE, CREATE, new Accepted(1, List.of(event)), NONE, NONE));
  }

  @Test
  void an_unchanged_outcome_has_the_approved_bytes() {
    assertApproved("outcome-unchanged", outcome(VALUE, UPDATE, new Unchanged(2), NONE, NONE));
  }

  @Test
  void a_rejected_outcome_has_the_approved_bytes() {
    String detail = "value " + NOWHERE + " does not exist";
    assertApproved(
        "outcome-rejected",
        outcome(NOWHERE, UPDATE, new Rejected(0, "value-not-found", detail), NONE, NONE));
  }

  @Test
  void an_outcome_answered_again_says_so_last() {
    UUID event = NameBasedId.ofEvent("calculator", VALUE, CREATE, 0);
    assertApproved(
        "outcome-replayed",
        outcome(VALUE, CREATE, new Accepted(1, List.of(event)), ORDER, ZOE).answeredAgain());
  }

  @Test
  void a_status_has_the_approved_bytes() {
    CommandStatus pending = new CommandStatus(VALUE, Optional.empty());
    CommandStatus decided =
        new CommandStatus(VALUE, Optional.of(outcome(VALUE, UPDATE, new Unchanged(2), NONE, NONE)));

    assertText("status-pending", JsonCodec.write(pending));
    assertText("status-decided", JsonCodec.write(decided));
    assertEquals(pending, JsonCodec.readStatus(approved("status-pending")));
    assertEquals(decided, JsonCodec.readStatus(approved("status-decided")));
  }

  private static void assertApproved(String name, SubmittedCommand command) {
    assertText(name, JsonCodec.write(command));
    assertEquals(command, JsonCodec.readCommand(approved(name)));
    assertText(name, JsonCodec.write(JsonCodec.readCommand(approved(name))));
  }

  private static void assertApproved(String name, RecordedEvent event) {
    assertText(name, JsonCodec.write(event));
    assertEquals(event, JsonCodec.readEvent(approved(name)));
    assertText(name, JsonCodec.write(JsonCodec.readEvent(approved(name))));
  }

  private static void assertApproved(String name, Outcome outcome) {
    assertText(name, JsonCodec.write(outcome));
    assertEquals(outcome, JsonCodec.readOutcome(approved(name)));
    assertText(name, JsonCodec.write(JsonCodec.readOutcome(approved(name))));
  }

  private static void assertText(String name, byte[] actual) {
    assertEquals(new String(approved(name), UTF_8), new String(actual, UTF_8));
  }

  private static byte[] approved(String name) {
    try (InputStream in =
        ApprovedBytesTest.class.getResourceAsStream("/approved/" + name + ".json")) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Outcome outcome(
      String valueId,
      UUID command,
      Verdict verdict,
      Optional<String> correlationId,
      Optional<String> actor) {
    return new Outcome(
        NameBasedId.ofOutcome("calculator", valueId, command),
        command,
        verdict,
        RECEIVED,
        correlationId,
        actor,
        false);
  }

  /** Decimals, as they come from the log: a double would be equal in bytes but not in type. */
  private static JsonObject data(Object... namesAndValues) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("value-id", VALUE);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      fields.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return JsonCodec.readObject(JsonCodec.object(fields).bytes());
  }
}

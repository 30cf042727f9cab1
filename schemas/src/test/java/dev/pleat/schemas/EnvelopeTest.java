package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pleat.schemas.UnreadableMessage.Reason;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused and what is let pass around a message's data. */
class EnvelopeTest {

  private static final String ID = "7037a79d-7e6b-4969-9ea5-6d5c28605ac4";

  @Test
  void ignores_fields_it_does_not_know() {
    SubmittedCommand plain = JsonCodec.readCommand(command(Map.of()));

    assertEquals(
        plain, JsonCodec.readCommand(command(Map.of("tenant", "7", "replayed", "{\"a\":[1]}"))));
  }

  @Test
  void reads_every_optional_field() {
    SubmittedCommand command =
        JsonCodec.readCommand(
            command(
                Map.of(
                    "expected-version", "0",
                    "not-after", "\"2026-11-21T11:00:00.5+01:00\"",
                    "correlation-id", "\"c\"",
                    "actor", "\"a\"",
                    "schema-version", "2")));

    assertEquals(OptionalLong.of(0), command.expectedVersion());
    assertEquals(Optional.of(Instant.parse("2026-11-21T10:00:00.5Z")), command.notAfter());
    assertEquals(Optional.of("c"), command.correlationId());
    assertEquals(Optional.of("a"), command.actor());
    assertEquals(OptionalLong.of(2), command.schemaVersion());
  }

  @Test
  void takes_an_empty_label_for_an_absent_one() {
    assertEquals(Optional.empty(), JsonCodec.readCommand(command(Map.of("actor", "\"\""))).actor());
  }

  @Test
  void takes_labels_of_256_characters_and_no_more() {
    String longest = "x".repeat(256);
    assertEquals(
        Optional.of(longest),
        JsonCodec.readCommand(command(Map.of("actor", "\"" + longest + "\""))).actor());
    assertRefused("/actor must be at most 256 characters", Map.of("actor", "\"" + longest + "x\""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"action", "data", "timestamp"})
  void names_the_field_that_is_missing(String field) {
    UnreadableMessage refused = refused(without(field));

    assertEquals(Reason.INVALID_ENVELOPE, refused.reason());
    assertEquals("/" + field + " is missing", refused.detail());
  }

  @Test
  void tells_a_missing_id_from_a_wrong_one() {
    assertEquals(Reason.NO_COMMAND_ID, refused(without("id")).reason());
    assertEquals(Reason.NO_COMMAND_ID, refused(command(Map.of("id", "null"))).reason());
    assertEquals(Reason.INVALID_COMMAND_ID, refused(command(Map.of("id", "7"))).reason());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "7037A79D-7E6B-4969-9EA5-6D5C28605AC4",
        "7037a79d7e6b49699ea56d5c28605ac4",
        "{7037a79d-7e6b-4969-9ea5-6d5c28605ac4}",
        "7037a79d-7e6b-4969-9ea5-6d5c28605ac4 ",
        "1-1-1-1-1"
      })
  void refuses_an_id_that_is_not_a_uuid_in_its_usual_form(String id) {
    UnreadableMessage refused = refused(command(Map.of("id", "\"" + id + "\"")));

    assertEquals(Reason.INVALID_COMMAND_ID, refused.reason());
    assertEquals("/id must be a UUID: 36 characters, lower case", refused.detail());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "action | 1 | a string",
        "action | null | a string",
        "action | [] | a string",
        "data | \"x\" | an object",
        "data | [] | an object",
        "data | null | an object",
        "actor | 1 | a string",
        "actor | null | a string",
        "correlation-id | {} | a string",
        "timestamp | 1 | a string",
        "timestamp | \"\" | an instant like 2026-11-21T10:00:00.000Z",
        "timestamp | \"2026-11-21\" | an instant like 2026-11-21T10:00:00.000Z",
        "timestamp | \"2026-02-30T10:00:00Z\" | an instant like 2026-11-21T10:00:00.000Z",
        "not-after | \"soon\" | an instant like 2026-11-21T10:00:00.000Z",
        "not-after | \"+1000000000-12-31T23:59:59Z\" | an instant like 2026-11-21T10:00:00.000Z",
        "not-after | \"-1000000000-01-01T00:00:00Z\" | an instant like 2026-11-21T10:00:00.000Z",
        "not-after | \"+10000-01-01T00:00:00Z\" | an instant like 2026-11-21T10:00:00.000Z",
        "expected-version | -1 | an integer from 0 to 9223372036854775807",
        "expected-version | 1.0 | an integer from 0 to 9223372036854775807",
        "expected-version | 1e2 | an integer from 0 to 9223372036854775807",
        "expected-version | \"1\" | an integer from 0 to 9223372036854775807",
        "expected-version | null | an integer from 0 to 9223372036854775807",
        "expected-version | 9223372036854775808 | an integer from 0 to 9223372036854775807",
        "schema-version | true | an integer from 0 to 9223372036854775807",
      })
  void refuses_a_field_of_another_type(String field, String value, String expected) {
    assertRefused("/" + field + " must be " + expected, Map.of(field, value));
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "2, 1", "-1, 1", "1, 0"})
  void refuses_an_event_whose_versions_do_not_count_from_1_up_to_through(
      String version, String through) {
    byte[] event =
        command(Map.of("parent-id", "\"" + ID + "\"", "version", version, "through", through));

    assertEquals(
        Reason.INVALID_ENVELOPE,
        assertThrows(UnreadableMessage.class, () -> JsonCodec.readEvent(event)).reason());
  }

  @Test
  void refuses_an_outcome_that_is_none_of_the_three() {
    byte[] outcome =
        command(
            Map.of(
                "parent-id", "\"" + ID + "\"",
                "action", "\"CommandPostponed\"",
                "data", "{\"version\":1}"));

    assertEquals(
        "/action is none of the three outcomes",
        assertThrows(UnreadableMessage.class, () -> JsonCodec.readOutcome(outcome)).detail());
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"version\":1}", "{\"version\":1,\"events\":[1]}"})
  void refuses_an_accepted_outcome_without_its_version_and_events(String data) {
    byte[] outcome =
        command(
            Map.of("parent-id", "\"" + ID + "\"", "action", "\"CommandAccepted\"", "data", data));

    assertEquals(
        Reason.INVALID_ENVELOPE,
        assertThrows(UnreadableMessage.class, () -> JsonCodec.readOutcome(outcome)).reason());
  }

  @Test
  void reads_an_outcome_with_fields_it_does_not_know() {
    byte[] outcome =
        command(
            Map.of(
                "parent-id", "\"" + ID + "\"",
                "action", "\"CommandUnchanged\"",
                "data", "{\"version\":1,\"later\":true}",
                "later", "1"));

    assertEquals(new Outcome.Unchanged(1), JsonCodec.readOutcome(outcome).verdict());
    assertEquals(UUID.fromString(ID), JsonCodec.readOutcome(outcome).parentId());
  }

  private static void assertRefused(String detail, Map<String, String> changed) {
    UnreadableMessage refused = refused(command(changed));
    assertEquals(detail, refused.detail());
    assertEquals(Reason.INVALID_ENVELOPE, refused.reason());
  }

  private static UnreadableMessage refused(byte[] bytes) {
    return assertThrows(UnreadableMessage.class, () -> JsonCodec.readCommand(bytes));
  }

  private static byte[] without(String field) {
    Map<String, String> fields = fields();
    fields.remove(field);
    return json(fields);
  }

  private static byte[] command(Map<String, String> changed) {
    Map<String, String> fields = fields();
    fields.putAll(changed);
    return json(fields);
  }

  private static Map<String, String> fields() {
    return new TreeMap<>(
        Map.of(
            "id", "\"" + ID + "\"",
            "action", "\"CreateValue\"",
            "data", "{}",
            "timestamp", "\"2026-11-21T10:00:00.000Z\""));
  }

  private static byte[] json(Map<String, String> fields) {
    StringBuilder json = new StringBuilder();
    fields.forEach(
        (name, value) ->
            json.append(json.isEmpty() ? '{' : ',')
                .append('"')
                .append(name)
                .append("\":")
                .append(value));
    return json.append('}').toString().getBytes(UTF_8);
  }
}

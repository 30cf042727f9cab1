package dev.pleat.schemas;

import static dev.pleat.schemas.calculator.CalculatorSchema.SCHEMA;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.DomainSchema.Action;
import dev.pleat.schemas.JsonCodec.JsonObject;
import dev.pleat.schemas.calculator.CalculatorCommand;
import dev.pleat.schemas.calculator.CalculatorCommand.UpdateValue;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueCreated;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.Operation;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is read or written in one pass is what the general way makes of it. */
class MessageCodecTest {

  private static final MessageCodec<CalculatorCommand, CalculatorEvent> CODEC =
      MessageCodec.of(SCHEMA);
  private static final int CASES = 30_000;
  private static final String VALUE_ID = "6f9a1c52-2d70-4e2b-8a3f-1a5d0c9b7e11";
  private static final String USUAL =
      "{\"id\":\"7037a79d-7e6b-4969-9ea5-6d5c28605ac4\",\"action\":\"UpdateValue\","
          + "\"data\":{\"value-id\":\""
          + VALUE_ID
          + "\",\"operation\":\"ADD\",\"value\":2.5},\"timestamp\":\"2026-11-21T10:00:00.000Z\"}";

  @Test
  void reads_the_usual_command_in_one_pass() {
    ReadCommand<CalculatorCommand> command = read(USUAL).orElseThrow();

    assertEquals(new UpdateValue(VALUE_ID, Operation.ADD, 2.5), command.data());
    assertEquals("UpdateValue", command.action().name());
    assertEquals(Optional.of(VALUE_ID), command.addressed());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-0",
        "0.0",
        "-0.0",
        "0e0",
        "1E5",
        "12.50",
        "1e308",
        "1e-320",
        "-3",
        "100",
        "9007199254740993",
        "0.1",
        "1.7976931348623156e308",
        "5e-324",
        "00",
        "1.",
        ".5",
        "+1",
        "1e999",
        "1.7976931348623157e308",
        "-1.7976931348623157e308",
        "1.79769313486231571e308",
        "1e-400",
        "-1e-400",
        "2.4e-324",
        "-2.5e-324",
        "1e9999999999",
        "1e-9999999999",
        "NaN",
        "null",
        "true",
        "\"1\"",
        "[1]",
        "{}",
        "0.1000000000000000055511151231257827",
        "123456789012345678901234567890"
      })
  void agrees_on_numbers(String number) {
    agree(USUAL.replace("2.5", number));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}x",
        " ",
        "[]",
        "{\"id\":1}",
        "",
        "{",
        "{\"a\":{\"a\":{}}}",
        "\u0000",
        "nul",
        "{\"id\":\"7037A79D-7e6b-4969-9ea5-6d5c28605ac4\"}"
      })
  void leaves_what_is_no_command_to_the_general_way(String json) {
    assertTrue(read(json).isEmpty());
    assertTrue(read(USUAL + json.strip()).isEmpty() || json.isBlank());
  }

  @Test
  void leaves_bytes_that_are_not_utf_8_to_the_general_way() {
    byte[] bytes = USUAL.replace("timestamp", "actor\":\"?\",\"timestamp").getBytes(UTF_8);
    assertTrue(CODEC.readCommand(bytes).isPresent());
    bytes[new String(bytes, UTF_8).indexOf('?')] = (byte) 0xC0;

    assertTrue(CODEC.readCommand(bytes).isEmpty());
  }

  @Test
  void agrees_with_the_general_way_on_random_commands() {
    long seed = Long.getLong("pleat.seed", System.nanoTime());
    Random random = new Random(seed);
    int inOnePass = 0;
    for (int i = 0; i < CASES; i++) {
      String json = randomCommand(random);
      try {
        inOnePass += agree(json) ? 1 : 0;
      } catch (AssertionError e) {
        throw new AssertionError("seed " + seed + ": " + json, e);
      }
    }
    assertTrue(inOnePass > CASES / 20, inOnePass + " of " + CASES + ", seed " + seed);
    assertTrue(inOnePass < CASES, "nothing was left to the general way, seed " + seed);
  }

  /** Whether it was read in one pass. */
  private static boolean agree(String json) {
    byte[] bytes = json.getBytes(UTF_8);
    Optional<ReadCommand<CalculatorCommand>> once = CODEC.readCommand(bytes);
    if (once.isEmpty()) {
      return false;
    }
    ReadCommand<CalculatorCommand> read = once.get();
    SubmittedCommand general = JsonCodec.readCommand(bytes);
    Action<CalculatorCommand> action = SCHEMA.action(general.action()).orElseThrow();
    assertEquals(List.of(), SCHEMA.jsonSchemas().validate(action.name(), general.data()));
    assertEquals(JsonCodec.toRecord(general.data(), action.type()), read.data());
    assertEquals(general.id(), read.id());
    assertEquals(action, read.action());
    assertEquals(general.data().text("value-id"), read.addressed());
    assertEquals(general.expectedVersion(), read.expectedVersion());
    assertEquals(general.notAfter(), read.notAfter());
    assertEquals(general.correlationId(), read.correlationId());
    assertEquals(general.actor(), read.actor());
    assertArrayEquals(fingerprint(general), read.fingerprint());
    return true;
  }

  private static byte[] fingerprint(SubmittedCommand command) {
    OptionalLong expected = command.expectedVersion();
    return command
        .data()
        .fingerprint(
            command.action()
                + "\n"
                + (expected.isPresent() ? Long.toString(expected.getAsLong()) : ""));
  }

  private static String randomCommand(Random random) {
    List<String> data = new ArrayList<>();
    data.add("\"value-id\":\"" + pick(random, VALUE_ID, VALUE_ID, VALUE_ID, "x", "\\u0036") + "\"");
    data.add(
        "\"value\":"
            + pick(
                random,
                Double.toString(random.nextGaussian() * Math.pow(10, random.nextInt(20) - 10)),
                Integer.toString(random.nextInt()),
                Long.toString(random.nextLong()),
                random.nextInt(1000) + "." + random.nextInt(1000) + "0E" + (random.nextInt(9) - 4),
                "-0.0",
                "1.7976931348623157e308",
                "1e999",
                "null"));
    String action = pick(random, "UpdateValue", "UpdateValue", "CreateValue", "DropValue");
    if (action.equals("UpdateValue") || random.nextInt(10) == 0) {
      data.add("\"operation\":\"" + pick(random, "ADD", "MULTIPLY", "ADD", "add") + "\"");
    }
    if (random.nextInt(20) == 0) {
      data.add(pick(random, "\"value\":1", "\"more\":{}", "\"more\":[1]"));
    }
    Collections.shuffle(data, random);
    if (random.nextInt(30) == 0) {
      data.removeLast();
    }
    List<String> fields = new ArrayList<>();
    fields.add("\"action\":\"" + action + "\"");
    fields.add("\"data\":{" + String.join(pick(random, ",", " , "), data) + "}");
    fields.add(
        random.nextInt(2), "\"id\":\"" + new UUID(random.nextLong(), random.nextLong()) + "\"");
    fields.add(
        "\"timestamp\":\""
            + pick(
                random,
                "2026-11-21T10:00:00.000Z",
                "2026-11-21T10:00:00Z",
                "2026-02-30T10:00:00.000Z",
                "2026-11-21T24:00:00.000Z",
                "2026-11-21T23:59:60.000Z",
                "0000-01-01T00:00:00.000Z",
                "-0001-01-01T00:00:00.000Z",
                "2026-11-21T10:00:00.123456789Z")
            + "\"");
    optional(random, fields, "\"expected-version\":" + pick(random, "0", "7", "-1", "1.0", "1e3"));
    optional(
        random,
        fields,
        "\"not-after\":\"" + pick(random, "2026-11-21T10:00:00.001Z", "2026-11-21T10:00Z") + "\"");
    optional(random, fields, "\"correlation-id\":\"" + pick(random, "c", "", "größer") + "\"");
    optional(random, fields, "\"actor\":" + pick(random, "\"ann\"", "null", "\"\\ud800\""));
    optional(random, fields, "\"schema-version\":" + pick(random, "1", "\"1\""));
    optional(random, fields, pick(random, "\"later\":1", "\"actor\":\"bob\""));
    if (random.nextInt(10) == 0) {
      Collections.shuffle(fields, random);
    }
    return "{" + String.join(pick(random, ",", "\n,\t"), fields) + "}" + pick(random, "", " ", "");
  }

  private static void optional(Random random, List<String> fields, String field) {
    if (random.nextInt(8) == 0) {
      fields.add(field);
    }
  }

  private static String pick(Random random, String... choices) {
    return choices[random.nextInt(choices.length)];
  }

  @Test
  void writes_random_events_as_the_general_way_does_and_reads_them_back() {
    long seed = Long.getLong("pleat.seed", System.nanoTime());
    Random random = new Random(seed);
    int inOnePass = 0;
    for (int i = 0; i < CASES; i++) {
      double value = random.nextInt(10) == 0 ? -0.0 : Double.longBitsToDouble(random.nextLong());
      CalculatorEvent event =
          random.nextBoolean()
              ? new ValueCreated(VALUE_ID, value)
              : new ValueUpdated(VALUE_ID, Operation.ADD, random.nextInt(), value);
      UUID id = new UUID(random.nextLong(), random.nextLong());
      Instant time = Instant.ofEpochMilli(Math.abs(random.nextLong()) % 253_402_300_800_000L);
      long version = 1 + random.nextInt(1_000_000);
      Optional<String> label =
          Optional.of(pick(random, "", "order 17", "größer", "\"", "\\", "\u007f", "\n", "𝄞"))
              .filter(text -> !text.isEmpty());
      Optional<byte[]> once =
          CODEC.writeEvent(id, id, event, VALUE_ID, time, version, version, label, label);
      if (once.isEmpty()) {
        assertFalse(Double.isFinite(value), "seed " + seed + ": " + event);
        continue;
      }
      inOnePass++;
      JsonObject data = JsonCodec.toObject(event);
      String action = event.getClass().getSimpleName();
      assertEquals(List.of(), SCHEMA.jsonSchemas().validate(action, data));
      byte[] general =
          JsonCodec.write(
              new RecordedEvent(id, id, action, data, time, version, version, label, label));
      assertEquals(new String(general, UTF_8), new String(once.get(), UTF_8), "seed " + seed);
      RecordedEvent back = JsonCodec.readEvent(general);
      Optional<MessageCodec.ReadEvent<CalculatorEvent>> read = CODEC.readEvent(general);
      if (read.isPresent()) {
        assertEquals(back.version(), read.get().version());
        assertEquals(back.through(), read.get().through());
        assertEquals(
            JsonCodec.toRecord(back.data(), SCHEMA.event(action).orElseThrow()),
            read.get().event(),
            "seed " + seed);
      }
    }
    assertTrue(inOnePass > CASES * 8 / 10, inOnePass + " of " + CASES + ", seed " + seed);
  }

  @Test
  void reads_the_usual_event_in_one_pass() {
    UUID id = new UUID(1, 2);
    ValueUpdated event = new ValueUpdated(VALUE_ID, Operation.MULTIPLY, 2, 5);
    byte[] bytes =
        CODEC
            .writeEvent(
                id, id, event, VALUE_ID, Instant.EPOCH, 3, 4, Optional.empty(), Optional.empty())
            .orElseThrow();

    assertEquals(
        Optional.of(
            new MessageCodec.ReadEvent<CalculatorEvent>(
                id, id, Instant.EPOCH, 3, 4, Optional.empty(), event)),
        CODEC.readEvent(bytes));
    String text = new String(bytes, UTF_8);
    for (String broken :
        List.of(
            text.replace("\"version\":3", "\"version\":5"),
            text.replace("\"version\":3", "\"version\":0"),
            text.replace("\"version\":3", "\"version\":3,\"version\":3"),
            text.replace("\"version\":3,", ""),
            text.replace("ValueUpdated", "ValueDropped"),
            text + "x")) {
      assertTrue(CODEC.readEvent(broken.getBytes(UTF_8)).isEmpty(), broken);
    }
  }

  @Test
  void writes_no_event_about_another_aggregate() {
    assertTrue(
        CODEC
            .writeEvent(
                new UUID(1, 2),
                new UUID(1, 2),
                new ValueCreated(VALUE_ID, 1),
                "another",
                Instant.EPOCH,
                1,
                1,
                Optional.empty(),
                Optional.empty())
            .isEmpty());
  }

  @Test
  void instants_are_written_and_read_as_the_platform_does() {
    DateTimeFormatter platform =
        DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
    long seed = Long.getLong("pleat.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int i = 0; i < CASES; i++) {
      Instant instant =
          Instant.ofEpochSecond(
              (long) (random.nextGaussian() * 2e11), random.nextInt(1_000_000_000));
      String text = JsonCodec.text(instant);
      assertEquals(platform.format(instant), text, "seed " + seed);
      if (text.length() == 24 && text.charAt(0) != '-') {
        assertEquals(Optional.of(Instant.parse(text)), InstantText.read(text), "seed " + seed);
      }
    }
    for (String none : List.of("2026-13-01T00:00:00.000Z", "2026-02-29T00:00:00.000Z", "x")) {
      assertEquals(Optional.empty(), InstantText.read(none));
    }
  }

  private static Optional<ReadCommand<CalculatorCommand>> read(String json) {
    return CODEC.readCommand(json.getBytes(UTF_8));
  }
}

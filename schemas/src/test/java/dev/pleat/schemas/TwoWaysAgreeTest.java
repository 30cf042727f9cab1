package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.DomainSchema.Action;
import dev.pleat.schemas.JsonCodec.JsonObject;
import dev.pleat.schemas.MessageCodec.ReadEvent;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.ShapesDomain.BeConstant;
import dev.pleat.schemas.ShapesDomain.ConstantBeen;
import dev.pleat.schemas.ShapesDomain.DatedDone;
import dev.pleat.schemas.ShapesDomain.EverythingDone;
import dev.pleat.schemas.ShapesDomain.ImpossibleDone;
import dev.pleat.schemas.ShapesDomain.LinesListed;
import dev.pleat.schemas.ShapesDomain.Mood;
import dev.pleat.schemas.ShapesDomain.MoreGot;
import dev.pleat.schemas.ShapesDomain.NothingDone;
import dev.pleat.schemas.ShapesDomain.PickyBeen;
import dev.pleat.schemas.ShapesDomain.Season;
import dev.pleat.schemas.ShapesDomain.SeasonChanged;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Random and hostile messages of many shapes, read and written both ways. */
class TwoWaysAgreeTest {

  private static final int CASES = 20_000;
  private static final DomainSchema<ShapesDomain.Command, ShapesDomain.Event> SCHEMA =
      ShapesDomain.SCHEMA;
  private static final MessageCodec<ShapesDomain.Command, ShapesDomain.Event> CODEC =
      MessageCodec.of(SCHEMA);

  /** The only ones there is a form for. */
  private static final Set<String> IN_ONE_PASS = Set.of("DoEverything", "DoNothing", "BePicky");

  private final long seed = Long.getLong("pleat.seed", System.nanoTime());
  private final Random random = new Random(seed);

  // ---- commands

  /** One command, and whether it is one that must be read in one pass. */
  private record Sample(String json, boolean isUsual) {}

  @Test
  void commands_are_read_the_same_way() {
    Map<String, Integer> usual = new HashMap<>();
    int others = 0;
    for (int i = 0; i < CASES; i++) {
      Sample sample = command();
      boolean inOnePass = agreeOnCommand(sample.json().getBytes(UTF_8));
      if (sample.isUsual()) {
        assertTrue(inOnePass, () -> shown("not read in one pass", sample.json().getBytes(UTF_8)));
        usual.merge(JsonCodec.readCommand(sample.json().getBytes(UTF_8)).action(), 1, Integer::sum);
      } else if (inOnePass) {
        others++;
      }
    }
    assertEquals(IN_ONE_PASS, usual.keySet(), "seed " + seed);
    assertTrue(usual.values().stream().allMatch(count -> count > CASES / 100), usual + " " + seed);
    assertTrue(others < CASES / 2, others + " seed " + seed);
  }

  @Test
  void broken_commands_are_read_the_same_way() {
    int inOnePass = 0;
    for (int i = 0; i < CASES; i++) {
      inOnePass += agreeOnCommand(broken(command().json().getBytes(UTF_8))) ? 1 : 0;
    }
    // Some breaks do no harm: white space, another digit.
    assertTrue(inOnePass > CASES / 100, inOnePass + " of " + CASES + ", seed " + seed);
  }

  /** Whether it was read in one pass; fails if the general way reads it otherwise. */
  private boolean agreeOnCommand(byte[] bytes) {
    Optional<ReadCommand<ShapesDomain.Command>> once = CODEC.readCommand(bytes);
    if (once.isEmpty()) {
      return false;
    }
    ReadCommand<ShapesDomain.Command> read = once.get();
    try {
      SubmittedCommand general = JsonCodec.readCommand(bytes);
      Action<ShapesDomain.Command> action = SCHEMA.action(general.action()).orElseThrow();
      assertEquals(List.of(), SCHEMA.jsonSchemas().validate(action.name(), general.data()));
      assertEquals(JsonCodec.toRecord(general.data(), action.type()), read.data());
      assertEquals(general.id(), read.id());
      assertEquals(action, read.action());
      assertEquals(general.data().text("id"), read.addressed());
      assertEquals(general.expectedVersion(), read.expectedVersion());
      assertEquals(general.notAfter(), read.notAfter());
      assertEquals(general.correlationId(), read.correlationId());
      assertEquals(general.actor(), read.actor());
      String expected =
          general.expectedVersion().isPresent()
              ? Long.toString(general.expectedVersion().getAsLong())
              : "";
      assertArrayEquals(
          general.data().fingerprint(general.action() + "\n" + expected), read.fingerprint());
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(shown("the ways differ", bytes), e);
    }
    return true;
  }

  private String shown(String what, byte[] bytes) {
    return what
        + ", seed "
        + seed
        + ": "
        + new String(bytes, UTF_8)
        + " = "
        + HexFormat.of().formatHex(bytes);
  }

  private Sample command() {
    boolean[] usual = {true};
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("id", quoted(new UUID(random.nextLong(), random.nextLong()).toString()));
    String action = pick("DoEverything", "DoEverything", "DoNothing", "BePicky");
    if (random.nextInt(8) == 0) {
      action =
          pick(
              "ListLines",
              "BeConstant",
              "DoImpossible",
              "DoDated",
              "ChangeSeason",
              "GetMore",
              "NoSuch");
      usual[0] = false;
    }
    fields.put("action", quoted(action));
    fields.put("data", object(data(action, usual), usual));
    fields.put("timestamp", instant(usual));
    optional(fields, "expected-version", () -> either(usual, count(), oddCount()));
    optional(fields, "not-after", () -> instant(usual));
    optional(fields, "correlation-id", () -> label(usual));
    optional(fields, "actor", () -> label(usual));
    optional(fields, "schema-version", () -> either(usual, "1", oddCount()));
    List<String> written = new ArrayList<>();
    fields.forEach((name, value) -> written.add(name(name, usual) + colon() + value));
    if (random.nextInt(15) == 0) {
      // Data may come before the action then, or not.
      Collections.shuffle(written, random);
      usual[0] = false;
    }
    return new Sample(space() + object(written, usual) + space(), usual[0]);
  }

  private Map<String, String> everything(boolean[] usual) {
    Map<String, String> data = new LinkedHashMap<>();
    data.put("id", either(usual, quoted(pick("a", "b", "größe", "12345678", "𝄞")), text()));
    data.put(
        "share",
        either(
            usual,
            pick("0", "-1.25", "999.5", "1e2", Double.toString(random.nextDouble())),
            number()));
    data.put("any-number", either(usual, usualNumber(), number()));
    data.put("count", either(usual, Integer.toString(random.nextInt(999_000)), number()));
    data.put("total", either(usual, Long.toString(random.nextLong() / 100), number()));
    data.put("on", either(usual, pick("true", "false"), pick("null", "0", "True", "\"true\"")));
    data.put("mood", either(usual, pick("\"GOOD\"", "\"BAD\""), pick("\"ODD\"", "\"good\"", "0")));
    data.put("word", either(usual, pick("\"a\"", "\"wort\""), text()));
    if (random.nextBoolean()) {
      data.put("note", either(usual, pick("\"\"", "\"12345\"", "\"äöüß𝄞\""), text()));
    }
    return data;
  }

  private List<String> data(String action, boolean[] usual) {
    Map<String, String> data =
        switch (action) {
          case "DoEverything" -> everything(usual);
          case "DoNothing" -> new LinkedHashMap<>(Map.of("id", quoted("a")));
          case "BePicky" -> {
            Map<String, String> picky = new LinkedHashMap<>(Map.of("id", quoted("a")));
            picky.put(
                "even",
                either(
                    usual,
                    pick("0", "2", "-8"),
                    pick("1", "101", "2.0", "-0", "4294967296", "2147483648")));
            picky.put("why", quoted(pick("", "so")));
            yield picky;
          }
          default -> {
            Map<String, String> some = new LinkedHashMap<>(Map.of("id", quoted("a")));
            some.put("count", pick("7", "1", "1.5"));
            some.put("lines", "[]");
            some.put("season", pick("\"SUMMER\"", "\"summer\""));
            some.keySet().retainAll(Set.of("id", pick("count", "lines", "season", "more")));
            yield some;
          }
        };
    if (random.nextInt(20) == 0) {
      data.remove(pick(data.keySet().toArray(String[]::new)));
      usual[0] = false;
    }
    if (random.nextInt(20) == 0) {
      data.put(pick("more", "Id", "i", "anyNumber"), pick("1", "null", "{}", "[[]]"));
      usual[0] = false;
    }
    List<String> written = new ArrayList<>();
    data.forEach((name, value) -> written.add(name(name, usual) + colon() + value));
    if (random.nextInt(3) == 0) {
      Collections.shuffle(written, random);
    }
    return written;
  }

  private String object(List<String> fields, boolean[] usual) {
    List<String> all = new ArrayList<>(fields);
    if (random.nextInt(40) == 0 && !all.isEmpty()) {
      all.add(all.get(random.nextInt(all.size())));
      usual[0] = false;
    }
    String comma = space() + "," + space();
    if (random.nextInt(60) == 0) {
      usual[0] = false;
      comma = pick("", ",,", ";", ",\u000b", ",\u00a0");
    }
    return "{" + space() + String.join(comma, all) + space() + "}";
  }

  private String name(String name, boolean[] usual) {
    if (random.nextInt(200) > 0) {
      return quoted(name);
    }
    usual[0] = false;
    return pick(
        quoted("\\u00" + Integer.toHexString(name.charAt(0)) + name.substring(1)),
        name,
        "'" + name + "'",
        quoted(name + "\u0000"),
        quoted(name.toUpperCase(java.util.Locale.ROOT)));
  }

  private String either(boolean[] usual, String plain, String other) {
    if (random.nextInt(25) > 0) {
      return plain;
    }
    usual[0] = false;
    return other;
  }

  private String usualNumber() {
    return switch (random.nextInt(5)) {
      case 0 -> Double.toString(random.nextGaussian());
      case 1 -> Double.toString(usualDouble());
      case 2 -> Integer.toString(random.nextInt());
      case 3 -> random.nextInt(1000) + "." + random.nextInt(1000) + "0E" + (random.nextInt(9) - 4);
      default -> pick("0", "-0", "0.0", "-0.0e-7", "0E+999", "1e+5", "12.50", "1e308", "100");
    };
  }

  /** Any finite double whose text has at most 24 characters, which all have. */
  private double usualDouble() {
    double number = Double.longBitsToDouble(random.nextLong());
    return Double.isFinite(number) ? number : 1;
  }

  private String number() {
    return switch (random.nextInt(3)) {
      case 0 -> usualNumber();
      case 1 -> Long.toString(random.nextLong()) + pick("", "0", ".5", "e1", "e-17", "E300");
      default ->
          pick(
              "-1.5",
              "1000",
              "1000.0",
              "1e3",
              "999.99999999999999",
              "-10",
              "1000000",
              "1e6",
              "-1.50000000000000000001",
              "9007199254740993",
              "9223372036854775807",
              "9223372036854775808",
              "-9223372036854775808",
              "2147483647",
              "2147483648",
              "1.7976931348623157e308",
              "1.7976931348623158e308",
              "1.7976931348623159e308",
              "1e309",
              "1e999",
              "-1e999",
              "1e1000",
              "1e-400",
              "-1e-400",
              "4.9e-324",
              "2.4e-324",
              "1e2147483648",
              "0.1000000000000000055511151231257827",
              "123456789012345678901234567890",
              "9".repeat(1001),
              "01",
              "1.",
              ".5",
              "+1",
              "-",
              "- 1",
              "1e",
              "1e+",
              "--1",
              "0x10",
              "1_000",
              "1d",
              "NaN",
              "-Infinity",
              "null",
              "true",
              "\"1\"",
              "[1]",
              "{}");
    };
  }

  private String text() {
    return pick(
        "\"\"",
        "\"a\\u0062\"",
        "\"\\ud834\\udd1e\"",
        "\"\\ud834\"",
        "\"a\\\"b\"",
        "\"\\/\"",
        "\"a\u0001\"",
        "\"a\nb\"",
        "\"a\\n\"",
        "\"a\u007f\"",
        "\"\ufffd\"",
        "\"\ufeff\"",
        "\"\u2028\"",
        "\"123456789\"",
        "\"ABC\"",
        quoted("x".repeat(70_000)),
        "\"open",
        "null",
        "3",
        "{\"a\":".repeat(65) + "1" + "}".repeat(65));
  }

  private String instant(boolean[] usual) {
    return either(
        usual,
        quoted(
            pick(
                "2026-11-21T10:00:00.000Z",
                "2026-11-21T10:00:00Z",
                "2024-02-29T23:59:59.999Z",
                "0000-01-01T00:00:00.000Z",
                "9999-12-31T23:59:59.999Z",
                JsonCodec.text(Instant.ofEpochMilli(random.nextLong() >>> 18)))),
        pick(
            "\"2026-02-29T10:00:00.000Z\"",
            "\"2026-00-10T10:00:00.000Z\"",
            "\"2026-11-31T10:00:00.000Z\"",
            "\"2026-11-21T24:00:00.000Z\"",
            "\"2026-11-21T23:59:60.000Z\"",
            "\"2026-11-21t10:00:00.000z\"",
            "\"-0001-01-01T00:00:00.000Z\"",
            "\"+10000-01-01T00:00:00.000Z\"",
            "\"2026-11-21T10:00:00.123456789Z\"",
            "\"2026-11-21T10:00:00.000+01:00\"",
            "\"2026-11-21T10:00:00.0０0Z\"",
            "\"2026-11-21\"",
            "1",
            "null"));
  }

  private String count() {
    return pick("0", "7", "999999999999999999");
  }

  private String oddCount() {
    return pick(
        "-1", "-0", "1.0", "1e3", "01", "9223372036854775807", "9223372036854775808", "null");
  }

  private String label(boolean[] usual) {
    return either(
        usual,
        quoted(pick("ann", "größer", "𝄞", "l".repeat(256))),
        pick("\"\"", "null", "\"\\ud800\"", quoted("l".repeat(257)), "1"));
  }

  private void optional(
      Map<String, String> fields, String name, java.util.function.Supplier<String> value) {
    if (random.nextInt(6) == 0) {
      fields.put(name, value.get());
    }
  }

  private String colon() {
    return space() + ":" + space();
  }

  private String space() {
    return random.nextInt(30) == 0 ? pick(" ", "\n", "\r\n", "\t", "    ") : "";
  }

  private static String quoted(String text) {
    return "\"" + text + "\"";
  }

  private String pick(String... choices) {
    return choices[random.nextInt(choices.length)];
  }

  private static final byte[][] BREAKS =
      java.util.stream.Stream.of(
              "{",
              "}",
              "[",
              "]",
              "\"",
              ",",
              ":",
              "\\",
              "u",
              "0",
              "9",
              "-",
              "+",
              ".",
              "e",
              " ",
              "\n",
              "\t",
              "\u0000",
              "\u000b",
              "\u001f",
              "\u007f",
              "\u0080",
              "\u00c0",
              "\u00c0\u0080",
              "\u00c3\u00a9",
              "\u00ed\u00a0\u0080",
              "\u00ff",
              "\u00ef\u00bb\u00bf",
              "\\u0061",
              "\\ud800",
              "//",
              "/**/",
              "true",
              "null")
          .map(each -> each.getBytes(ISO_8859_1))
          .toArray(byte[][]::new);

  /** With one to three bytes or pieces put in, replaced or taken out. */
  private byte[] broken(byte[] good) {
    byte[] bytes = good;
    for (int i = random.nextInt(3); i >= 0; i--) {
      int at = random.nextInt(bytes.length + 1);
      int taken = Math.min(random.nextInt(3), bytes.length - at);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.write(bytes, 0, at);
      if (random.nextBoolean()) {
        out.writeBytes(BREAKS[random.nextInt(BREAKS.length)]);
      }
      out.write(bytes, at + taken, bytes.length - at - taken);
      bytes = out.toByteArray();
      if (bytes.length == 0) {
        return bytes;
      }
    }
    return bytes;
  }

  // ---- events

  @Test
  void events_are_written_and_read_the_same_way() {
    Map<String, Integer> written = new HashMap<>();
    Set<String> all = new TreeSet<>();
    int read = 0;
    for (int i = 0; i < CASES; i++) {
      ShapesDomain.Event event = event();
      String action = event.getClass().getSimpleName();
      all.add(action);
      UUID id = new UUID(random.nextLong(), random.nextLong());
      UUID parent = new UUID(random.nextLong(), random.nextLong());
      String about = random.nextInt(20) == 0 ? "another" : "a";
      Instant time =
          Instant.ofEpochSecond(
              random.nextInt(20) == 0
                  ? random.nextLong() >> 14
                  : random.nextInt(200_000_000) * 100L,
              random.nextInt(1_000_000_000));
      long version = random.nextInt(20) == 0 ? random.nextLong() : random.nextInt(1_000);
      long through = version + random.nextInt(5) - 1;
      Optional<String> correlation = anyText();
      Optional<String> actor = anyText();
      Optional<byte[]> once =
          CODEC.writeEvent(id, parent, event, about, time, version, through, correlation, actor);
      if (once.isEmpty()) {
        continue;
      }
      written.merge(action, 1, Integer::sum);
      try {
        byte[] general =
            written(id, parent, event, about, time, version, through, correlation, actor);
        assertEquals(new String(general, UTF_8), new String(once.get(), UTF_8));
        read += agreeOnEvent(general) ? 1 : 0;
        agreeOnEvent(broken(general));
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + ": " + event, e);
      }
    }
    assertEquals(Set.of("EverythingDone", "NothingDone", "PickyBeen"), written.keySet());
    assertTrue(
        written.values().stream().allMatch(count -> count > CASES / 100), written + " " + seed);
    assertTrue(read > CASES / 20, read + " read in one pass, seed " + seed);
    assertEquals(9, all.size(), "seed " + seed);
  }

  /** The general way, with the checks an event has to pass before it is written. */
  private static byte[] written(
      UUID id,
      UUID parent,
      ShapesDomain.Event event,
      String about,
      Instant time,
      long version,
      long through,
      Optional<String> correlation,
      Optional<String> actor) {
    String action = event.getClass().getSimpleName();
    JsonObject data = JsonCodec.toObject(event);
    assertEquals(List.of(), SCHEMA.jsonSchemas().validate(action, data));
    assertEquals(about, data.text("id").orElse(about));
    return JsonCodec.write(
        new RecordedEvent(id, parent, action, data, time, version, through, correlation, actor));
  }

  private static boolean agreeOnEvent(byte[] bytes) {
    Optional<ReadEvent<ShapesDomain.Event>> once = CODEC.readEvent(bytes);
    if (once.isEmpty()) {
      return false;
    }
    RecordedEvent general = JsonCodec.readEvent(bytes);
    assertEquals(general.id(), once.get().id());
    assertEquals(general.parentId(), once.get().parentId());
    assertEquals(general.timestamp(), once.get().timestamp());
    assertEquals(general.version(), once.get().version());
    assertEquals(general.through(), once.get().through());
    assertEquals(general.correlationId(), once.get().correlationId());
    assertEquals(
        JsonCodec.toRecord(general.data(), SCHEMA.event(general.action()).orElseThrow()),
        once.get().event());
    return true;
  }

  private ShapesDomain.Event event() {
    int count = random.nextInt(30) == 0 ? random.nextInt() : random.nextInt(1_000);
    return switch (random.nextInt(12)) {
      case 0 -> new NothingDone(pick("a", "a", "", "123456789", "größe"));
      case 1 -> new PickyBeen("a", count);
      case 2 -> new LinesListed("a", List.of("b"));
      case 3 -> new ConstantBeen("a", 7);
      case 4 -> new ImpossibleDone("a", count);
      case 5 -> new DatedDone("a", count);
      case 6 -> new SeasonChanged("a", Season.SUMMER);
      case 7 -> new MoreGot("a");
      default ->
          new EverythingDone(
              random.nextInt(20) == 0 ? null : "a",
              random.nextInt(10) == 0 ? usualDouble() : random.nextInt(999) - 1,
              switch (random.nextInt(6)) {
                case 0 -> -0.0;
                case 1 -> Double.longBitsToDouble(random.nextLong());
                case 2 -> random.nextInt();
                case 3 -> (random.nextInt(3) - 1) * 1e7 + random.nextInt(3) - 1;
                case 4 -> Integer.MIN_VALUE;
                default -> random.nextGaussian();
              },
              count,
              random.nextInt(50) == 0 ? Long.MIN_VALUE : random.nextLong() >> random.nextInt(64),
              random.nextBoolean(),
              random.nextInt(20) == 0 ? Mood.ODD : Mood.GOOD,
              pick("a", "wort", "wort", "wort", "Wort", "\ud834", "a\n"),
              Optional.of(pick("", "n", "\"\\\"", "\t\u0001", "𝄞", "\ud834", "123456", "é\u2028/"))
                  .filter(note -> random.nextBoolean()));
    };
  }

  private Optional<String> anyText() {
    return Optional.of(
            pick("", "ann", "größer", "a \"b\" \n", "\\", "\t", "\"", "𝄞", "\u007f\u2028/"))
        .filter(text -> random.nextInt(3) == 0);
  }

  // ---- outcomes

  @Test
  void outcomes_are_written_as_the_json_library_would() {
    for (int i = 0; i < CASES / 10; i++) {
      UUID id = new UUID(random.nextLong(), random.nextLong());
      String text = anyText().orElse("a sentence");
      long version = random.nextInt(10) == 0 ? random.nextLong() >>> 1 : random.nextInt(100_000);
      Outcome outcome =
          new Outcome(
              id,
              new UUID(random.nextLong(), random.nextLong()),
              switch (random.nextInt(3)) {
                case 0 -> new Accepted(version, Collections.nCopies(random.nextInt(4), id));
                case 1 -> new Unchanged(version);
                default -> new Rejected(version, "not-found", text);
              },
              Instant.ofEpochMilli(random.nextLong() >> 16),
              anyText(),
              anyText(),
              random.nextBoolean());
      assertEquals(
          new String(JsonCodec.object(fields(outcome)).bytes(), UTF_8),
          new String(JsonCodec.write(outcome), UTF_8),
          "seed " + seed);
    }
  }

  private static Map<String, Object> fields(Outcome outcome) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("version", outcome.verdict().version());
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("id", outcome.id().toString());
    fields.put("parent-id", outcome.parentId().toString());
    switch (outcome.verdict()) {
      case Accepted accepted -> {
        fields.put("action", "CommandAccepted");
        data.put("events", accepted.events().stream().map(UUID::toString).toList());
      }
      case Unchanged unchanged -> fields.put("action", "CommandUnchanged");
      case Rejected rejected -> {
        fields.put("action", "CommandRejected");
        data.put("reason", rejected.reason());
        data.put("detail", rejected.detail());
      }
    }
    fields.put("data", data);
    fields.put("timestamp", JsonCodec.text(outcome.timestamp()));
    outcome.correlationId().ifPresent(id -> fields.put("correlation-id", id));
    outcome.actor().ifPresent(actor -> fields.put("actor", actor));
    if (outcome.replayed()) {
      fields.put("replayed", true);
    }
    return fields;
  }

  @Test
  void only_what_it_understands_has_a_form() {
    assertEquals(
        IN_ONE_PASS,
        SCHEMA.actions().stream()
            .filter(
                action ->
                    RecordForm.of(
                            action.type(),
                            SCHEMA.jsonSchemas().source(action.name()).orElseThrow(),
                            "id")
                        .isPresent())
            .map(Action::name)
            .collect(java.util.stream.Collectors.toSet()));
    assertTrue(
        RecordForm.of(BeConstant.class, SCHEMA.jsonSchemas().source("BePicky").orElseThrow(), "id")
            .isEmpty(),
        "a component without a property");
  }
}

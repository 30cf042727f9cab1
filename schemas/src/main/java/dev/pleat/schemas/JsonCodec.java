package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.UnreadableMessage.Reason;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.StreamWriteConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.AnnotatedClass;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.AnnotatedParameter;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.NamedType;
import tools.jackson.databind.node.ObjectNode;

/**
 * Turns records into JSON and back: the only file that knows the JSON library.
 *
 * <p>Keys are in kebab-case, text is UTF-8, instants have milliseconds, absent optional fields are
 * left out. Reading is strict about JSON itself (one value, no duplicate keys, no NaN, well-formed
 * Unicode, at most 64 levels, numbers of at most 1 000 characters) and lenient about fields it does
 * not know. What a reader would refuse is not written either: it could never be read again. All
 * methods are pure and may be called from any thread.
 */
public final class JsonCodec {

  private static final int MAX_DEPTH = 64;
  private static final int MAX_NUMBER_CHARS = 1_000;
  private static final int MAX_TEXT_CHARS = 1024 * 1024;
  private static final int MAX_NAME_BYTES = 256;
  static final int MAX_LABEL_CHARS = 256;
  static final int FINGERPRINT_BYTES = 16;
  private static final Instant FIRST_INSTANT = Instant.parse("0000-01-01T00:00:00Z");
  private static final Instant AFTER_LAST_INSTANT = Instant.parse("+10000-01-01T00:00:00Z");

  private static final DateTimeFormatter INSTANT =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private static final String USUAL_INSTANT = "0000-00-00T00:00:00.000Z";
  private static final long SECONDS_A_DAY = 86_400;

  private static final Pattern NAMED_CODE =
      Pattern.compile("\\s*\\([^()`]*`[^`]*`[^()`]*\\)|[:;,][^:;,`]*`[^`]*`[^`]*$");

  /** For what anybody may have written. */
  private static final StreamReadConstraints LIMITS =
      StreamReadConstraints.builder()
          .maxNestingDepth(MAX_DEPTH)
          .maxNumberLength(MAX_NUMBER_CHARS)
          .maxStringLength(MAX_TEXT_CHARS)
          .maxNameLength(MAX_NAME_BYTES)
          .build();

  private static final MessageDigest SHA_256 = NameBasedId.digest("SHA-256");

  private static final JsonMapper MAPPER = mapper(LIMITS, new RecordsByName(true));

  private static final JsonFactory ONE_PASS =
      JsonFactory.builder()
          .streamReadConstraints(LIMITS)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .disable(TokenStreamFactory.Feature.CHARSET_DETECTION)
          .build();

  /** For what only the engine reads back: whatever it could write, it can read. */
  private static final JsonMapper OWN_VALUES =
      mapper(
          StreamReadConstraints.builder()
              .maxNumberLength(Integer.MAX_VALUE)
              .maxStringLength(Integer.MAX_VALUE)
              .maxNameLength(Integer.MAX_VALUE)
              .build(),
          new RecordsByName(false));

  private static final byte[] OUTCOME_ID = JsonBytes.piece("{\"id\":");
  private static final byte[] OUTCOME_PARENT_ID = JsonBytes.piece(",\"parent-id\":");
  private static final byte[] OUTCOME_ACTION = JsonBytes.piece(",\"action\":");
  private static final byte[] OUTCOME_VERSION = JsonBytes.piece(",\"data\":{\"version\":");
  private static final byte[] OUTCOME_EVENTS = JsonBytes.piece(",\"events\":[");
  private static final byte[] OUTCOME_REASON = JsonBytes.piece(",\"reason\":");
  private static final byte[] OUTCOME_DETAIL = JsonBytes.piece(",\"detail\":");
  private static final byte[] OUTCOME_TIMESTAMP = JsonBytes.piece("},\"timestamp\":");
  private static final byte[] OUTCOME_REPLAYED = JsonBytes.piece(",\"replayed\":true");
  private static final byte[] CORRELATION_ID = JsonBytes.piece(",\"correlation-id\":");
  private static final byte[] ACTOR = JsonBytes.piece(",\"actor\":");

  private JsonCodec() {}

  private static JsonMapper mapper(StreamReadConstraints limits, RecordsByName records) {
    return JsonMapper.builder(
            JsonFactory.builder()
                .streamReadConstraints(limits)
                .streamWriteConstraints(
                    StreamWriteConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                .disable(TokenStreamFactory.Feature.CHARSET_DETECTION)
                .build())
        .annotationIntrospector(records)
        .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
        .changeDefaultPropertyInclusion(
            absent -> absent.withValueInclusion(JsonInclude.Include.NON_ABSENT))
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
        .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
        .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
        .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
        .build();
  }

  // ---- messages

  /** The bytes of a command, fields in the order of the contract. */
  public static byte[] write(SubmittedCommand command) {
    return writeObject(
        json -> {
          json.writeStringProperty("id", command.id().toString());
          json.writeStringProperty("action", command.action());
          json.writeName("data");
          json.writeTree(command.data().tree);
          json.writeStringProperty("timestamp", text(command.timestamp()));
          if (command.expectedVersion().isPresent()) {
            json.writeNumberProperty("expected-version", command.expectedVersion().getAsLong());
          }
          command.notAfter().ifPresent(at -> json.writeStringProperty("not-after", text(at)));
          writeOrigin(json, command.correlationId(), command.actor());
          if (command.schemaVersion().isPresent()) {
            json.writeNumberProperty("schema-version", command.schemaVersion().getAsLong());
          }
        });
  }

  /**
   * Reads a command; fields of the envelope that are not known are ignored.
   *
   * @throws UnreadableMessage if these bytes are not a command
   */
  public static SubmittedCommand readCommand(byte[] bytes) {
    Envelope envelope = new Envelope(parse(bytes));
    return new SubmittedCommand(
        envelope.commandId(),
        envelope.text("action"),
        envelope.object("data"),
        envelope.instant("timestamp"),
        envelope.optionalCount("expected-version"),
        envelope.optionalInstant("not-after"),
        envelope.label("correlation-id"),
        envelope.label("actor"),
        envelope.optionalCount("schema-version"));
  }

  /** The bytes of an event, fields in the order of the contract. */
  public static byte[] write(RecordedEvent event) {
    return writeObject(
        json -> {
          json.writeStringProperty("id", event.id().toString());
          json.writeStringProperty("parent-id", event.parentId().toString());
          json.writeStringProperty("action", event.action());
          json.writeName("data");
          json.writeTree(event.data().tree);
          json.writeStringProperty("timestamp", text(event.timestamp()));
          json.writeNumberProperty("version", event.version());
          json.writeNumberProperty("through", event.through());
          writeOrigin(json, event.correlationId(), event.actor());
        });
  }

  /**
   * Reads an event; fields that are not known are ignored.
   *
   * @throws UnreadableMessage if these bytes are not an event
   */
  public static RecordedEvent readEvent(byte[] bytes) {
    Envelope envelope = new Envelope(parse(bytes));
    try {
      return new RecordedEvent(
          envelope.uuid("id"),
          envelope.uuid("parent-id"),
          envelope.text("action"),
          envelope.object("data"),
          envelope.instant("timestamp"),
          envelope.count("version"),
          envelope.count("through"),
          envelope.label("correlation-id"),
          envelope.label("actor"));
    } catch (IllegalArgumentException e) {
      throw new UnreadableMessage(Reason.INVALID_ENVELOPE, String.valueOf(e.getMessage()));
    }
  }

  /** The bytes of an outcome, fields in the order of the contract. */
  public static byte[] write(Outcome outcome) {
    boolean plain =
        needNoEscape(outcome.correlationId(), outcome.actor())
            && !(outcome.verdict() instanceof Rejected rejected
                && !(JsonBytes.needsNoEscape(rejected.reason())
                    && JsonBytes.needsNoEscape(rejected.detail())));
    return plain ? writeAtOnce(outcome) : writeWithEscapes(outcome);
  }

  private static byte[] writeAtOnce(Outcome outcome) {
    JsonBytes json = new JsonBytes();
    json.put(OUTCOME_ID).put(outcome.id()).put(OUTCOME_PARENT_ID).put(outcome.parentId());
    json.put(OUTCOME_ACTION).put(actionOf(outcome.verdict()));
    json.put(OUTCOME_VERSION).put(outcome.verdict().version());
    switch (outcome.verdict()) {
      case Accepted accepted -> {
        json.put(OUTCOME_EVENTS);
        for (int i = 0; i < accepted.events().size(); i++) {
          if (i > 0) {
            json.put(',');
          }
          json.put(accepted.events().get(i));
        }
        json.put(']');
      }
      case Unchanged unchanged -> {}
      case Rejected rejected ->
          json.put(OUTCOME_REASON)
              .put(rejected.reason())
              .put(OUTCOME_DETAIL)
              .put(rejected.detail());
    }
    json.put(OUTCOME_TIMESTAMP).put(outcome.timestamp());
    putOrigin(json, outcome.correlationId(), outcome.actor());
    return (outcome.replayed() ? json.put(OUTCOME_REPLAYED) : json).put('}').toBytes();
  }

  static boolean needNoEscape(Optional<String> one, Optional<String> other) {
    return (one.isEmpty() || JsonBytes.needsNoEscape(one.get()))
        && (other.isEmpty() || JsonBytes.needsNoEscape(other.get()));
  }

  static void putOrigin(JsonBytes json, Optional<String> correlationId, Optional<String> actor) {
    if (correlationId.isPresent()) {
      json.put(CORRELATION_ID).put(correlationId.get());
    }
    if (actor.isPresent()) {
      json.put(ACTOR).put(actor.get());
    }
  }

  static byte[] writeWithEscapes(Outcome outcome) {
    return writeObject(
        json -> {
          json.writeStringProperty("id", outcome.id().toString());
          json.writeStringProperty("parent-id", outcome.parentId().toString());
          json.writeStringProperty("action", actionOf(outcome.verdict()));
          json.writeName("data");
          json.writeStartObject();
          json.writeNumberProperty("version", outcome.verdict().version());
          switch (outcome.verdict()) {
            case Accepted accepted -> {
              json.writeArrayPropertyStart("events");
              accepted.events().forEach(id -> json.writeString(id.toString()));
              json.writeEndArray();
            }
            case Unchanged unchanged -> {}
            case Rejected rejected -> {
              json.writeStringProperty("reason", rejected.reason());
              json.writeStringProperty("detail", rejected.detail());
            }
          }
          json.writeEndObject();
          json.writeStringProperty("timestamp", text(outcome.timestamp()));
          writeOrigin(json, outcome.correlationId(), outcome.actor());
          if (outcome.replayed()) {
            json.writeBooleanProperty("replayed", true);
          }
        });
  }

  /**
   * Reads an outcome; fields that are not known are ignored.
   *
   * @throws UnreadableMessage if these bytes are not an outcome
   */
  public static Outcome readOutcome(byte[] bytes) {
    Envelope envelope = new Envelope(parse(bytes));
    Envelope data = new Envelope(envelope.object("data").tree);
    String action = envelope.text("action");
    Outcome.Verdict verdict =
        switch (action) {
          case "CommandAccepted" -> new Accepted(data.count("version"), data.uuids("events"));
          case "CommandUnchanged" -> new Unchanged(data.count("version"));
          case "CommandRejected" ->
              new Rejected(data.count("version"), data.text("reason"), data.text("detail"));
          default ->
              throw new UnreadableMessage(
                  Reason.INVALID_ENVELOPE, "/action is none of the three outcomes");
        };
    return new Outcome(
        envelope.uuid("id"),
        envelope.uuid("parent-id"),
        verdict,
        envelope.instant("timestamp"),
        envelope.label("correlation-id"),
        envelope.label("actor"),
        envelope.flag("replayed"));
  }

  /** The bytes of a command's status; only the engine reads them back. */
  public static byte[] write(CommandStatus status) {
    return writeObject(
        json -> {
          json.writeStringProperty("key", status.aggregateId());
          status
              .outcome()
              .ifPresent(
                  outcome -> {
                    json.writeName("outcome");
                    json.writeTree(parse(write(outcome)));
                  });
        });
  }

  /**
   * Reads what {@link #write(CommandStatus)} wrote.
   *
   * @throws UnreadableMessage if these bytes are not a status
   */
  public static CommandStatus readStatus(byte[] bytes) {
    Envelope status = new Envelope(parse(bytes));
    return new CommandStatus(
        status.text("key"),
        status.optionalObject("outcome").map(outcome -> readOutcome(outcome.bytes())));
  }

  private static String actionOf(Outcome.Verdict verdict) {
    return switch (verdict) {
      case Accepted accepted -> "CommandAccepted";
      case Unchanged unchanged -> "CommandUnchanged";
      case Rejected rejected -> "CommandRejected";
    };
  }

  private static void writeOrigin(
      JsonGenerator json, Optional<String> correlationId, Optional<String> actor) {
    correlationId.ifPresent(id -> json.writeStringProperty("correlation-id", id));
    actor.ifPresent(who -> json.writeStringProperty("actor", who));
  }

  // ---- records and objects

  /**
   * A record as a JSON object; empty optional components are left out.
   *
   * @throws IllegalArgumentException if the record has something that could not be read back, such
   *     as NaN, half a surrogate pair, a number of 1 001 digits
   */
  public static JsonObject toObject(Object record) {
    JsonNode tree;
    try {
      tree = MAPPER.valueToTree(record);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(
          record.getClass().getSimpleName() + " is not JSON: " + e.getOriginalMessage(), e);
    }
    if (!(tree instanceof ObjectNode object) || !isReadable(object)) {
      throw new IllegalArgumentException(
          record.getClass().getSimpleName()
              + " is not a JSON object of finite numbers and well-formed text");
    }
    return new JsonObject(object);
  }

  /**
   * A JSON object as a record; fields the record does not have are ignored.
   *
   * @throws UnreadableMessage if a field is missing that the record needs, or has another type
   */
  public static <T> T toRecord(JsonObject object, Class<T> type) {
    try {
      return MAPPER.treeToValue(object.tree, type);
    } catch (JacksonException e) {
      throw new UnreadableMessage(
          Reason.INVALID_ENVELOPE,
          "not a "
              + type.getSimpleName()
              + ": "
              + e.getOriginalMessage().lines().findFirst().orElse(""));
    }
  }

  /** A JSON object of these fields, in the order of the map. Values are plain Java. */
  public static JsonObject object(Map<String, ?> fields) {
    return new JsonObject(MAPPER.valueToTree(fields));
  }

  /**
   * Reads one JSON object.
   *
   * @throws UnreadableMessage if the bytes are anything else
   */
  public static JsonObject readObject(byte[] bytes) {
    return new JsonObject(parse(bytes));
  }

  /** The bytes of a record that only the engine reads back. */
  public static byte[] writeValue(Record value) {
    return OWN_VALUES.writeValueAsBytes(value);
  }

  /**
   * The bytes of a value that only the engine reads back, for example a decider's state.
   *
   * @param type what it will be read as: its own type, or a sealed interface it belongs to
   */
  public static <T> byte[] writeValue(T value, Class<T> type) {
    return OWN_VALUES.writerFor(type).writeValueAsBytes(value);
  }

  /**
   * Reads what {@link #writeValue} wrote.
   *
   * @throws UnreadableMessage if the bytes are not such a value
   */
  public static <T> T readValue(byte[] bytes, Class<T> type) {
    try {
      return OWN_VALUES.readValue(bytes, type);
    } catch (JacksonException e) {
      throw new UnreadableMessage(
          Reason.MALFORMED_JSON, "not a " + type.getSimpleName() + ": " + where(e));
    }
  }

  /** An instant as every message has it: UTC with milliseconds. */
  public static String text(Instant instant) {
    long seconds = instant.getEpochSecond();
    long day = Math.floorDiv(seconds, SECONDS_A_DAY);
    LocalDate date = LocalDate.ofEpochDay(day);
    if (date.getYear() < 0 || date.getYear() > 9999) {
      return INSTANT.format(instant);
    }
    int second = (int) (seconds - day * SECONDS_A_DAY);
    byte[] text = "0000-00-00T00:00:00.000Z".getBytes(ISO_8859_1);
    put(text, 3, date.getYear());
    put(text, 6, date.getMonthValue());
    put(text, 9, date.getDayOfMonth());
    put(text, 12, second / 3600);
    put(text, 15, second / 60 % 60);
    put(text, 18, second % 60);
    put(text, 22, instant.getNano() / 1_000_000);
    return new String(text, ISO_8859_1);
  }

  /** Digits that end here, over zeros. */
  private static void put(byte[] text, int last, int number) {
    for (int at = last, rest = number; rest > 0; at--, rest /= 10) {
      text[at] = (byte) ('0' + rest % 10);
    }
  }

  /** An instant of the years 0 to 9999, or empty for anything else. */
  static Optional<Instant> instant(String text) {
    try {
      Instant instant = isUsualForm(text) ? fromUsualForm(text) : Instant.parse(text);
      // Beyond these years an instant has neither its usual form nor milliseconds in a long.
      return instant.isBefore(FIRST_INSTANT) || !instant.isBefore(AFTER_LAST_INSTANT)
          ? Optional.empty()
          : Optional.of(instant);
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** Whether it is written as {@link #text(Instant)} does, at a time every day has. */
  private static boolean isUsualForm(String text) {
    if (text.length() != USUAL_INSTANT.length()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char expected = USUAL_INSTANT.charAt(i);
      char c = text.charAt(i);
      if (expected == '0' ? c < '0' || c > '9' : c != expected) {
        return false;
      }
    }
    return number(text, 11, 13) < 24 && number(text, 14, 16) < 60 && number(text, 17, 19) < 60;
  }

  private static Instant fromUsualForm(String text) {
    LocalDate date = LocalDate.of(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10));
    long second = number(text, 11, 13) * 3600L + number(text, 14, 16) * 60L + number(text, 17, 19);
    return Instant.ofEpochSecond(
        date.toEpochDay() * SECONDS_A_DAY + second, number(text, 20, 23) * 1_000_000L);
  }

  private static int number(String text, int from, int to) {
    int number = 0;
    for (int i = from; i < to; i++) {
      number = number * 10 + text.charAt(i) - '0';
    }
    return number;
  }

  /** A UUID in its usual form (36 characters, lower case), or empty for anything else. */
  public static Optional<UUID> uuid(String text) {
    if (text.length() != 36) {
      return Optional.empty();
    }
    for (int i = 0; i < 36; i++) {
      char c = text.charAt(i);
      boolean fits =
          i == 8 || i == 13 || i == 18 || i == 23
              ? c == '-'
              : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      if (!fits) {
        return Optional.empty();
      }
    }
    return Optional.of(UUID.fromString(text));
  }

  // ---- for reading and writing in one pass

  /** A parser with the limits every reader has; it does not notice duplicate fields. */
  static JsonParser parser(byte[] bytes) {
    return ONE_PASS.createParser(ObjectReadContext.empty(), bytes);
  }

  /** A digest that has taken nothing yet; a copy costs less than asking the platform for one. */
  static MessageDigest sha256() {
    try {
      return (MessageDigest) SHA_256.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("SHA-256 of this platform cannot be copied", e);
    }
  }

  private static boolean isReadable(JsonNode node) {
    boolean readable =
        switch (node.getNodeType()) {
          case NUMBER -> isReadableNumber(node.numberValue());
          case STRING -> isWellFormed(node.stringValue());
          case OBJECT ->
              node.propertyNames().stream()
                  .allMatch(
                      name -> name.getBytes(UTF_8).length <= MAX_NAME_BYTES && isWellFormed(name));
          default -> true;
        };
    if (!readable) {
      return false;
    }
    for (JsonNode child : node) {
      if (!isReadable(child)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isReadableNumber(Number number) {
    return switch (number) {
      case Double d -> Double.isFinite(d);
      case Float f -> Float.isFinite(f);
      case BigInteger big -> big.toString().length() <= MAX_NUMBER_CHARS;
      case BigDecimal big -> big.toString().length() <= MAX_NUMBER_CHARS;
      default -> true;
    };
  }

  private static boolean isWellFormed(String text) {
    return UTF_8.newEncoder().canEncode(text);
  }

  private static ObjectNode parse(byte[] bytes) {
    if (!isUtf8(bytes)) {
      throw new UnreadableMessage(Reason.MALFORMED_JSON, "not UTF-8");
    }
    JsonNode tree;
    try {
      tree = MAPPER.readTree(bytes);
    } catch (JacksonException e) {
      throw new UnreadableMessage(Reason.MALFORMED_JSON, where(e));
    } catch (ArithmeticException | NumberFormatException e) {
      throw new UnreadableMessage(Reason.MALFORMED_JSON, "a number with too large an exponent");
    }
    if (!(tree instanceof ObjectNode object)) {
      throw new UnreadableMessage(
          Reason.MALFORMED_JSON,
          tree.isMissingNode() ? "empty, not a JSON object" : "not a JSON object");
    }
    // Only an escape can smuggle half a surrogate pair past the UTF-8 decoder.
    if (hasEscapedSurrogate(bytes) && hasLoneSurrogate(object)) {
      throw new UnreadableMessage(Reason.MALFORMED_JSON, "text with half a surrogate pair");
    }
    return object;
  }

  /** The JSON parser takes over-long forms and code points there are not; this does not. */
  static boolean isUtf8(byte[] bytes) {
    for (byte each : bytes) {
      if (each < 0) {
        try {
          UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
          return true;
        } catch (CharacterCodingException e) {
          return false;
        }
      }
    }
    return true;
  }

  static boolean hasEscapedSurrogate(byte[] bytes) {
    for (int i = 0; i + 2 < bytes.length; i++) {
      if (bytes[i] == '\\' && bytes[i + 1] == 'u' && (bytes[i + 2] | 0x20) == 'd') {
        return true;
      }
    }
    return false;
  }

  private static boolean hasLoneSurrogate(JsonNode node) {
    if (node.isString()) {
      return !isWellFormed(node.stringValue());
    }
    if (node instanceof ObjectNode object) {
      return object.properties().stream()
          .anyMatch(field -> !isWellFormed(field.getKey()) || hasLoneSurrogate(field.getValue()));
    }
    for (JsonNode element : node) {
      if (hasLoneSurrogate(element)) {
        return true;
      }
    }
    return false;
  }

  private static String where(JacksonException e) {
    TokenStreamLocation at = e.getLocation();
    String first = e.getOriginalMessage().lines().findFirst().orElse("not JSON");
    String plain = withoutCode(first);
    String what = plain.length() > 200 ? plain.substring(0, 200) + "..." : plain;
    return at == null || at.getLineNr() < 1
        ? what
        : "line " + at.getLineNr() + ", column " + at.getColumnNr() + ": " + what;
  }

  /** The library names its own classes, in backticks: nothing a sender can use. */
  private static String withoutCode(String detail) {
    String shorter = NAMED_CODE.matcher(detail).replaceAll("");
    int rest = shorter.indexOf('`');
    return rest < 0 ? shorter : shorter.substring(0, rest).strip();
  }

  private interface Fields {
    void write(JsonGenerator json);
  }

  private static byte[] writeObject(Fields fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try (JsonGenerator json = MAPPER.createGenerator(bytes)) {
      json.writeStartObject();
      fields.write(json);
      json.writeEndObject();
    }
    return bytes.toByteArray();
  }

  /**
   * A JSON object as it arrived or will be sent: parsed once, immutable, equal by content, with its
   * fields in their order.
   */
  public static final class JsonObject {
    private final ObjectNode tree;

    private JsonObject(ObjectNode tree) {
      this.tree = tree;
    }

    /** The tree, for the schema validator; never changed, never handed on. */
    JsonNode tree() {
      return tree;
    }

    /** The names of the fields, in order. */
    public Collection<String> fields() {
      return List.copyOf(tree.propertyNames());
    }

    /** The text of a field, if it is there and is text. */
    public Optional<String> text(String field) {
      JsonNode value = tree.get(field);
      return value != null && value.isString()
          ? Optional.of(value.stringValue())
          : Optional.empty();
    }

    /** The same object with this text field first, in place of one of the same name. */
    public JsonObject startingWith(String field, String value) {
      ObjectNode copy = MAPPER.createObjectNode().put(field, value);
      tree.properties().stream()
          .filter(other -> !other.getKey().equals(field))
          .forEach(other -> copy.set(other.getKey(), other.getValue()));
      return new JsonObject(copy);
    }

    /** The same object with this number last, in place of one of the same name. */
    public JsonObject with(String field, long value) {
      ObjectNode copy = tree.deepCopy();
      copy.remove(field);
      return new JsonObject(copy.put(field, value));
    }

    /** The object as UTF-8. */
    public byte[] bytes() {
      return MAPPER.writeValueAsBytes(tree);
    }

    /**
     * The first 16 bytes of the SHA-256 of the object in canonical form: keys sorted, numbers by
     * value, so that {@code 3}, {@code 3.0} and {@code 3e0} are the same.
     *
     * @param context what else the digest covers
     */
    public byte[] fingerprint(String context) {
      StringBuilder canonical = new StringBuilder(context).append('\n');
      appendCanonical(canonical, tree);
      byte[] hash = sha256().digest(canonical.toString().getBytes(UTF_8));
      return Arrays.copyOf(hash, FINGERPRINT_BYTES);
    }

    private static void appendCanonical(StringBuilder out, JsonNode node) {
      if (node instanceof ObjectNode object) {
        TreeMap<String, JsonNode> sorted = new TreeMap<>();
        object.properties().forEach(field -> sorted.put(field.getKey(), field.getValue()));
        out.append('{');
        sorted.forEach(
            (name, value) -> {
              out.append(MAPPER.writeValueAsString(name)).append(':');
              appendCanonical(out, value);
              out.append(',');
            });
        out.append('}');
      } else if (node.isArray()) {
        out.append('[');
        for (JsonNode element : node) {
          appendCanonical(out, element);
          out.append(',');
        }
        out.append(']');
      } else if (node.isNumber()) {
        appendCanonical(out, node.decimalValue());
      } else {
        out.append(node);
      }
    }

    /** The digits without zeros at either end, and the power of ten of the last one. */
    private static void appendCanonical(StringBuilder out, BigDecimal number) {
      if (number.signum() == 0) {
        out.append('0');
        return;
      }
      String digits = number.unscaledValue().toString();
      int end = digits.length();
      while (digits.charAt(end - 1) == '0') {
        end--;
      }
      // In longs: a scale at its limit overflows BigDecimal.stripTrailingZeros.
      long exponent = (long) digits.length() - end - number.scale();
      out.append(digits, 0, end).append('e').append(exponent);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof JsonObject object && tree.equals(object.tree);
    }

    @Override
    public int hashCode() {
      return tree.hashCode();
    }

    @Override
    public String toString() {
      return tree.toString();
    }
  }

  /** Reads the fields of a message one by one; every complaint names the field. */
  private record Envelope(ObjectNode tree) {

    UUID commandId() {
      JsonNode id = tree.get("id");
      if (id == null || id.isNull()) {
        throw new UnreadableMessage(Reason.NO_COMMAND_ID, "/id is missing");
      }
      return id.isString()
          ? JsonCodec.uuid(id.stringValue()).orElseThrow(Envelope::invalidCommandId)
          : invalid(invalidCommandId());
    }

    private static UnreadableMessage invalidCommandId() {
      return new UnreadableMessage(
          Reason.INVALID_COMMAND_ID, "/id must be a UUID: 36 characters, lower case");
    }

    @SuppressWarnings("TypeParameterUnusedInFormals") // it never returns
    private static <T> T invalid(UnreadableMessage why) {
      throw why;
    }

    UUID uuid(String field) {
      return JsonCodec.uuid(text(field)).orElseThrow(() -> wrong(field, "a UUID"));
    }

    List<UUID> uuids(String field) {
      JsonNode array = tree.get(field);
      if (array == null || !array.isArray()) {
        throw wrong(field, "an array of UUIDs");
      }
      List<UUID> ids = new ArrayList<>();
      for (JsonNode element : array) {
        ids.add(
            Optional.of(element)
                .filter(JsonNode::isString)
                .flatMap(id -> JsonCodec.uuid(id.stringValue()))
                .orElseThrow(() -> wrong(field, "an array of UUIDs")));
      }
      return ids;
    }

    String text(String field) {
      return optionalText(field).orElseThrow(() -> missing(field));
    }

    Optional<String> optionalText(String field) {
      return present(field)
          .map(value -> value.isString() ? value.stringValue() : invalid(wrong(field, "a string")));
    }

    /** A short text that travels with the message; empty counts as absent. */
    Optional<String> label(String field) {
      Optional<String> label = optionalText(field).filter(text -> !text.isEmpty());
      if (label.isPresent() && label.get().length() > MAX_LABEL_CHARS) {
        throw wrong(field, "at most " + MAX_LABEL_CHARS + " characters");
      }
      return label;
    }

    JsonObject object(String field) {
      return optionalObject(field).orElseThrow(() -> missing(field));
    }

    Optional<JsonObject> optionalObject(String field) {
      return present(field)
          .map(
              value ->
                  value instanceof ObjectNode object
                      ? new JsonObject(object)
                      : invalid(wrong(field, "an object")));
    }

    Instant instant(String field) {
      return optionalInstant(field).orElseThrow(() -> missing(field));
    }

    Optional<Instant> optionalInstant(String field) {
      Optional<String> text = optionalText(field);
      if (text.isEmpty()) {
        return Optional.empty();
      }
      Optional<Instant> instant = JsonCodec.instant(text.get());
      if (instant.isPresent()) {
        return instant;
      }
      throw wrong(field, "an instant like 2026-11-21T10:00:00.000Z");
    }

    long count(String field) {
      return optionalCount(field).orElseThrow(() -> missing(field));
    }

    OptionalLong optionalCount(String field) {
      Optional<JsonNode> value = present(field);
      if (value.isEmpty()) {
        return OptionalLong.empty();
      }
      JsonNode number = value.get();
      if (!number.isIntegralNumber() || !number.canConvertToLong() || number.longValue() < 0) {
        throw wrong(field, "an integer from 0 to 9223372036854775807");
      }
      return OptionalLong.of(number.longValue());
    }

    boolean flag(String field) {
      return present(field)
          .map(
              value ->
                  value.isBoolean() ? value.booleanValue() : invalid(wrong(field, "a boolean")))
          .orElse(false);
    }

    private Optional<JsonNode> present(String field) {
      return Optional.ofNullable(tree.get(field));
    }

    private static UnreadableMessage missing(String field) {
      return new UnreadableMessage(Reason.INVALID_ENVELOPE, "/" + field + " is missing");
    }

    private static UnreadableMessage wrong(String field, String expected) {
      return new UnreadableMessage(Reason.INVALID_ENVELOPE, "/" + field + " must be " + expected);
    }
  }

  /**
   * Gives the records of a sealed interface a {@code "type"} field with their simple name, and says
   * which components a record cannot do without: all but the optional ones.
   */
  private static final class RecordsByName extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1L;
    private static final Set<Class<?>> OPTIONAL =
        Set.of(Optional.class, OptionalLong.class, OptionalInt.class, OptionalDouble.class);

    private final boolean strict;

    RecordsByName(boolean strict) {
      this.strict = strict;
    }

    @Override
    public @Nullable Boolean hasRequiredMarker(MapperConfig<?> config, AnnotatedMember member) {
      boolean required =
          strict
              && member instanceof AnnotatedParameter
              && member.getDeclaringClass().isRecord()
              && !OPTIONAL.contains(member.getRawType());
      return required ? Boolean.TRUE : null;
    }

    @Override
    @SuppressWarnings("deprecation") // Jackson marks its only factory so
    public JsonTypeInfo.@Nullable Value findPolymorphicTypeInfo(
        MapperConfig<?> config, Annotated annotated) {
      return (annotated instanceof AnnotatedClass && isSealed(annotated))
          ? JsonTypeInfo.Value.construct(
              JsonTypeInfo.Id.NAME, JsonTypeInfo.As.PROPERTY, "type", null, false, true)
          : null;
    }

    @Override
    public @Nullable List<NamedType> findSubtypes(MapperConfig<?> config, Annotated annotated) {
      return isSealed(annotated)
          ? records(annotated.getRawType())
              .map(type -> new NamedType(type, type.getSimpleName()))
              .toList()
          : null;
    }

    private static Stream<Class<?>> records(Class<?> type) {
      return type.isSealed()
          ? Arrays.stream(type.getPermittedSubclasses()).flatMap(RecordsByName::records)
          : Stream.of(type);
    }

    private static boolean isSealed(Annotated annotated) {
      return annotated.getRawType().isInterface() && annotated.getRawType().isSealed();
    }
  }
}

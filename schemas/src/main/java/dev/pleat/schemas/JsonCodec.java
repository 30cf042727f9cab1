package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.UnreadableMessage.Reason;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
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
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Turns records into JSON and back.
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
  private static final int USUAL_BYTES = 512;
  static final int MAX_LABEL_CHARS = 256;

  private static final Pattern NAMED_CODE =
      Pattern.compile("\\s*\\([^()`]*`[^`]*`[^()`]*\\)|[:;,][^:;,`]*`[^`]*`[^`]*$");

  private static final Pattern START_MARK = Pattern.compile("\\s*\\(start marker at .*");

  /** For what anybody may have written. */
  private static final JsonMapper MAPPER =
      mapper(
          StreamReadConstraints.builder()
              .maxNestingDepth(MAX_DEPTH)
              .maxNumberLength(MAX_NUMBER_CHARS)
              .maxStringLength(MAX_TEXT_CHARS)
              .maxNameLength(MAX_NAME_BYTES)
              .build(),
          new RecordsByName(true));

  /** For what only the engine reads back: whatever it could write, it can read. */
  private static final JsonMapper OWN_VALUES =
      mapper(
          StreamReadConstraints.builder()
              .maxNumberLength(Integer.MAX_VALUE)
              .maxStringLength(Integer.MAX_VALUE)
              .maxNameLength(Integer.MAX_VALUE)
              .build(),
          new RecordsByName(false));

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
          if (event.schemaVersion().isPresent()) {
            json.writeNumberProperty("schema-version", event.schemaVersion().getAsLong());
          }
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
          envelope.label("actor"),
          envelope.optionalCount("schema-version"));
    } catch (IllegalArgumentException e) {
      throw new UnreadableMessage(Reason.INVALID_ENVELOPE, String.valueOf(e.getMessage()));
    }
  }

  /** The bytes of an outcome, fields in the order of the contract. */
  public static byte[] write(Outcome outcome) {
    ByteOutput json = new ByteOutput(USUAL_BYTES);
    json.utf8("{\"id\":\"").uuid(outcome.id());
    json.utf8("\",\"parent-id\":\"").uuid(outcome.parentId());
    json.utf8("\",\"action\":\"").utf8(actionOf(outcome.verdict()));
    json.utf8("\",\"data\":{\"version\":").decimal(outcome.verdict().version());
    switch (outcome.verdict()) {
      case Accepted accepted -> {
        json.utf8(",\"events\":[");
        String before = "\"";
        for (UUID id : accepted.events()) {
          json.utf8(before).uuid(id).put('"');
          before = ",\"";
        }
        json.put(']');
      }
      case Unchanged unchanged -> {}
      case Rejected rejected -> {
        json.utf8(",\"reason\":").jsonText(rejected.reason());
        json.utf8(",\"detail\":").jsonText(rejected.detail());
      }
    }
    json.utf8("},\"timestamp\":\"").instant(outcome.timestamp()).put('"');
    writeOrigin(json, outcome.correlationId(), outcome.actor());
    if (outcome.replayed()) {
      json.utf8(",\"replayed\":true");
    }
    return json.put('}').toBytes();
  }

  /**
   * Reads an outcome; fields that are not known are ignored.
   *
   * @throws UnreadableMessage if these bytes are not an outcome
   */
  public static Outcome readOutcome(byte[] bytes) {
    Outcome usual = OutcomeFields.read(bytes);
    return usual == null ? readAnyOutcome(bytes) : usual;
  }

  /** The general way, which reads every outcome and says what is wrong. */
  static Outcome readAnyOutcome(byte[] bytes) {
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
    ByteOutput json = new ByteOutput(USUAL_BYTES).utf8("{\"key\":").jsonText(status.aggregateId());
    status.outcome().ifPresent(outcome -> json.utf8(",\"outcome\":").put(write(outcome)));
    return json.put('}').toBytes();
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

  /** The same in the bytes of a message written by hand. */
  static void writeOrigin(ByteOutput json, Optional<String> correlationId, Optional<String> actor) {
    if (correlationId.isPresent()) {
      json.utf8(",\"correlation-id\":").jsonText(correlationId.get());
    }
    if (actor.isPresent()) {
      json.utf8(",\"actor\":").jsonText(actor.get());
    }
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

  /** The fields of an object in their order, as plain Java, in a map of its own. */
  @SuppressWarnings("unchecked") // an object's fields have names
  static Map<String, Object> fields(JsonObject object) {
    return new LinkedHashMap<>((Map<String, Object>) toRecord(object, Map.class));
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
    return InstantText.of(instant);
  }

  /** A UUID in its usual form (36 characters, lower case), or empty for anything else. */
  public static Optional<UUID> uuid(String text) {
    // What is not Latin-1 becomes a question mark, which is in no UUID.
    return text.length() == UuidText.LENGTH
        ? Optional.ofNullable(UuidText.read(text.getBytes(ISO_8859_1), 0, UuidText.LENGTH))
        : Optional.empty();
  }

  /** A text as JSON, with whatever has to be escaped. */
  static byte[] quoted(String text) {
    return MAPPER.writeValueAsBytes(text);
  }

  static JsonObject wrap(ObjectNode tree) {
    return new JsonObject(tree);
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
  private static boolean isUtf8(byte[] bytes) {
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

  private static boolean hasEscapedSurrogate(byte[] bytes) {
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

  /** The library names its own classes, in backticks, and its marks: nothing a sender can use. */
  private static String withoutCode(String detail) {
    String shorter = NAMED_CODE.matcher(START_MARK.matcher(detail).replaceAll("")).replaceAll("");
    int rest = shorter.indexOf('`');
    return rest < 0 ? shorter : shorter.substring(0, rest).strip();
  }

  private interface Fields {
    void write(JsonGenerator json);
  }

  private static byte[] writeObject(Fields fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(USUAL_BYTES);
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
      ByteOutput canonical = new ByteOutput(USUAL_BYTES).utf8(context).put('\n');
      appendCanonical(canonical, tree);
      return Canonical.fingerprint(canonical);
    }

    private static void appendCanonical(ByteOutput out, JsonNode node) {
      if (node instanceof ObjectNode object) {
        TreeMap<String, JsonNode> sorted = new TreeMap<>();
        object.properties().forEach(field -> sorted.put(field.getKey(), field.getValue()));
        out.put('{');
        sorted.forEach(
            (name, value) -> {
              out.jsonText(name).put(':');
              appendCanonical(out, value);
              out.put(',');
            });
        out.put('}');
      } else if (node.isArray()) {
        out.put('[');
        for (JsonNode element : node) {
          appendCanonical(out, element);
          out.put(',');
        }
        out.put(']');
      } else if (node.isNumber()) {
        Canonical.number(out, node.decimalValue());
      } else if (node.isString()) {
        out.jsonText(node.stringValue());
      } else {
        out.utf8(node.toString());
      }
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
}

package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.DomainSchema.Action;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads a domain's commands and writes its events in one pass each, where they are in their usual
 * form: the fields of the contract and nothing else, plain values, and a JSON Schema of the
 * commonest keywords.
 *
 * <p>Whatever is not, or is wrong, it leaves to {@link JsonCodec} by answering empty; what it
 * answers is exactly what comes of the general way. Immutable; safe for use by many threads.
 */
public final class MessageCodec<C, E> {

  private record ActionForm<C>(
      Action<C> action, byte[] fingerprinted, RecordForm<? extends C> form) {}

  private record EventForm<E>(byte[] actionThenData, RecordForm<? extends E> form) {}

  private static final byte[] ID = JsonBytes.piece("{\"id\":");
  private static final byte[] PARENT_ID = JsonBytes.piece(",\"parent-id\":");
  private static final byte[] TIMESTAMP = JsonBytes.piece(",\"timestamp\":");
  private static final byte[] VERSION = JsonBytes.piece(",\"version\":");
  private static final byte[] THROUGH = JsonBytes.piece(",\"through\":");

  private final Map<String, ActionForm<C>> actions = new HashMap<>();
  private final Map<Class<?>, EventForm<E>> events = new HashMap<>();
  private final Map<String, EventForm<E>> eventsByName = new HashMap<>();

  private MessageCodec(DomainSchema<C, E> schema) {
    for (Action<C> action : schema.actions()) {
      form(schema, action.name(), action.type())
          .ifPresent(
              form ->
                  actions.put(
                      action.name(),
                      new ActionForm<>(action, (action.name() + "\n").getBytes(UTF_8), form)));
    }
    for (String name : schema.eventNames()) {
      Class<? extends E> type = schema.event(name).orElseThrow();
      form(schema, name, type)
          .ifPresent(
              form -> {
                EventForm<E> event =
                    new EventForm<>(
                        JsonBytes.piece(",\"action\":\"" + name + "\",\"data\":"), form);
                events.put(type, event);
                eventsByName.put(name, event);
              });
    }
  }

  private static <T> Optional<RecordForm<T>> form(
      DomainSchema<?, ?> schema, String name, Class<T> type) {
    return RecordForm.of(type, schema.jsonSchemas().source(name).orElseThrow(), schema.idField());
  }

  /** Compiles the records and JSON Schemas of a domain, once. */
  public static <C, E> MessageCodec<C, E> of(DomainSchema<C, E> schema) {
    return new MessageCodec<>(schema);
  }

  // ---- commands

  /** Reads a command whose data fits its action's JSON Schema; empty: take the general way. */
  public Optional<ReadCommand<C>> readCommand(byte[] value) {
    if (!JsonCodec.isUtf8(value) || JsonCodec.hasEscapedSurrogate(value)) {
      return Optional.empty();
    }
    try (JsonParser json = JsonCodec.parser(value)) {
      return json.nextToken() == JsonToken.START_OBJECT
          ? new CommandFields().read(json)
          : Optional.empty();
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  /** The fields of one command while they are read. */
  private final class CommandFields {
    private @Nullable UUID id;
    private @Nullable ActionForm<C> action;
    private RecordForm.@Nullable Read<? extends C> data;
    private boolean timestamp;
    private @Nullable Long expectedVersion;
    private @Nullable Instant notAfter;
    private @Nullable String correlationId;
    private @Nullable String actor;
    private boolean schemaVersion;

    Optional<ReadCommand<C>> read(JsonParser json) {
      for (String name = json.nextName(); name != null; name = json.nextName()) {
        if (!take(json, name)) {
          return Optional.empty();
        }
      }
      if (json.currentToken() != JsonToken.END_OBJECT
          || json.nextToken() != null
          || id == null
          || action == null
          || data == null
          || !timestamp) {
        return Optional.empty();
      }
      return Optional.of(
          new ReadCommand<>(
              id,
              action.action(),
              data.record(),
              fingerprint(action.fingerprinted(), expectedVersion, data.canonical()),
              data.id(),
              expectedVersion == null ? OptionalLong.empty() : OptionalLong.of(expectedVersion),
              Optional.ofNullable(notAfter),
              Optional.ofNullable(correlationId),
              Optional.ofNullable(actor)));
    }

    /** False if the field is not known, is there twice, or has not its usual value. */
    private boolean take(JsonParser json, String name) {
      switch (name) {
        case "id" -> {
          boolean first = id == null;
          id = uuid(json);
          return first && id != null;
        }
        case "action" -> {
          boolean first = action == null;
          String text = text(json);
          action = text == null ? null : actions.get(text);
          return first && action != null;
        }
        case "data" -> {
          if (data != null || action == null || json.nextToken() != JsonToken.START_OBJECT) {
            return false;
          }
          data = action.form().read(json).orElse(null);
          return data != null;
        }
        case "timestamp" -> {
          boolean first = !timestamp;
          timestamp = instant(json) != null;
          return first && timestamp;
        }
        case "expected-version" -> {
          boolean first = expectedVersion == null;
          expectedVersion = count(json);
          return first && expectedVersion != null;
        }
        case "not-after" -> {
          boolean first = notAfter == null;
          notAfter = instant(json);
          return first && notAfter != null;
        }
        case "correlation-id" -> {
          boolean first = correlationId == null;
          correlationId = label(json);
          return first && correlationId != null;
        }
        case "actor" -> {
          boolean first = actor == null;
          actor = label(json);
          return first && actor != null;
        }
        case "schema-version" -> {
          boolean first = !schemaVersion;
          schemaVersion = count(json) != null;
          return first && schemaVersion;
        }
        default -> {
          return false;
        }
      }
    }
  }

  private static byte[] fingerprint(
      byte[] action, @Nullable Long expectedVersion, byte[] canonical) {
    MessageDigest digest = JsonCodec.sha256();
    digest.update(action);
    if (expectedVersion != null) {
      digest.update(expectedVersion.toString().getBytes(UTF_8));
    }
    digest.update((byte) '\n');
    return Arrays.copyOf(digest.digest(canonical), JsonCodec.FINGERPRINT_BYTES);
  }

  // ---- events

  /**
   * An event as it was read.
   *
   * @param version which event of its aggregate it is
   * @param through the version of the last event of its command
   * @param event the event's record
   */
  public record ReadEvent<E>(long version, long through, E event) {}

  /** Reads an event that fits its own JSON Schema; empty: take the general way. */
  public Optional<ReadEvent<E>> readEvent(byte[] value) {
    if (!JsonCodec.isUtf8(value) || JsonCodec.hasEscapedSurrogate(value)) {
      return Optional.empty();
    }
    try (JsonParser json = JsonCodec.parser(value)) {
      return json.nextToken() == JsonToken.START_OBJECT
          ? new EventFields().read(json)
          : Optional.empty();
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  /** The fields of one event while they are read. */
  private final class EventFields {
    private int seen;
    private @Nullable EventForm<E> action;
    private @Nullable E data;
    private long version;
    private long through;

    Optional<ReadEvent<E>> read(JsonParser json) {
      for (String name = json.nextName(); name != null; name = json.nextName()) {
        int field =
            switch (name) {
              case "id" -> uuid(json) == null ? -1 : 0;
              case "parent-id" -> uuid(json) == null ? -1 : 1;
              case "action" -> takeAction(json) ? 2 : -1;
              case "data" -> takeData(json) ? 3 : -1;
              case "timestamp" -> instant(json) == null ? -1 : 4;
              case "version" -> (version = countOr(json, 0)) < 1 ? -1 : 5;
              case "through" -> (through = countOr(json, 0)) < 1 ? -1 : 6;
              case "correlation-id" -> label(json) == null ? -1 : 7;
              case "actor" -> label(json) == null ? -1 : 8;
              default -> -1;
            };
        if (field < 0 || (seen & 1 << field) != 0) {
          return Optional.empty();
        }
        seen |= 1 << field;
      }
      boolean complete =
          (seen & 0b111_1111) == 0b111_1111
              && json.currentToken() == JsonToken.END_OBJECT
              && json.nextToken() == null;
      return complete && data != null && version <= through
          ? Optional.of(new ReadEvent<>(version, through, data))
          : Optional.empty();
    }

    private boolean takeAction(JsonParser json) {
      String text = text(json);
      action = text == null ? null : eventsByName.get(text);
      return action != null;
    }

    private boolean takeData(JsonParser json) {
      if (action == null || json.nextToken() != JsonToken.START_OBJECT) {
        return false;
      }
      Optional<? extends RecordForm.Read<? extends E>> read = action.form().read(json);
      data = read.isPresent() ? read.get().record() : null;
      return data != null;
    }
  }

  /**
   * The bytes of an event's record, fields in the order of the contract; empty if it does not
   * surely fit its own JSON Schema or is not about this aggregate: take the general way.
   */
  public Optional<byte[]> writeEvent(
      UUID id,
      UUID parentId,
      E event,
      String aggregateId,
      Instant timestamp,
      long version,
      long through,
      Optional<String> correlationId,
      Optional<String> actor) {
    EventForm<E> form = events.get(event.getClass());
    if (form == null) {
      return Optional.empty();
    }
    Optional<Object[]> values = form.form().checked(event, Optional.of(aggregateId));
    if (values.isEmpty() || !JsonCodec.needNoEscape(correlationId, actor)) {
      return Optional.empty();
    }
    JsonBytes json = new JsonBytes();
    json.put(ID).put(id).put(PARENT_ID).put(parentId).put(form.actionThenData());
    form.form().write(json, values.get());
    json.put(TIMESTAMP).put(timestamp).put(VERSION).put(version).put(THROUGH).put(through);
    JsonCodec.putOrigin(json, correlationId, actor);
    return Optional.of(json.put('}').toBytes());
  }

  // ---- values of the envelope, null where they are not in their usual form

  private static @Nullable String text(JsonParser json) {
    return json.nextToken() == JsonToken.VALUE_STRING ? json.getString() : null;
  }

  private static @Nullable UUID uuid(JsonParser json) {
    String text = text(json);
    return text == null ? null : JsonCodec.uuid(text).orElse(null);
  }

  private static @Nullable String label(JsonParser json) {
    String text = text(json);
    return text == null || text.isEmpty() || text.length() > JsonCodec.MAX_LABEL_CHARS
        ? null
        : text;
  }

  private static @Nullable Instant instant(JsonParser json) {
    String text = text(json);
    return text == null ? null : JsonCodec.instant(text).orElse(null);
  }

  private static @Nullable Long count(JsonParser json) {
    long count = countOr(json, -1);
    return count < 0 ? null : count;
  }

  /** A count of up to 18 digits. */
  private static long countOr(JsonParser json, long otherwise) {
    return json.nextToken() == JsonToken.VALUE_NUMBER_INT && json.getStringLength() <= 18
        ? json.getLongValue()
        : otherwise;
  }
}

package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.DomainSchema.Action;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads a domain's commands and events and writes its events in one pass each, where they are in
 * their usual form: the fields of the contract and nothing else, plain values, and a JSON Schema of
 * the commonest keywords.
 *
 * <p>Whatever is not, or is wrong, it leaves to {@link JsonCodec} by answering empty; what it
 * answers is exactly what comes of the general way. Immutable; safe for use by many threads.
 */
public final class MessageCodec<C, E> {

  private static final byte[][] COMMAND_FIELDS =
      PlainFields.names(
          "id",
          "action",
          "data",
          "timestamp",
          "expected-version",
          "not-after",
          "correlation-id",
          "actor",
          "schema-version");

  private static final byte[][] EVENT_FIELDS =
      PlainFields.names(
          "id",
          "parent-id",
          "action",
          "data",
          "timestamp",
          "version",
          "through",
          "correlation-id",
          "actor",
          "schema-version");

  private static final int USUAL_CANONICAL_BYTES = 192;
  private static final int USUAL_EVENT_BYTES = 512;

  /** The form of an action, and what its fingerprints begin with. */
  private record ActionForm<C>(
      Action<C> action, byte[] context, int schemaVersion, RecordForm<? extends C> form) {}

  /** The form of an event, and what its bytes have between ids and data. */
  private record EventForm<E>(byte[] beforeData, int schemaVersion, RecordForm<? extends E> form) {}

  private final DomainSchema<C, E> schema;
  private final Map<String, ActionForm<C>> actions = new HashMap<>();
  private final Map<Class<?>, EventForm<E>> events = new HashMap<>();
  private final Map<String, EventForm<E>> eventsByName = new HashMap<>();

  private MessageCodec(DomainSchema<C, E> schema) {
    this.schema = schema;
    for (Action<C> action : schema.actions()) {
      byte[] context = (action.name() + "\n").getBytes(UTF_8);
      form(schema, action.name(), action.type())
          .ifPresent(
              form ->
                  actions.put(
                      action.name(),
                      new ActionForm<>(
                          action, context, schema.schemaVersion(action.name()), form)));
    }
    for (String name : schema.events()) {
      Class<? extends E> type = schema.event(name).orElseThrow();
      byte[] beforeData = ("\",\"action\":\"" + name + "\",\"data\":{").getBytes(UTF_8);
      form(schema, name, type)
          .ifPresent(
              form -> {
                EventForm<E> event = new EventForm<>(beforeData, schema.schemaVersion(name), form);
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
    return new CommandFields(value).read();
  }

  /** The fields of one command while they are read. */
  private final class CommandFields extends PlainFields {
    private static final int REQUIRED = 0b1111;

    private @Nullable UUID id;
    private @Nullable ActionForm<C> action;
    private RecordForm.@Nullable Read<? extends C> data;
    private long expectedVersion = -1;
    private @Nullable Instant notAfter;
    private @Nullable String correlationId;
    private @Nullable String actor;
    private long schemaVersion = 1;

    CommandFields(byte[] value) {
      super(value);
    }

    Optional<ReadCommand<C>> read() {
      int seen = takeAll(COMMAND_FIELDS);
      if ((seen & REQUIRED) != REQUIRED || id == null || action == null || data == null) {
        return Optional.empty();
      }
      if (schemaVersion != action.schemaVersion()) {
        return Optional.empty();
      }
      return Optional.of(
          new ReadCommand<>(
              id,
              action.action(),
              data.record(),
              fingerprint(action, data),
              data.id(),
              expectedVersion < 0 ? OptionalLong.empty() : OptionalLong.of(expectedVersion),
              Optional.ofNullable(notAfter),
              Optional.ofNullable(correlationId),
              Optional.ofNullable(actor)));
    }

    @Override
    boolean takes(int field) {
      return switch (field) {
        case 0 -> (id = json.uuid()) != null;
        case 1 -> {
          String name = name();
          action = name == null ? null : actions.get(name);
          yield action != null;
        }
        case 2 -> action != null && (data = action.form().read(json)) != null;
        case 3 -> json.instant() != null;
        case 4 -> (expectedVersion = json.count()) >= 0;
        case 5 -> (notAfter = json.instant()) != null;
        case 6 -> (correlationId = label()) != null;
        case 7 -> (actor = label()) != null;
        default -> (schemaVersion = json.count()) >= 0;
      };
    }

    private byte[] fingerprint(ActionForm<C> action, RecordForm.Read<?> data) {
      ByteOutput canonical = new ByteOutput(USUAL_CANONICAL_BYTES).put(action.context());
      if (expectedVersion >= 0) {
        canonical.decimal(expectedVersion);
      }
      canonical.put('\n');
      action.form().writeCanonical(json, data, canonical);
      return Canonical.fingerprint(canonical);
    }
  }

  // ---- events

  /**
   * An event as it was read.
   *
   * @param id the event's own
   * @param parentId the command it derives from
   * @param timestamp when the log received the command
   * @param version which event of its aggregate it is
   * @param through the version of the last event of its command
   * @param correlationId carried over from the command
   * @param event the event's record
   */
  public record ReadEvent<E>(
      UUID id,
      UUID parentId,
      Instant timestamp,
      long version,
      long through,
      Optional<String> correlationId,
      E event)
      implements EventEnvelope {}

  /** Reads an event that fits its own JSON Schema; empty: take the general way. */
  public Optional<ReadEvent<E>> readEvent(byte[] value) {
    return new EventFields(value).read();
  }

  /**
   * The general way, which reads every event, in the version of its schema that this release has.
   *
   * @throws UnreadableMessage if these bytes are no event, or of a version this release cannot read
   */
  public RecordedEvent readAnyEvent(byte[] value) {
    return schema.upcast(JsonCodec.readEvent(value));
  }

  /** The fields of one event while they are read. */
  private final class EventFields extends PlainFields {
    private static final int REQUIRED = 0b111_1111;

    private @Nullable UUID id;
    private @Nullable UUID parentId;
    private @Nullable EventForm<E> action;
    private RecordForm.@Nullable Read<? extends E> data;
    private @Nullable Instant timestamp;
    private @Nullable String correlationId;
    private long version;
    private long through;
    private long schemaVersion = 1;

    EventFields(byte[] value) {
      super(value);
    }

    Optional<ReadEvent<E>> read() {
      int seen = takeAll(EVENT_FIELDS);
      return (seen & REQUIRED) == REQUIRED
              && id != null
              && parentId != null
              && action != null
              && data != null
              && timestamp != null
              && schemaVersion == action.schemaVersion()
              && version >= 1
              && version <= through
          ? Optional.of(
              new ReadEvent<>(
                  id,
                  parentId,
                  timestamp,
                  version,
                  through,
                  Optional.ofNullable(correlationId),
                  data.record()))
          : Optional.empty();
    }

    @Override
    boolean takes(int field) {
      return switch (field) {
        case 0 -> (id = json.uuid()) != null;
        case 1 -> (parentId = json.uuid()) != null;
        case 2 -> {
          String name = name();
          action = name == null ? null : eventsByName.get(name);
          yield action != null;
        }
        case 3 -> action != null && (data = action.form().read(json)) != null;
        case 4 -> (timestamp = json.instant()) != null;
        case 5 -> (version = json.count()) >= 0;
        case 6 -> (through = json.count()) >= 0;
        case 7 -> (correlationId = label()) != null;
        case 8 -> label() != null;
        default -> (schemaVersion = json.count()) >= 0;
      };
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
    if (form == null || version < 1 || version > through) {
      return Optional.empty();
    }
    ByteOutput json = new ByteOutput(USUAL_EVENT_BYTES);
    json.utf8("{\"id\":\"").uuid(id).utf8("\",\"parent-id\":\"").uuid(parentId);
    json.put(form.beforeData());
    if (form.form().writeFields(event, Optional.of(aggregateId), json) < 0) {
      return Optional.empty();
    }
    json.utf8("},\"timestamp\":\"").instant(timestamp);
    json.utf8("\",\"version\":").decimal(version).utf8(",\"through\":").decimal(through);
    JsonCodec.writeOrigin(json, correlationId, actor);
    if (form.schemaVersion() > 1) {
      json.utf8(",\"schema-version\":").decimal(form.schemaVersion());
    }
    return Optional.of(json.put('}').toBytes());
  }
}

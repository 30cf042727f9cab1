package dev.pleat.schemas;

import dev.pleat.schemas.JsonCodec.JsonObject;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * A fact about one aggregate, as it lies on {@code <domain>.events}; the record key is the
 * aggregate's id.
 *
 * @param id a name-based UUID of domain, aggregate, command and index: deciding the same command
 *     again can only produce the same id
 * @param parentId the command it derives from
 * @param action the name of the event type, for example {@code ValueCreated}
 * @param data what happened
 * @param timestamp when the log received the command, never before the aggregate's previous event
 * @param version counts the aggregate's events from 1 without gaps
 * @param through the version of the last event of the same command
 * @param correlationId carried over from the command
 * @param actor carried over from the command
 * @param schemaVersion the version of the event's schema; absent for the first
 */
public record RecordedEvent(
    UUID id,
    UUID parentId,
    String action,
    JsonObject data,
    Instant timestamp,
    long version,
    long through,
    Optional<String> correlationId,
    Optional<String> actor,
    OptionalLong schemaVersion)
    implements EventEnvelope {

  /**
   * Checks what every reader relies on.
   *
   * @throws IllegalArgumentException if the version is below 1 or after {@code through}
   */
  public RecordedEvent {
    if (version < 1 || through < version) {
      throw new IllegalArgumentException(
          "version " + version + " through " + through + ": versions count from 1 up to through");
    }
  }

  /** An event in the first version of its schema. */
  public RecordedEvent(
      UUID id,
      UUID parentId,
      String action,
      JsonObject data,
      Instant timestamp,
      long version,
      long through,
      Optional<String> correlationId,
      Optional<String> actor) {
    this(
        id,
        parentId,
        action,
        data,
        timestamp,
        version,
        through,
        correlationId,
        actor,
        OptionalLong.empty());
  }

  RecordedEvent withData(JsonObject other) {
    return new RecordedEvent(
        id,
        parentId,
        action,
        other,
        timestamp,
        version,
        through,
        correlationId,
        actor,
        schemaVersion);
  }
}

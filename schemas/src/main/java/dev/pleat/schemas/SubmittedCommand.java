package dev.pleat.schemas;

import dev.pleat.schemas.JsonCodec.JsonObject;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * A request to change one aggregate, as it lies on {@code <domain>.commands}; the record key is the
 * aggregate's id.
 *
 * <p>The id is made by whoever sends the command and kept for every retry: domain, aggregate id and
 * command id together name the command.
 *
 * @param id identifies the command among those of its aggregate
 * @param action the name of the command type, for example {@code CreateValue}
 * @param data what the action's JSON Schema describes; not yet checked against it
 * @param timestamp when the client says it sent the command; data only, it decides nothing
 * @param expectedVersion the version the aggregate must have, counted in events; 0 means it must
 *     not exist
 * @param notAfter when the log receives the command later than this, it is rejected as expired
 * @param correlationId joins everything that belongs to one undertaking
 * @param actor who sends the command; only an authenticated gateway sets it
 * @param schemaVersion the version of the action's schema the sender used
 */
public record SubmittedCommand(
    UUID id,
    String action,
    JsonObject data,
    Instant timestamp,
    OptionalLong expectedVersion,
    Optional<Instant> notAfter,
    Optional<String> correlationId,
    Optional<String> actor,
    OptionalLong schemaVersion) {

  /** A command without any of the optional fields. */
  public static SubmittedCommand of(UUID id, String action, JsonObject data, Instant timestamp) {
    return new SubmittedCommand(
        id,
        action,
        data,
        timestamp,
        OptionalLong.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        OptionalLong.empty());
  }

  /** The same command, decided only if the aggregate has this version when its turn comes. */
  public SubmittedCommand expecting(long version) {
    return new SubmittedCommand(
        id,
        action,
        data,
        timestamp,
        OptionalLong.of(version),
        notAfter,
        correlationId,
        actor,
        schemaVersion);
  }

  /** The same command, sent by this actor. */
  public SubmittedCommand by(String actor) {
    return new SubmittedCommand(
        id,
        action,
        data,
        timestamp,
        expectedVersion,
        notAfter,
        correlationId,
        Optional.of(actor),
        schemaVersion);
  }

  /** The same command, part of this undertaking. */
  public SubmittedCommand correlatedBy(String correlation) {
    return new SubmittedCommand(
        id,
        action,
        data,
        timestamp,
        expectedVersion,
        notAfter,
        Optional.of(correlation),
        actor,
        schemaVersion);
  }

  /** The same command, with data in this version of the action's schema. */
  public SubmittedCommand inSchemaVersion(OptionalLong version) {
    return new SubmittedCommand(
        id, action, data, timestamp, expectedVersion, notAfter, correlationId, actor, version);
  }

  SubmittedCommand withData(JsonObject other) {
    return new SubmittedCommand(
        id,
        action,
        other,
        timestamp,
        expectedVersion,
        notAfter,
        correlationId,
        actor,
        schemaVersion);
  }
}

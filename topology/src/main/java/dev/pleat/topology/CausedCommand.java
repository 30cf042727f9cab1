package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.JsonCodec.JsonObject;
import dev.pleat.schemas.JsonSchemas.Violation;
import dev.pleat.schemas.SubmittedCommand;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * A command that follows from an event, as any client would write it; checked, because nobody waits
 * for its outcome.
 *
 * @param aggregateId whom it is sent to
 * @param value its bytes
 */
record CausedCommand(String aggregateId, byte[] value) {

  /**
   * The command of this id.
   *
   * @param actor who sends it
   * @throws IllegalStateException if the target takes no such command; the message says why
   */
  static CausedCommand of(
      DomainSchema<?, ?> target,
      Record data,
      UUID id,
      WholeCommand.Event<?> event,
      Instant time,
      String actor) {
    String action = data.getClass().getSimpleName();
    if (target.action(action).isEmpty()) {
      throw new IllegalStateException("it sends " + action + " to " + target + ", which has none");
    }
    JsonObject fields = JsonCodec.toObject(data);
    List<Violation> violations = target.jsonSchemas().validate(action, fields);
    if (!violations.isEmpty()) {
      throw new IllegalStateException(
          action + " does not fit its schema: " + violations.get(0).message());
    }
    String aggregateId =
        fields
            .text(target.idField())
            .map(target::aggregateId)
            .filter(target.idFormat()::accepts)
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        action + " names no aggregate: " + target.idField() + " is none"));
    SubmittedCommand command =
        SubmittedCommand.of(id, action, fields, time)
            .inSchemaVersion(target.writtenSchemaVersion(action))
            .by(actor)
            .correlatedBy(
                // Who began it gave it none: then it is named after the command that did.
                event.correlationId().orElseGet(() -> event.parentId().toString()));
    byte[] bytes = JsonCodec.write(command);
    if (bytes.length > CommandReader.MAX_COMMAND_BYTES) {
      throw new IllegalStateException(action + " is too large: " + bytes.length + " bytes");
    }
    return new CausedCommand(aggregateId, bytes);
  }
}

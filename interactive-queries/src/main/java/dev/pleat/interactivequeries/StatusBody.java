package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.JsonCodec.JsonObject;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.Outcome.Verdict;
import dev.pleat.schemas.UnreadableMessage;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The JSON that tells what became of a command: written here, and read when another sent it. */
final class StatusBody {

  /** The header with {@link KnownStatus#time}. */
  static final String TIME = "Pleat-Status-Time";

  private StatusBody() {}

  /**
   * What is told.
   *
   * @param logId the incarnation of the domain's event log
   */
  static JsonObject of(
      DomainSchema<?, ?> schema, UUID commandId, KnownStatus status, String logId) {
    String aggregateId = status.aggregateId().orElse("");
    if (status.verdict().isEmpty()) {
      return JsonCodec.object(CommandRoutes.fields(commandId, "pending", schema, aggregateId));
    }
    Verdict verdict = status.verdict().get();
    if (verdict instanceof Rejected rejected) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("command-id", commandId.toString());
      fields.put("status", "rejected");
      fields.put("reason", rejected.reason());
      fields.put("detail", rejected.detail());
      fields.put("version", rejected.version());
      return JsonCodec.object(fields);
    }
    String token = new Token(schema.name(), logId, aggregateId, verdict.version()).text();
    return JsonCodec.object(CommandRoutes.done(schema, commandId, aggregateId, verdict, token));
  }

  /** What another instance told; empty if this is not what it would tell of that command. */
  static Optional<KnownStatus> read(
      DomainSchema<?, ?> schema, UUID commandId, byte[] body, String time) {
    try {
      JsonObject json = JsonCodec.readObject(body);
      Map<?, ?> fields = JsonCodec.toRecord(json, Map.class);
      Optional<String> aggregateId = json.text(schema.idField()).filter(schema.idFormat()::accepts);
      String status = json.text("status").orElse("");
      if (!json.text("command-id").equals(Optional.of(commandId.toString()))
          || (aggregateId.isEmpty() && !status.equals("rejected"))) {
        return Optional.empty();
      }
      Instant at = Instant.parse(time);
      return switch (status) {
        case "pending" -> Optional.of(new KnownStatus(aggregateId, Optional.empty(), at));
        case "accepted" ->
            version(fields)
                .flatMap(version -> events(fields).map(ids -> new Accepted(version, ids)))
                .map(verdict -> new KnownStatus(aggregateId, Optional.of(verdict), at));
        case "unchanged" ->
            version(fields)
                .map(Unchanged::new)
                .map(verdict -> new KnownStatus(aggregateId, Optional.of(verdict), at));
        case "rejected" ->
            version(fields)
                .flatMap(version -> rejected(version, json))
                .map(verdict -> new KnownStatus(Optional.empty(), Optional.of(verdict), at));
        default -> Optional.empty();
      };
    } catch (UnreadableMessage | DateTimeParseException e) {
      return Optional.empty();
    }
  }

  private static Optional<Verdict> rejected(long version, JsonObject json) {
    Optional<String> reason = json.text("reason").filter(text -> text.matches("[a-z0-9-]{1,100}"));
    return reason.flatMap(
        why -> json.text("detail").map(detail -> new Rejected(version, why, detail)));
  }

  private static Optional<Long> version(Map<?, ?> fields) {
    Object version = fields.get("version");
    return version instanceof Integer || version instanceof Long
        ? Optional.of(((Number) version).longValue()).filter(number -> number >= 0)
        : Optional.empty();
  }

  private static Optional<List<UUID>> events(Map<?, ?> fields) {
    if (!(fields.get("events") instanceof List<?> texts) || texts.isEmpty()) {
      return Optional.empty();
    }
    List<UUID> ids = new ArrayList<>();
    for (Object text : texts) {
      Optional<UUID> id = text instanceof String s ? JsonCodec.uuid(s) : Optional.empty();
      if (id.isEmpty()) {
        return Optional.empty();
      }
      ids.add(id.get());
    }
    return Optional.of(ids);
  }
}

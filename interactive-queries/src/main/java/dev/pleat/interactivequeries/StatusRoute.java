package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.interactivequeries.Answer.NotYet;
import dev.pleat.interactivequeries.Answer.Unavailable;
import dev.pleat.interactivequeries.PendingCommands.Addressed;
import dev.pleat.schemas.CommandStatus;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import io.javalin.http.Context;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/** Tells what became of a command. Safe for use by many threads. */
final class StatusRoute {

  private final List<DomainSchema<?, ?>> schemas;
  private final CommandStatuses statuses;
  private final Function<String, String> logId;
  private final PendingCommands pending;

  StatusRoute(
      List<DomainSchema<?, ?>> schemas,
      CommandStatuses statuses,
      Function<String, String> logId,
      PendingCommands pending) {
    this.schemas = schemas;
    this.statuses = statuses;
    this.logId = logId;
    this.pending = pending;
  }

  /** {@code GET /commands/{id}}. An outcome in one domain wins over "pending" in another. */
  Reply status(Context request) {
    UUID commandId = RequestHeaders.commandId(request.pathParam("id"), "the id in the path");
    Optional<String> key = RequestHeaders.parameter(request, "key");
    Optional<Addressed> waiting = Optional.empty();
    Optional<Problem> unavailable = Optional.empty();
    for (DomainSchema<?, ?> schema : schemas) {
      if (key.isPresent() && !schema.idFormat().accepts(key.get())) {
        continue;
      }
      switch (statuses.status(schema, commandId, key)) {
        case Found<CommandStatus> found -> {
          CommandStatus status = found.value();
          if (status.outcome().isPresent()) {
            return Reply.json(
                200, decided(schema, commandId, status.aggregateId(), status.outcome().get()));
          }
          waiting = waiting.or(() -> Optional.of(new Addressed(schema, status.aggregateId())));
        }
        case NotFound<CommandStatus> notFound -> {}
        case NotYet<CommandStatus> notYet ->
            unavailable = Optional.of(Problem.of(Answer.NOT_NOW, notYet.detail()));
        case Unavailable<CommandStatus> not ->
            unavailable = Optional.of(Problem.of(not.code(), not.detail()));
      }
    }
    Optional<Addressed> known = waiting.or(() -> pending.find(commandId, key));
    if (known.isPresent()) {
      return Reply.json(
          200,
          CommandRoutes.fields(
              commandId, "pending", known.get().schema(), known.get().aggregateId()));
    }
    Problem problem =
        unavailable.orElseGet(
            () ->
                Problem.of(
                    Problem.COMMAND_NOT_FOUND,
                    "it was never received, or is not remembered any more"));
    return problem.about(commandId).reply();
  }

  private Map<String, Object> decided(
      DomainSchema<?, ?> schema, UUID commandId, String aggregateId, Outcome outcome) {
    return switch (outcome.verdict()) {
      case Accepted accepted -> done(schema, commandId, aggregateId, accepted);
      case Unchanged unchanged -> done(schema, commandId, aggregateId, unchanged);
      case Rejected rejected -> {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("command-id", commandId.toString());
        fields.put("status", "rejected");
        fields.put("reason", rejected.reason());
        fields.put("detail", rejected.detail());
        fields.put("version", rejected.version());
        yield fields;
      }
    };
  }

  private Map<String, Object> done(
      DomainSchema<?, ?> schema, UUID commandId, String aggregateId, Outcome.Verdict verdict) {
    String token =
        new Token(schema.name(), logId.apply(schema.name()), aggregateId, verdict.version()).text();
    return CommandRoutes.done(schema, commandId, aggregateId, verdict, token);
  }
}

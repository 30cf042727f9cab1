package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.Action;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.JsonCodec.JsonObject;
import dev.pleat.schemas.JsonSchemas.Violation;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.schemas.UnreadableMessage;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * Takes commands: checks what can be checked before the log, hands the command over, and answers
 * what became of it. Checks go from the headers to the body to the schema. Safe for use by many
 * threads.
 */
final class CommandRoutes {

  private static final Duration ROW_WAIT = Duration.ofSeconds(2);

  private final Commands commands;
  private final Views views;
  private final Function<String, String> logId;
  private final PendingCommands pending;
  private final DryRuns dryRuns;
  private final InstantSource clock;

  /** Domain to the row that stands for one of its aggregates. */
  private final Map<String, Representation> representations = new HashMap<>();

  private final Semaphore underWay;

  /**
   * Routes over what the API is joined to.
   *
   * @param maxUnderWay how many commands may be handed over at once
   */
  CommandRoutes(
      List<DomainSchema<?, ?>> schemas,
      Commands commands,
      Views views,
      Function<String, String> logId,
      PendingCommands pending,
      DryRuns dryRuns,
      int maxUnderWay,
      InstantSource clock) {
    this.commands = commands;
    this.views = views;
    this.logId = logId;
    this.pending = pending;
    this.dryRuns = dryRuns;
    this.underWay = new Semaphore(maxUnderWay);
    this.clock = clock;
    for (DomainSchema<?, ?> schema : schemas) {
      Representation.of(schema, schemas).ifPresent(row -> representations.put(schema.name(), row));
    }
  }

  private Optional<Representation> representation(DomainSchema<?, ?> schema) {
    return Optional.ofNullable(representations.get(schema.name()));
  }

  /** Which aggregate a request addresses, and so what its body must look like. */
  private sealed interface Target {}

  /** A new aggregate: the body has no id. */
  private record New() implements Target {}

  /** The aggregate in the path: the body need not have the id. */
  private record Named(String id) implements Target {}

  /**
   * The aggregate the body names.
   *
   * @param created whether it is there from now on if the command is accepted
   */
  private record NamedInBody(boolean created) implements Target {}

  /** The headers of a request for a command. */
  private record Asked(
      UUID commandId,
      OptionalLong expectedVersion,
      Preferences preferences,
      Optional<String> traceparent,
      Optional<String> actor) {}

  /** {@code POST} on a domain's creating route. */
  <C> Reply create(Context request, DomainSchema<C, ?> schema, Action<C> action)
      throws IOException {
    return take(
        request,
        schema,
        action,
        schema.idFormat() == IdFormat.UUID ? new New() : new NamedInBody(true));
  }

  /** {@code PUT} on a domain's updating route. */
  <C> Reply update(Context request, DomainSchema<C, ?> schema, Action<C> action)
      throws IOException {
    return take(request, schema, action, new Named(Paths.id(request, schema, schema.idField())));
  }

  /** {@code POST} on the route that every action of every domain has. */
  <C> Reply send(Context request, DomainSchema<C, ?> schema) throws IOException {
    Action<C> action =
        schema
            .action(request.pathParam("action"))
            .orElseThrow(
                () ->
                    Refusal.of(
                        Problem.UNKNOWN_ACTION,
                        "the domain "
                            + schema.name()
                            + " has no such action; its actions are "
                            + String.join(
                                ", ", schema.actions().stream().map(Action::name).toList())));
    return take(request, schema, action, new NamedInBody(false));
  }

  private <C> Reply take(
      Context request, DomainSchema<C, ?> schema, Action<C> action, Target target)
      throws IOException {
    UUID commandId = RequestHeaders.commandId(request).orElseGet(UUID::randomUUID);
    try {
      boolean dryRun = DryRuns.isAsked(request);
      Asked asked =
          new Asked(
              commandId,
              RequestHeaders.expectedVersion(request),
              Preferences.of(RequestHeaders.all(request, "Prefer")),
              RequestHeaders.traceparent(request),
              RequestHeaders.actor(request));
      JsonObject body = RequestBody.read(request);
      JsonObject addressed = address(schema, target, commandId, body);
      String aggregateId = schema.aggregateId(addressed.text(schema.idField()).orElseThrow());
      JsonObject data = checked(schema, action, addressed);
      SubmittedCommand command = command(schema, action, data, asked);
      Reply reply =
          dryRun
              ? dryRuns.answer(request, schema, aggregateId, command)
              : submit(schema, target, aggregateId, command, asked);
      return reply.with("Pleat-Command-Id", commandId.toString());
    } catch (Refusal e) {
      throw new Refusal(e.problem().about(commandId));
    }
  }

  // ---- what the client sent

  /** The command's data with the aggregate's id in it. */
  private static JsonObject address(
      DomainSchema<?, ?> schema, Target target, UUID commandId, JsonObject body) {
    String field = schema.idField();
    boolean hasId = body.fields().contains(field);
    return switch (target) {
      case New created -> {
        if (hasId) {
          throw mismatch(
              field, "additionalProperties", "is not a field here: this route makes the id");
        }
        yield body.startingWith(
            field, NameBasedId.ofAggregate(schema.name(), commandId).toString());
      }
      case Named named -> {
        if (hasId && !body.text(field).map(schema::aggregateId).equals(Optional.of(named.id()))) {
          throw mismatch(field, "const", "is not the id in the path");
        }
        yield body.startingWith(field, named.id());
      }
      case NamedInBody inBody -> {
        if (!hasId) {
          throw mismatch(field, "required", "is missing");
        }
        String id = body.text(field).orElseThrow(() -> mismatch(field, "type", "must be a string"));
        if (!schema.idFormat().accepts(schema.aggregateId(id))) {
          throw Paths.invalidId(schema);
        }
        yield body;
      }
    };
  }

  /** The data as the action's record has it, so that 3 and 3.0 are the same on the log. */
  private static <C> JsonObject checked(
      DomainSchema<C, ?> schema, Action<C> action, JsonObject data) {
    List<Violation> violations = schema.jsonSchemas().validate(action.name(), data);
    if (!violations.isEmpty()) {
      throw mismatch(violations);
    }
    try {
      return JsonCodec.toObject(JsonCodec.toRecord(data, action.type()));
    } catch (UnreadableMessage e) {
      throw Refusal.of(Problem.SCHEMA_MISMATCH, "the data is not a " + action.name());
    }
  }

  private SubmittedCommand command(
      DomainSchema<?, ?> schema, Action<?> action, JsonObject data, Asked asked) {
    SubmittedCommand plain =
        SubmittedCommand.of(asked.commandId(), action.name(), data, clock.instant())
            .inSchemaVersion(schema.writtenSchemaVersion(action.name()));
    SubmittedCommand by = asked.actor().map(plain::by).orElse(plain);
    return asked.expectedVersion().isPresent()
        ? by.expecting(asked.expectedVersion().getAsLong())
        : by;
  }

  private static Refusal mismatch(String field, String code, String what) {
    return mismatch(List.of(new Violation("/" + field, code, "/" + field + " " + what)));
  }

  private static Refusal mismatch(List<Violation> violations) {
    return new Refusal(
        Problem.of(Problem.SCHEMA_MISMATCH, violations.get(0).message()).with(violations));
  }

  // ---- what is answered

  private Reply submit(
      DomainSchema<?, ?> schema,
      Target target,
      String aggregateId,
      SubmittedCommand command,
      Asked asked) {
    if (!underWay.tryAcquire()) {
      throw Refusal.of(Problem.OVERLOADED, "too many commands are under way");
    }
    Submission submission;
    try {
      submission =
          commands.submit(
              schema, aggregateId, command, asked.traceparent(), asked.preferences().timeToWait());
    } finally {
      underWay.release();
    }
    return switch (submission) {
      case Submission.Decided decided ->
          decided(schema, target, aggregateId, decided.outcome(), asked);
      case Submission.Pending stillPending -> {
        pending.add(asked.commandId(), schema, aggregateId, command.timestamp());
        yield applying(
            asked,
            true,
            false,
            Reply.json(202, fields(asked.commandId(), "pending", schema, aggregateId))
                .with("Location", Paths.command(asked.commandId(), aggregateId)));
      }
      case Submission.Unknown unknown ->
          throw Refusal.of(Problem.OUTCOME_UNKNOWN, unknown.detail());
      case Submission.Refused refused -> throw Refusal.of(refused.code(), refused.detail());
    };
  }

  private Reply decided(
      DomainSchema<?, ?> schema, Target target, String aggregateId, Outcome outcome, Asked asked) {
    long version = outcome.verdict().version();
    String token = token(schema, aggregateId, version);
    Reply reply =
        switch (outcome.verdict()) {
          case Accepted accepted -> {
            Reply done = done(schema, aggregateId, outcome, token, asked);
            yield creates(target)
                ? representation(schema)
                    .map(row -> status(done, 201).with("Location", row.path(aggregateId)))
                    .orElseGet(() -> status(done, 201))
                : done;
          }
          case Unchanged unchanged -> done(schema, aggregateId, outcome, token, asked);
          case Rejected rejected ->
              applying(asked, false, false, rejection(rejected).about(asked.commandId()).reply());
        };
    Reply withToken = reply.with("Pleat-Token", token);
    return outcome.replayed() ? withToken.with("Idempotent-Replayed", "true") : withToken;
  }

  private static boolean creates(Target target) {
    return switch (target) {
      case New created -> true;
      case Named named -> false;
      case NamedInBody named -> named.created();
    };
  }

  /** The problem of a command that was rejected. */
  static Problem rejection(Rejected rejected) {
    Problem problem = Problem.of(rejected.reason(), rejected.detail()).at(rejected.version());
    return rejected.reason().equals(Problem.VERSION_CONFLICT) && rejected.version() > 0
        ? problem.with("ETag", etag(rejected.version()))
        : problem;
  }

  /** The answer to a command that was accepted or changed nothing: its outcome, or the row. */
  private Reply done(
      DomainSchema<?, ?> schema, String aggregateId, Outcome outcome, String token, Asked asked) {
    long version = outcome.verdict().version();
    if (asked.preferences().representation()) {
      Optional<Representation> shown = representation(schema);
      if (shown.isPresent()
          && views.row(
                  shown.get().schema(),
                  shown.get().view(),
                  aggregateId,
                  List.of(new ReadAfter(schema.name(), aggregateId, version)),
                  ROW_WAIT)
              instanceof Found<Row> found) {
        Row row = found.value();
        Reply reply =
            Reply.json(200, row.json()).with("Content-Location", shown.get().path(aggregateId));
        // A row made from several aggregates has no version that If-Match could insist on.
        return applying(
            asked,
            false,
            true,
            row.version().isPresent()
                ? reply.with("ETag", etag(row.version().getAsLong()))
                : reply);
      }
    }
    return applying(
        asked,
        false,
        false,
        Reply.json(200, done(schema, asked.commandId(), aggregateId, outcome.verdict(), token))
            .with("ETag", etag(version)));
  }

  /** What is told of a command that was accepted or changed nothing. */
  static Map<String, Object> done(
      DomainSchema<?, ?> schema,
      UUID commandId,
      String aggregateId,
      Outcome.Verdict verdict,
      String token) {
    Map<String, Object> fields =
        fields(
            commandId, verdict instanceof Accepted ? "accepted" : "unchanged", schema, aggregateId);
    fields.put("version", verdict.version());
    if (verdict instanceof Accepted accepted) {
      fields.put("events", accepted.events().stream().map(UUID::toString).toList());
    }
    fields.put("token", token);
    return fields;
  }

  /** How the answer to every command begins. */
  static Map<String, Object> fields(
      UUID commandId, String status, DomainSchema<?, ?> schema, String aggregateId) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("command-id", commandId.toString());
    fields.put("status", status);
    fields.put(schema.idField(), aggregateId);
    return fields;
  }

  private static Reply applying(Asked asked, boolean async, boolean row, Reply reply) {
    return asked
        .preferences()
        .applied(async, row)
        .map(applied -> reply.with("Preference-Applied", applied))
        .orElse(reply);
  }

  private static Reply status(Reply reply, int status) {
    return new Reply(status, reply.contentType(), reply.headers(), reply.body());
  }

  private String token(DomainSchema<?, ?> schema, String aggregateId, long version) {
    return new Token(schema.name(), logId.apply(schema.name()), aggregateId, version).text();
  }

  private static String etag(long version) {
    return "\"" + version + "\"";
  }
}

package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.CommandIntake.Asked;
import dev.pleat.interactivequeries.CommandIntake.Named;
import dev.pleat.interactivequeries.CommandIntake.NamedInBody;
import dev.pleat.interactivequeries.CommandIntake.New;
import dev.pleat.interactivequeries.CommandIntake.Ready;
import dev.pleat.interactivequeries.CommandIntake.Target;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.Action;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Takes commands over HTTP, and answers what became of them. Checks go from the headers to the body
 * to the schema. Safe for use by many threads.
 */
final class CommandRoutes {

  private final CommandIntake intake;
  private final DryRuns dryRuns;

  CommandRoutes(CommandIntake intake, DryRuns dryRuns) {
    this.intake = intake;
    this.dryRuns = dryRuns;
  }

  /** {@code POST} on a domain's creating route. */
  <C> Reply create(Context request, DomainSchema<C, ?> schema, Action<C> action)
      throws IOException {
    return take(request, schema, action, CommandIntake.creating(schema));
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
      Ready ready = intake.check(schema, action, target, RequestBody.read(request), asked);
      Reply reply =
          dryRun
              ? dryRuns.answer(request, schema, ready.aggregateId(), ready.command())
              : submit(schema, target, ready, asked);
      return reply.with("Pleat-Command-Id", commandId.toString());
    } catch (Refusal e) {
      throw new Refusal(e.problem().about(commandId));
    }
  }

  // ---- what is answered

  private Reply submit(DomainSchema<?, ?> schema, Target target, Ready ready, Asked asked) {
    String aggregateId = ready.aggregateId();
    return intake
        .submit(schema, ready, asked)
        .map(outcome -> decided(schema, target, aggregateId, outcome, asked))
        .orElseGet(
            () ->
                applying(
                    asked,
                    true,
                    false,
                    Reply.json(202, fields(asked.commandId(), "pending", schema, aggregateId))
                        .with("Location", Paths.command(asked.commandId(), aggregateId))));
  }

  private Reply decided(
      DomainSchema<?, ?> schema, Target target, String aggregateId, Outcome outcome, Asked asked) {
    long version = outcome.verdict().version();
    String token = intake.token(schema, aggregateId, version);
    Reply reply =
        switch (outcome.verdict()) {
          case Accepted accepted -> {
            Reply done = done(schema, aggregateId, outcome, token, asked);
            yield creates(target)
                ? intake
                    .representation(schema)
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
      Optional<Representation> shown = intake.representation(schema);
      if (shown.isPresent()
          && intake.row(shown.get(), schema, aggregateId, version) instanceof Found<Row> found) {
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

  private static String etag(long version) {
    return "\"" + version + "\"";
  }
}

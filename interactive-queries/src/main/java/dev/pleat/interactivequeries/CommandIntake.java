package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.Action;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.JsonCodec.JsonObject;
import dev.pleat.schemas.JsonSchemas.Violation;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.schemas.UnreadableMessage;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * Takes commands in, in whatever way they were sent: checks what can be checked before the log, and
 * hands them over. Safe for use by many threads.
 */
final class CommandIntake {

  private static final Duration ROW_WAIT = Duration.ofSeconds(2);

  private final Commands commands;
  private final Views views;
  private final Function<String, String> logId;
  private final PendingCommands pending;
  private final InstantSource clock;

  /** Domain to the row that stands for one of its aggregates. */
  private final Map<String, Representation> representations = new HashMap<>();

  private final Semaphore underWay;

  /**
   * An intake over what the API is joined to.
   *
   * @param maxUnderWay how many commands may be handed over at once
   */
  CommandIntake(
      HttpApi.Parts parts, PendingCommands pending, int maxUnderWay, InstantSource clock) {
    this.commands = parts.commands();
    this.views = parts.views();
    this.logId = parts.logId();
    this.pending = pending;
    this.underWay = new Semaphore(maxUnderWay);
    this.clock = clock;
    for (DomainSchema<?, ?> schema : parts.schemas()) {
      Representation.of(schema, parts.schemas())
          .ifPresent(row -> representations.put(schema.name(), row));
    }
  }

  /** Which aggregate a command addresses, and so what its body must look like. */
  sealed interface Target {}

  /** A new aggregate: the body has no id. */
  record New() implements Target {}

  /** An aggregate named beside the body, which need not have the id. */
  record Named(String id) implements Target {}

  /**
   * The aggregate the body names.
   *
   * @param created whether it is there from now on if the command is accepted
   */
  record NamedInBody(boolean created) implements Target {}

  /** What a creating route of a domain addresses. */
  static Target creating(DomainSchema<?, ?> schema) {
    return schema.idFormat() == IdFormat.UUID ? new New() : new NamedInBody(true);
  }

  /** What is said beside the data of a command. */
  record Asked(
      UUID commandId,
      OptionalLong expectedVersion,
      Preferences preferences,
      Optional<String> traceparent,
      Optional<String> actor) {}

  /** A command that can be handed over. */
  record Ready(String aggregateId, SubmittedCommand command) {}

  /**
   * The command that somebody sent.
   *
   * @throws Refusal if it is none
   */
  <C> Ready check(
      DomainSchema<C, ?> schema, Action<C> action, Target target, JsonObject body, Asked asked) {
    JsonObject addressed = address(schema, target, asked.commandId(), body);
    String aggregateId = schema.aggregateId(addressed.text(schema.idField()).orElseThrow());
    JsonObject data = checked(schema, action, addressed);
    return new Ready(aggregateId, command(schema, action, data, asked));
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

  // ---- handed over

  /**
   * Hands a command over.
   *
   * @return its outcome; empty if there was none in time
   * @throws Refusal if it was not taken, or nobody knows
   */
  Optional<Outcome> submit(DomainSchema<?, ?> schema, Ready ready, Asked asked) {
    if (!underWay.tryAcquire()) {
      throw Refusal.of(Problem.OVERLOADED, "too many commands are under way");
    }
    Submission submission;
    try {
      submission =
          commands.submit(
              schema,
              ready.aggregateId(),
              ready.command(),
              asked.traceparent(),
              asked.preferences().timeToWait());
    } finally {
      underWay.release();
    }
    return switch (submission) {
      case Submission.Decided decided -> Optional.of(decided.outcome());
      case Submission.Pending stillPending -> {
        pending.add(asked.commandId(), schema, ready.aggregateId(), ready.command().timestamp());
        yield Optional.empty();
      }
      case Submission.Unknown unknown ->
          throw Refusal.of(Problem.OUTCOME_UNKNOWN, unknown.detail());
      case Submission.Refused refused -> throw Refusal.of(refused.code(), refused.detail());
    };
  }

  /** The row that stands for an aggregate of this domain. */
  Optional<Representation> representation(DomainSchema<?, ?> schema) {
    return Optional.ofNullable(representations.get(schema.name()));
  }

  /** That row, at or after this version of the aggregate. */
  Answer<Row> row(
      Representation shown, DomainSchema<?, ?> schema, String aggregateId, long version) {
    return views.row(
        shown.schema(),
        shown.view(),
        aggregateId,
        List.of(new ReadAfter(schema.name(), aggregateId, version)),
        ROW_WAIT);
  }

  /** By which a reader names this version of an aggregate. */
  String token(DomainSchema<?, ?> schema, String aggregateId, long version) {
    return new Token(schema.name(), logId.apply(schema.name()), aggregateId, version).text();
  }
}

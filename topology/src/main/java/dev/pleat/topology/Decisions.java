package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.Action;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.JsonCodec.JsonObject;
import dev.pleat.schemas.JsonSchemas.Violation;
import dev.pleat.schemas.MessageCodec;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.Outcome.Verdict;
import dev.pleat.schemas.ReadCommand;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.schemas.UnreadableMessage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what one command makes of one aggregate, with nothing stored or sent: the same for a
 * command on the log and for one that is only tried. Safe for use by many threads.
 */
final class Decisions<S, C, E> {

  /** Key and value of a record together, in bytes; below the 1 MiB a broker takes by default. */
  static final int MAX_RECORD_BYTES = 1_000_000;

  private static final Logger LOG = LoggerFactory.getLogger(Decisions.class);

  private static final int MAX_DETAIL_CHARS = 1_024;

  private final Domain<S, C, E> domain;
  private final DomainSchema<C, E> schema;
  private final MessageCodec<C, E> messages;

  Decisions(Domain<S, C, E> domain, MessageCodec<C, E> messages) {
    this.domain = domain;
    this.schema = domain.schema();
    this.messages = messages;
  }

  /**
   * One command and the aggregate it addresses.
   *
   * @param now when the log received the command, in ms since 1970
   * @param ids of what comes of it
   */
  record Case<C>(
      AggregateName name,
      Aggregate aggregate,
      Incoming<C> command,
      long now,
      NameBasedId.OfCommand ids) {

    Case(AggregateName name, Aggregate aggregate, Incoming<C> command, long now) {
      this(name, aggregate, command, now, name.idsOf(command.id()));
    }

    /** The time of whatever comes of the command: never before the aggregate's newest event. */
    Instant time() {
      return Instant.ofEpochMilli(Math.max(now, aggregate.lastEventTime()));
    }

    Outcome outcome(Verdict verdict) {
      return new Outcome(
          ids.outcome(),
          command.id(),
          verdict,
          time(),
          command.correlationId(),
          command.actor(),
          false);
    }

    Outcome rejected(String reason, String detail) {
      String shown =
          detail.length() <= MAX_DETAIL_CHARS ? detail : detail.substring(0, MAX_DETAIL_CHARS);
      // Half a surrogate pair, of the rules' or of the cut, could not be read back.
      return outcome(
          new Rejected(aggregate.version(), reason, new String(shown.getBytes(UTF_8), UTF_8)));
    }

    Outcome tooLarge() {
      return rejected(
          "too-large", "the events or the state would be over " + MAX_RECORD_BYTES + " bytes");
    }

    /** The outcome of a command whose id was used before. */
    Outcome again(RememberedCommand before) {
      return before.isSamePayload(command.fingerprint())
          ? before.outcome().answeredAgain()
          : rejected(
              "command-id-reused",
              "this command id was used before for another command to this aggregate");
    }

    /** What is remembered of this command. */
    RememberedCommand toRemember(Outcome outcome) {
      return new RememberedCommand(command.id(), command.fingerprint(), now, outcome);
    }

    /** Changes nothing and is the answer to every retry. */
    Decided remembered(Outcome outcome) {
      return new Decided(outcome, aggregate, List.of(), true);
    }

    /** Changes nothing; a retry is looked at again. */
    Decided forgotten(Outcome outcome) {
      return new Decided(outcome, aggregate, List.of(), false);
    }
  }

  /**
   * A command worked out, with nothing stored or forwarded yet.
   *
   * @param aggregate as it will be stored, without the memory of this command
   * @param events the bytes of the events
   * @param remember whether the outcome is the answer to every retry from here on
   */
  record Decided(Outcome outcome, Aggregate aggregate, List<byte[]> events, boolean remember) {}

  /**
   * Works out a command: that its action is known, its data fits, it is not expired, the version is
   * the expected one; then what the rules say, and the events that come of it.
   *
   * @throws IllegalStateException if the state is of another version than the rules
   */
  Decided decide(Case<C> turn) {
    Incoming<C> command = turn.command();
    requireStateVersion(turn.aggregate());
    try {
      return check(turn);
    } catch (StateCodec.StateShapeChanged e) {
      throw e;
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      LOG.error(
          "The rules of {} failed on {} {} to {}; it is rejected and nothing changed",
          schema,
          command.action(),
          command.id(),
          turn.name().id(),
          e);
      return turn.forgotten(
          turn.rejected(
              "decision-failed",
              "the rules of " + schema + " failed on this command; nothing changed"));
    }
  }

  private Decided check(Case<C> turn) {
    return switch (turn.command()) {
      // Reading it has checked its data.
      case Incoming.Ready<C> ready -> {
        ReadCommand<C> read = ready.command();
        yield afterData(
            turn,
            read.notAfter(),
            read.expectedVersion(),
            () -> rules(turn, read.action(), read.data()));
      }
      case Incoming.General<C> general -> check(turn, general.command());
    };
  }

  private Decided check(Case<C> turn, SubmittedCommand submitted) {
    Optional<Action<C>> action = schema.action(submitted.action());
    if (action.isEmpty()) {
      return turn.forgotten(turn.rejected("unknown-action", schema + " has no such action"));
    }
    SubmittedCommand command;
    try {
      command = schema.upcast(submitted);
    } catch (UnreadableMessage e) {
      return turn.forgotten(turn.rejected("schema-mismatch", e.detail()));
    }
    Optional<String> addressed = command.data().text(schema.idField()).map(schema::aggregateId);
    if (addressed.isPresent() && !addressed.get().equals(turn.name().id())) {
      return turn.forgotten(
          turn.rejected(
              "key-mismatch", "/data/" + schema.idField() + " must be the key of the record"));
    }
    List<Violation> violations = schema.jsonSchemas().validate(action.get().name(), command.data());
    if (!violations.isEmpty()) {
      return turn.forgotten(turn.rejected("schema-mismatch", violations.get(0).message()));
    }
    return afterData(
        turn,
        command.notAfter(),
        command.expectedVersion(),
        () -> {
          C data;
          try {
            data = JsonCodec.toRecord(command.data(), action.get().type());
          } catch (UnreadableMessage e) {
            // Such as an integer beyond the record's, where the JSON Schema names no maximum.
            return turn.forgotten(turn.rejected("schema-mismatch", "/data is " + e.detail()));
          }
          return rules(turn, action.get(), data);
        });
  }

  private Decided afterData(
      Case<C> turn,
      Optional<Instant> notAfter,
      OptionalLong expectedVersion,
      Supplier<Decided> decision) {
    if (notAfter.isPresent() && notAfter.get().isBefore(Instant.ofEpochMilli(turn.now()))) {
      return turn.remembered(
          turn.rejected(
              "expired",
              "the log received it at "
                  + JsonCodec.text(Instant.ofEpochMilli(turn.now()))
                  + ", after "
                  + JsonCodec.text(notAfter.get())));
    }
    long version = turn.aggregate().version();
    if (expectedVersion.orElse(version) != version) {
      return turn.remembered(
          turn.rejected(
              "version-conflict",
              "expected version " + expectedVersion.getAsLong() + ", found " + version));
    }
    return decision.get();
  }

  /** Stops the application: decided on a state of another meaning, every command goes wrong. */
  private void requireStateVersion(Aggregate aggregate) {
    if (aggregate.exists() && aggregate.stateVersion() != domain.decider().stateVersion()) {
      throw new IllegalStateException(
          schema
              + ": the stored state is of version "
              + aggregate.stateVersion()
              + ", the decider's is "
              + domain.decider().stateVersion()
              + "; start the release that wrote it");
    }
  }

  private S stateOf(Aggregate aggregate) {
    return aggregate.exists() ? domain.state(aggregate.state()) : domain.decider().initialState();
  }

  private Decided rules(Case<C> turn, Action<C> action, C data) {
    S state = stateOf(turn.aggregate());
    CommandContext rule =
        new CommandContext(
            schema.name(),
            turn.name().id(),
            turn.command().id(),
            turn.time(),
            turn.command().actor());
    return switch (domain.decider().decide(state, data, rule)) {
      case Decision.Unchanged<E> unchanged ->
          turn.remembered(turn.outcome(new Unchanged(turn.aggregate().version())));
      case Decision.Rejected<E> no -> {
        if (!action.mayBeRejectedFor(no.reason())) {
          throw new IllegalStateException(
              action.name() + " does not declare the reason " + no.reason());
        }
        yield turn.remembered(turn.rejected(no.reason(), no.detail()));
      }
      case Decision.Accepted<E> accepted -> record(turn, state, accepted.events());
    };
  }

  private Decided record(Case<C> turn, S before, List<E> events) {
    Aggregate aggregate = turn.aggregate();
    int keyBytes = turn.name().id().getBytes(UTF_8).length;
    long through = aggregate.version() + events.size();
    List<UUID> ids = turn.ids().events(events.size());
    List<byte[]> records = new ArrayList<>(events.size());
    int together = keyBytes;
    S state = before;
    for (E event : events) {
      byte[] bytes = bytes(turn, event, ids.get(records.size()), records.size(), through);
      // All of them in one record: that is how a view holds them until the last one has come. The
      // outcome has 39 bytes for each, fewer than any event, and fits where they do.
      together += bytes.length + Integer.BYTES;
      if (together > MAX_RECORD_BYTES) {
        return turn.forgotten(turn.tooLarge());
      }
      records.add(bytes);
      state = Objects.requireNonNull(domain.decider().evolve(state, event), "evolve gave no state");
    }
    Outcome outcome = turn.outcome(new Accepted(through, ids));
    Aggregate after =
        new Aggregate(
            through,
            turn.time().toEpochMilli(),
            aggregate.overflow(),
            domain.decider().stateVersion(),
            domain.stateBytes(state),
            aggregate.remembered());
    return new Decided(outcome, after, records, true);
  }

  private byte[] bytes(Case<C> turn, E event, UUID id, int index, long through) {
    Incoming<C> command = turn.command();
    long version = turn.aggregate().version() + 1 + index;
    return messages
        .writeEvent(
            id,
            command.id(),
            event,
            turn.name().id(),
            turn.time(),
            version,
            through,
            command.correlationId(),
            command.actor())
        .orElseGet(
            () ->
                JsonCodec.write(
                    new RecordedEvent(
                        id,
                        command.id(),
                        event.getClass().getSimpleName(),
                        checked(event, turn.name().id()),
                        turn.time(),
                        version,
                        through,
                        command.correlationId(),
                        command.actor(),
                        schema.writtenSchemaVersion(event.getClass().getSimpleName()))));
  }

  /** An event is kept for ever: one that does not fit its own schema must not get out. */
  private JsonObject checked(E event, String aggregateId) {
    String action = event.getClass().getSimpleName();
    JsonObject data = JsonCodec.toObject(event);
    List<Violation> violations = schema.jsonSchemas().validate(action, data);
    if (!violations.isEmpty()) {
      throw new IllegalStateException(
          action + " does not fit its own schema: " + violations.get(0).message());
    }
    Optional<String> about = data.text(schema.idField());
    if (about.isPresent() && !about.get().equals(aggregateId)) {
      throw new IllegalStateException(action + " is about another aggregate: " + about.get());
    }
    return data;
  }
}

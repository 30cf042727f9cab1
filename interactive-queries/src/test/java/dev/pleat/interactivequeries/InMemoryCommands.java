package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.Outcome.Verdict;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.schemas.calculator.CalculatorCommand.CreateValue;
import dev.pleat.schemas.calculator.CalculatorCommand.UpdateValue;
import dev.pleat.schemas.calculator.Operation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/**
 * The calculator without a log: decides at once, remembers outcomes, fills the view. A test may put
 * any other answer in its place.
 */
final class InMemoryCommands implements Commands {

  /** What was handed over. */
  record Sent(
      String aggregateId,
      SubmittedCommand command,
      Optional<String> traceparent,
      Duration timeToWait) {}

  private final InMemoryViews views;
  private final InMemoryStatuses statuses;
  private final List<Sent> sent = new ArrayList<>();
  private final Map<String, Outcome> outcomes = new HashMap<>();
  private final Map<String, Double> values = new HashMap<>();
  private final Map<String, Long> versions = new HashMap<>();
  private Optional<Function<Sent, Submission>> instead = Optional.empty();

  InMemoryCommands(InMemoryViews views, InMemoryStatuses statuses) {
    this.views = views;
    this.statuses = statuses;
  }

  /** From now on commands are answered like this. */
  synchronized void answer(Function<Sent, Submission> answer) {
    instead = Optional.of(answer);
  }

  synchronized List<Sent> sent() {
    return List.copyOf(sent);
  }

  Sent last() {
    return sent().get(sent().size() - 1);
  }

  @Override
  public Submission submit(
      DomainSchema<?, ?> schema,
      String aggregateId,
      SubmittedCommand command,
      Optional<String> traceparent,
      Duration wait) {
    Optional<Function<Sent, Submission>> other;
    Sent now = new Sent(aggregateId, command, traceparent, wait);
    synchronized (this) {
      sent.add(now);
      other = instead;
      if (other.isEmpty()) {
        Outcome outcome = outcome(schema, aggregateId, command);
        statuses.decided(command.id(), aggregateId, outcome.verdict());
        return wait.isZero() ? new Submission.Pending() : new Submission.Decided(outcome);
      }
    }
    return other.get().apply(now);
  }

  private Outcome outcome(DomainSchema<?, ?> schema, String id, SubmittedCommand command) {
    Optional<Outcome> before = Optional.ofNullable(outcomes.get(id + command.id()));
    if (before.isPresent()) {
      return before.get().answeredAgain();
    }
    Outcome outcome = outcome(id, command, decide(id, command));
    outcomes.put(id + command.id(), outcome);
    return outcome;
  }

  static Outcome outcome(String id, SubmittedCommand command, Verdict verdict) {
    return new Outcome(
        NameBasedId.ofOutcome("calculator", id, command.id()),
        command.id(),
        verdict,
        Instant.EPOCH,
        Optional.empty(),
        Optional.empty(),
        false);
  }

  private Verdict decide(String id, SubmittedCommand command) {
    long version = versions.getOrDefault(id, 0L);
    if (command.expectedVersion().isPresent() && command.expectedVersion().getAsLong() != version) {
      return new Rejected(version, "version-conflict", "the version is " + version);
    }
    double result;
    if (command.action().equals("CreateValue")) {
      if (version > 0) {
        return new Rejected(version, "value-already-exists", "value " + id + " exists");
      }
      result = JsonCodec.toRecord(command.data(), CreateValue.class).value();
    } else {
      if (version == 0) {
        return new Rejected(version, "value-not-found", "value " + id + " does not exist");
      }
      UpdateValue update = JsonCodec.toRecord(command.data(), UpdateValue.class);
      double value = values.get(id);
      result =
          update.operation() == Operation.ADD ? value + update.value() : value * update.value();
      if (result == value) {
        return new Unchanged(version);
      }
    }
    values.put(id, result);
    versions.put(id, version + 1);
    views.put(id, version + 1, result);
    UUID event = NameBasedId.ofEvent("calculator", id, command.id(), 0);
    return new Accepted(version + 1, List.of(event));
  }
}

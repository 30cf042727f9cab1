package dev.pleat.deploy.trial;

import dev.pleat.interactivequeries.Answer;
import dev.pleat.interactivequeries.CommandStatuses;
import dev.pleat.interactivequeries.Commands;
import dev.pleat.interactivequeries.KnownStatus;
import dev.pleat.interactivequeries.Outcomes;
import dev.pleat.interactivequeries.Submission;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.SubmittedCommand;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Commands that are decided where they are handed over, and what became of them. Safe for use by
 * many threads.
 */
final class TrialCommands implements Commands, CommandStatuses, Outcomes {

  private static final int MAX_FOLLOWERS = 1_000;

  private final TrialStores stores;
  private final Set<Follower> followers = ConcurrentHashMap.newKeySet();

  TrialCommands(TrialStores stores) {
    this.stores = stores;
  }

  /** It is decided at once; who does not want to wait is told later all the same. */
  @Override
  public Submission submit(
      DomainSchema<?, ?> schema,
      String aggregateId,
      SubmittedCommand command,
      Optional<String> traceparent,
      Duration wait) {
    Submission submission = stores.domain(schema).submit(aggregateId, command);
    if (!(submission instanceof Submission.Decided decided)) {
      return submission;
    }
    Outcome outcome = decided.outcome();
    followers.stream()
        .filter(follower -> follower.wants(command.id(), aggregateId))
        .forEach(
            follower ->
                follower.tell(
                    new Heard(
                        schema.outcomesTopic(),
                        aggregateId,
                        outcome,
                        outcome.timestamp().toEpochMilli())));
    return wait.isZero() || wait.isNegative() ? new Submission.Pending() : decided;
  }

  @Override
  public Answer<KnownStatus> status(
      DomainSchema<?, ?> schema, UUID commandId, Optional<String> key) {
    return stores.domain(schema).status(commandId, key);
  }

  @Override
  public Answer<KnownStatus> held(
      DomainSchema<?, ?> schema, UUID commandId, Optional<String> key, Set<Integer> partitions) {
    return status(schema, commandId, key);
  }

  @Override
  public Optional<Following> follow(UUID commandId, Optional<String> key) {
    if (followers.size() >= MAX_FOLLOWERS) {
      return Optional.empty();
    }
    Follower follower = new Follower(commandId, key);
    followers.add(follower);
    return Optional.of(follower);
  }

  private final class Follower implements Following {
    private final UUID commandId;
    private final Optional<String> key;
    private final BlockingQueue<Optional<Heard>> heard = new LinkedBlockingQueue<>(16);

    Follower(UUID commandId, Optional<String> key) {
      this.commandId = commandId;
      this.key = key;
    }

    boolean wants(UUID id, String aggregateId) {
      return commandId.equals(id) && key.map(aggregateId::equals).orElse(true);
    }

    /** Of many retries the first few are enough: one of them is the answer. */
    void tell(Heard outcome) {
      heard.offer(Optional.of(outcome));
    }

    @Override
    public Optional<Heard> next(Duration patience) throws InterruptedException {
      return Optional.ofNullable(heard.poll(patience.toNanos(), TimeUnit.NANOSECONDS))
          .flatMap(told -> told);
    }

    @Override
    public void wake() {
      heard.offer(Optional.empty());
    }

    @Override
    public void close() {
      followers.remove(this);
    }
  }
}

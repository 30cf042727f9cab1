package dev.pleat.interactivequeries;

import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Outcomes of commands without a log: a test says when one comes. */
final class InMemoryOutcomes implements Outcomes {

  private final Set<Listening> listening = ConcurrentHashMap.newKeySet();
  private final AtomicInteger woken = new AtomicInteger();
  private volatile int places = 10_000;

  void allow(int followers) {
    places = followers;
  }

  int followers() {
    return listening.size();
  }

  int woken() {
    return woken.get();
  }

  /** Tells all who listen for it. */
  void tell(String aggregateId, Outcome outcome) {
    Heard heard = new Heard(CalculatorSchema.SCHEMA.outcomesTopic(), aggregateId, outcome, 1_000);
    listening.stream()
        .filter(follower -> follower.commandId.equals(outcome.parentId()))
        .filter(follower -> follower.key.map(aggregateId::equals).orElse(true))
        .forEach(follower -> follower.heard.add(Optional.of(heard)));
  }

  @Override
  public Optional<Following> follow(UUID commandId, Optional<String> key) {
    if (listening.size() >= places) {
      return Optional.empty();
    }
    Listening follower = new Listening(commandId, key);
    listening.add(follower);
    return Optional.of(follower);
  }

  private final class Listening implements Following {
    private final UUID commandId;
    private final Optional<String> key;
    private final BlockingQueue<Optional<Heard>> heard = new LinkedBlockingQueue<>();

    Listening(UUID commandId, Optional<String> key) {
      this.commandId = commandId;
      this.key = key;
    }

    @Override
    public Optional<Heard> next(Duration patience) throws InterruptedException {
      return Optional.ofNullable(heard.poll(patience.toNanos(), TimeUnit.NANOSECONDS))
          .flatMap(told -> told);
    }

    @Override
    public void wake() {
      woken.incrementAndGet();
      heard.add(Optional.empty());
    }

    @Override
    public void close() {
      listening.remove(this);
    }
  }
}

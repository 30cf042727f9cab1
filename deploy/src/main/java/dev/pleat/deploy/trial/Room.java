package dev.pleat.deploy.trial;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much a trial may keep, over all its domains: the heap is all there is. Safe for use by many
 * threads.
 */
final class Room {

  private static final String INSTEAD =
      "; nothing is ever given back: start the trial anew, or use pleat serve, which keeps them on"
          + " disk";

  private final Trial.Limits limits;
  private final AtomicInteger aggregates = new AtomicInteger();
  private final AtomicInteger events = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  Room(Trial.Limits limits) {
    this.limits = limits;
  }

  void addAggregate() {
    aggregates.incrementAndGet();
  }

  void addEvents(int count) {
    events.addAndGet(count);
  }

  void addBytes(long count) {
    bytes.addAndGet(count);
  }

  /**
   * Why one more command cannot be taken; empty if it can.
   *
   * @param newAggregate whether it addresses an aggregate that does not exist
   */
  Optional<String> full(boolean newAggregate) {
    if (newAggregate && aggregates.get() >= limits.aggregates()) {
      return Optional.of("there are " + limits.aggregates() + " aggregates in memory" + INSTEAD);
    }
    if (events.get() >= limits.events()) {
      return Optional.of("there are " + limits.events() + " events in memory" + INSTEAD);
    }
    return bytes.get() >= limits.bytes()
        ? Optional.of("what is in memory has come to " + limits.bytes() + " bytes" + INSTEAD)
        : Optional.empty();
  }
}

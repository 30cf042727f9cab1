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

  /**
   * The bounds. What is under way when one is reached may go a command beyond it.
   *
   * @param aggregates with at least one event
   * @param events of all aggregates
   * @param bytes of everything that is kept, counted with what maps take beside it
   */
  record Limits(int aggregates, int events, long bytes) {
    /** Fits into the heap of 512 MiB that the launcher gives. */
    static final Limits DEFAULT = new Limits(50_000, 250_000, 192L * 1024 * 1024);
  }

  private final Limits limits;
  private final AtomicInteger aggregates = new AtomicInteger();
  private final AtomicInteger events = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  Room(Limits limits) {
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

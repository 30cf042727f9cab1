package dev.pleat.topology;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ProcessorContext;

/**
 * Commits soon when somebody waits for an outcome, and seldom enough that transactions stay large
 * when there is much to do. Each processor has one; those of a stream thread share a pace, because
 * they commit together. Used by one stream thread.
 */
final class GroupCommit {

  private final Pace pace;

  /** The commits that are planned, by their number: for who waits, and for who does not. */
  private long plannedSoon;

  private long plannedLater;

  GroupCommit(Pace pace) {
    this.pace = pace;
  }

  /** Counts a record, and sees to a commit: soon if somebody waits for what became of it. */
  void processed(ProcessorContext<?, ?> context, boolean waitedFor) {
    pace.processed();
    long next = pace.commits + 1;
    if (waitedFor) {
      if (pace.soon() <= 0) {
        ask(context);
      } else if (plannedSoon != next) {
        plannedSoon = next;
        plan(context, true, next);
      }
    } else if (plannedLater != next) {
      plannedLater = next;
      plan(context, false, next);
    }
  }

  /** Asks for that commit when it is due, unless it was asked for before. */
  private void plan(ProcessorContext<?, ?> context, boolean soon, long commit) {
    // Whole milliseconds are what the schedule knows.
    Duration wait = Duration.ofMillis(Math.max(0, wait(soon)) / 1_000_000 + 1);
    Cancellable[] once = new Cancellable[1];
    once[0] =
        context.schedule(
            wait,
            PunctuationType.WALL_CLOCK_TIME,
            time -> {
              once[0].cancel();
              if (commit != pace.commits + 1) {
                return;
              }
              if (wait(soon) <= 0) {
                ask(context);
              } else {
                // The commit before it took longer than when this was planned.
                plan(context, soon, commit);
              }
            });
  }

  private long wait(boolean soon) {
    return soon ? pace.soon() : pace.later();
  }

  private void ask(ProcessorContext<?, ?> context) {
    pace.asked();
    context.commit();
  }

  /**
   * How far apart the commits of one stream thread are, which does nothing else while it commits.
   *
   * <p>The less idle time the thread has, the longer it works between two commits, measured by what
   * a commit takes: with half of the time idle as long as a commit, with none ten times as long.
   */
  static final class Pace {

    /** From one commit to the next, where somebody waits. */
    private static final long LEAST_GAP_NANOS = 5_000_000;

    private static final long MOST_GAP_NANOS = 120_000_000;
    private static final double MOST_COMMITS_OF_WORK = 10;

    /** From one commit to the next, where nobody waits, with the thread idle and with it busy. */
    private static final long LATER_IDLE_NANOS = 50_000_000;

    private static final long LATER_BUSY_NANOS = 250_000_000;

    /** A longer pause between two records is a commit, or idle. */
    private static final long PAUSE_NANOS = 1_000_000;

    private static final double SHARE_OF_NEWEST = 0.25;

    /** After so long without a commit only the newest share of busy time counts. */
    private static final long FORGET_NANOS = 500_000_000;

    private final LongSupplier clock;
    private long commits;
    private boolean committing;
    private long lastAsked;
    private long lastRecord;
    private long lastEnd;
    private long busyNanos;
    private double busyShare;
    private double commitNanos = LEAST_GAP_NANOS;

    /**
     * A pace of its own.
     *
     * @param clock nanoseconds that only ever grow, like {@link System#nanoTime}
     */
    Pace(LongSupplier clock) {
      this.clock = clock;
      this.lastRecord = clock.getAsLong();
      this.lastEnd = lastRecord;
      this.lastAsked = lastRecord - LATER_BUSY_NANOS;
    }

    private void processed() {
      long now = clock.getAsLong();
      long since = now - lastRecord;
      lastRecord = now;
      if (since < PAUSE_NANOS) {
        busyNanos += since;
      } else if (committing) {
        committing = false;
        lastEnd = now;
        // With idle time in it, it is too much: less is believed at once, more by and by.
        double newest = Math.min(since, MOST_GAP_NANOS);
        commitNanos =
            Math.min(newest, commitNanos + SHARE_OF_NEWEST * Math.max(0, newest - commitNanos));
      }
    }

    private void asked() {
      long now = clock.getAsLong();
      long elapsed = Math.max(1, now - lastEnd);
      double newest = Math.min(1, (double) busyNanos / elapsed);
      busyShare =
          elapsed > FORGET_NANOS ? newest : busyShare + SHARE_OF_NEWEST * (newest - busyShare);
      busyNanos = 0;
      commits++;
      committing = true;
      lastAsked = now;
      lastEnd = now;
    }

    /** How long until a commit is due for which somebody waits, in ns; not above 0 if it is now. */
    private long soon() {
      return Math.max(lastAsked + LEAST_GAP_NANOS, lastEnd + workNanos()) - clock.getAsLong();
    }

    /** The same where nobody waits. */
    private long later() {
      long gap = LATER_IDLE_NANOS + (long) (busyShare * (LATER_BUSY_NANOS - LATER_IDLE_NANOS));
      return lastEnd + gap - clock.getAsLong();
    }

    /** How long the thread is to work after a commit before the next. */
    long workNanos() {
      double commitsOfWork = Math.min(MOST_COMMITS_OF_WORK, busyShare / (1 - busyShare));
      return (long) Math.min(MOST_GAP_NANOS, commitNanos * commitsOfWork);
    }
  }
}

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

  /** How many commits had been asked for when the newest waited-for command was processed. */
  private long waitingSince;

  GroupCommit(Pace pace) {
    this.pace = pace;
  }

  /** Counts a record, and sees to a commit if somebody waits for what became of it. */
  void processed(ProcessorContext<?, ?> context, boolean waitedFor) {
    pace.count++;
    if (!waitedFor) {
      return;
    }
    long now = pace.clock.getAsLong();
    long wait = pace.due - now;
    if (wait <= 0) {
      pace.asked(now);
      context.commit();
    } else if (waitingSince != pace.commits + 1) {
      waitingSince = pace.commits + 1;
      // Whole milliseconds are what the schedule knows.
      Duration later = Duration.ofMillis(wait / 1_000_000 + 1);
      Cancellable[] once = new Cancellable[1];
      once[0] =
          context.schedule(
              later,
              PunctuationType.WALL_CLOCK_TIME,
              time -> {
                once[0].cancel();
                stillWaiting(context);
              });
    }
  }

  /** Unless a commit was asked for since, which took the command along. */
  private void stillWaiting(ProcessorContext<?, ?> context) {
    if (waitingSince == pace.commits + 1) {
      pace.asked(pace.clock.getAsLong());
      context.commit();
    }
  }

  /**
   * How far apart the commits of one stream thread are: 5 ms while there is little to do, and 1 ms
   * more for every 2 000 records a second, up to 50 ms.
   */
  static final class Pace {

    private static final long LEAST_GAP_NANOS = 5_000_000;
    private static final long MOST_GAP_NANOS = 50_000_000;
    private static final long GAP_NANOS_PER_RECORD_PER_SECOND = 500;
    private static final double SHARE_OF_NEWEST = 0.25;

    /** After so long without a commit only the newest rate counts. */
    private static final long FORGET_NANOS = 500_000_000;

    private final LongSupplier clock;
    private long count;
    private long commits;
    private long lastAsked;
    private long due;
    private double recordsPerSecond;

    /**
     * A pace of its own.
     *
     * @param clock nanoseconds that only ever grow, like {@link System#nanoTime}
     */
    Pace(LongSupplier clock) {
      this.clock = clock;
      this.lastAsked = clock.getAsLong();
      this.due = lastAsked;
    }

    private void asked(long now) {
      long elapsed = Math.max(1, now - lastAsked);
      double newest = count * 1e9 / elapsed;
      recordsPerSecond =
          elapsed > FORGET_NANOS
              ? newest
              : recordsPerSecond + SHARE_OF_NEWEST * (newest - recordsPerSecond);
      count = 0;
      commits++;
      lastAsked = now;
      due = now + gapNanos();
    }

    long gapNanos() {
      long wider = (long) (recordsPerSecond * GAP_NANOS_PER_RECORD_PER_SECOND);
      return Math.min(MOST_GAP_NANOS, LEAST_GAP_NANOS + wider);
    }
  }
}

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

  /**
   * Counts a record, and sees to a commit: soon if somebody waits for what became of it.
   *
   * @param timestamp when the log received the record, in ms since 1970 by the broker's clock
   */
  void processed(ProcessorContext<?, ?> context, long timestamp, boolean waitedFor) {
    pace.processed(context, timestamp);
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
    pace.asked(context.currentSystemTimeMs());
    context.commit();
  }

  /**
   * How far apart the commits of one stream thread are, which does nothing else while it commits.
   *
   * <p>Where records had to wait for a commit to end, the thread works at least as long as the
   * commit took before the next. And a commit costs about as much as a few hundred records: with
   * 200 of them between two commits it works as long again, with 2 000 and more ten times as long.
   * So a thread that falls behind has more records between two commits, and thereby catches up.
   *
   * <p>Whether a record had to wait is seen in its age, by the broker's clock, beside the least age
   * that was seen: clocks that differ do not matter.
   */
  static final class Pace {

    /** From one commit to the next, where somebody waits. */
    private static final long LEAST_GAP_NANOS = 5_000_000;

    private static final long MOST_GAP_NANOS = 120_000_000;
    private static final long FEW_RECORDS = 20;
    private static final double RECORDS_WORTH_A_COMMIT = 200;
    private static final double MOST_COMMITS_OF_WORK = 10;

    /** From one commit to the next, where nobody waits, with few records and with many. */
    private static final long LATER_LEAST_NANOS = 50_000_000;

    private static final long LATER_MOST_NANOS = 250_000_000;

    /** So long a pause between two records after a commit was asked for is the commit. */
    private static final long PAUSE_NANOS = 1_000_000;

    /** Older than this above the least age: the record had to wait. */
    private static final long QUEUED_MS = 3;

    /**
     * Older than this it had to wait, unless the clocks differ by as much: then it costs little.
     */
    private static final long OLD_MS = 1_000;

    /** The least age is believed for so long, then a millisecond more is. */
    private static final long LEAST_AGE_NANOS = 1_000_000_000;

    private static final double SHARE_OF_NEWEST = 0.25;

    private final LongSupplier clock;
    private long commits;
    private boolean committing;
    private long lastAsked;
    private long lastRecord;
    private long lastEnd;
    private boolean queued;
    private long newestTimestamp;
    private long leastAgeMs = OLD_MS;
    private long leastAgeSince;
    private double commitNanos = LEAST_GAP_NANOS;

    /** How many records were processed since the last commit, and between the two before. */
    private long records;

    private long recordsBefore;

    /**
     * A pace of its own.
     *
     * @param clock nanoseconds that only ever grow, like {@link System#nanoTime}
     */
    Pace(LongSupplier clock) {
      this.clock = clock;
      this.lastEnd = clock.getAsLong();
      this.lastAsked = lastEnd - LEAST_GAP_NANOS;
    }

    private void processed(ProcessorContext<?, ?> context, long timestamp) {
      records++;
      newestTimestamp = timestamp;
      if (!committing) {
        return;
      }
      long now = clock.getAsLong();
      long since = now - lastRecord;
      lastRecord = now;
      if (since < PAUSE_NANOS) {
        return;
      }
      committing = false;
      queued = isQueued(context.currentSystemTimeMs() - timestamp);
      if (queued) {
        lastEnd = now;
        commitNanos += SHARE_OF_NEWEST * (Math.min(since, MOST_GAP_NANOS) - commitNanos);
      }
    }

    private boolean isQueued(long ageMs) {
      return ageMs - leastAgeMs > QUEUED_MS || ageMs > OLD_MS;
    }

    private void asked(long nowMs) {
      commits++;
      recordsBefore = records;
      records = 0;
      committing = true;
      queued = false;
      lastAsked = clock.getAsLong();
      lastRecord = lastAsked;
      lastEnd = lastAsked;
      long ageMs = nowMs - newestTimestamp;
      if (ageMs <= leastAgeMs) {
        leastAgeMs = ageMs;
        leastAgeSince = lastAsked;
      } else if (lastAsked - leastAgeSince > LEAST_AGE_NANOS) {
        leastAgeMs++;
        leastAgeSince = lastAsked;
      }
    }

    /** How long until a commit is due for which somebody waits, in ns; not above 0 if it is now. */
    private long soon() {
      return Math.max(lastAsked + LEAST_GAP_NANOS, lastEnd + workNanos()) - clock.getAsLong();
    }

    /** The same where nobody waits. */
    private long later() {
      double share = commitsOfWork() / MOST_COMMITS_OF_WORK;
      long gap = LATER_LEAST_NANOS + (long) (share * (LATER_MOST_NANOS - LATER_LEAST_NANOS));
      return lastEnd + gap - clock.getAsLong();
    }

    /** How long the thread is to work after a commit before the next. */
    private long workNanos() {
      double most = Math.max(queued ? 1 : 0, commitsOfWork());
      return (long) Math.min(MOST_GAP_NANOS, commitNanos * most);
    }

    private double commitsOfWork() {
      long many = Math.max(0, recordsBefore - FEW_RECORDS);
      return Math.min(MOST_COMMITS_OF_WORK, many / RECORDS_WORTH_A_COMMIT);
    }
  }
}

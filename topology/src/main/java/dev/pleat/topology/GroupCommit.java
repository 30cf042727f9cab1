package dev.pleat.topology;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
  private final Runnable beforeCommit;

  /** The commits that are planned, by their number: for who waits, and for who does not. */
  private long plannedSoon;

  private long plannedLater;

  /**
   * That of one processor.
   *
   * @param beforeCommit run when a commit was asked for and this processor has processed records
   *     since the last one: so that what it still holds back is sent with everything else
   */
  GroupCommit(Pace pace, Runnable beforeCommit) {
    this.pace = pace;
    this.beforeCommit = beforeCommit;
  }

  /**
   * Counts a record, and sees to a commit: soon if somebody waits for what became of it.
   *
   * @param timestamp when the log received the record, in ms since 1970 by the broker's clock
   */
  void processed(ProcessorContext<?, ?> context, long timestamp, boolean waitedFor) {
    pace.processed(context, timestamp);
    if (pace.committing) {
      // Asked for, but this record came before it was done.
      beforeCommit.run();
    } else if (!pace.toCommit.contains(this)) {
      pace.toCommit.add(this);
    }
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

  /** The processor is closed: its stores may not be touched any more. */
  void close() {
    pace.toCommit.remove(this);
  }

  /**
   * How far apart the commits of one stream thread are, which does nothing else while it commits.
   *
   * <p>A record that came while a commit ran is older when that ends than records usually are, by
   * no more than the commit took. If it is older still, the thread has fallen behind: then it works
   * longer between commits, half as long again each time, up to ten times as long as a commit
   * takes. Once it keeps up, the time shrinks again. Where records wait for so long that the commit
   * is the least of it, those waited for are committed with the others. Ages are by the broker's
   * clock beside the least age that was seen, so that clocks that differ do not matter.
   */
  static final class Pace {

    /** From one commit to the next, where somebody waits. */
    private static final long LEAST_GAP_NANOS = 5_000_000;

    private static final long MOST_GAP_NANOS = 120_000_000;
    private static final double LEAST_COMMITS_OF_WORK = 0.5;
    private static final double MOST_COMMITS_OF_WORK = 10;
    private static final double BEHIND = 1.5;
    private static final double KEEPING_UP = 0.9;
    private static final double IDLE = 0.5;

    /** From one commit to the next, where nobody waits: keeping up, and far behind. */
    private static final long LATER_LEAST_NANOS = 50_000_000;

    private static final long LATER_MOST_NANOS = 250_000_000;

    /** So long a pause between two records after a commit was asked for is the commit. */
    private static final long PAUSE_NANOS = 1_000_000;

    /** So much above the least age a record may be without having waited. */
    private static final long USUAL_MS = 3;

    /** So much longer than the commit a record may have waited without the thread being behind. */
    private static final long BEHIND_MS = 6;

    /**
     * A record that has waited for so long is not kept much longer by the least frequent commits.
     */
    private static final long FAR_BEHIND_MS = 1_000;

    /** Then the thread works so many times as long as a commit takes, if that is not too long. */
    private static final double FAR_COMMITS_OF_WORK = 20;

    private static final long FAR_MOST_NANOS = 1_000_000_000;

    /**
     * The least age is not taken to be more than this at first: a backlog is one from the start.
     */
    private static final long OLD_MS = 1_000;

    /** The least age is believed for so long, then it moves towards what is seen: clocks drift. */
    private static final long LEAST_AGE_NANOS = 1_000_000_000;

    private static final double SHARE_OF_NEWEST = 0.25;

    private final LongSupplier clock;

    /** Those that have processed records since the last commit; as few as there are partitions. */
    private final List<GroupCommit> toCommit = new ArrayList<>();

    private long commits;
    private boolean committing;
    private boolean isFarBehind;
    private long lastAsked;
    private long lastRecord;
    private long lastEnd;
    private double commitsOfWork;
    private long newestTimestamp;
    private long leastAgeMs = OLD_MS;
    private long leastAgeSince;
    private double commitNanos = LEAST_GAP_NANOS;

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
      long waitedMs = context.currentSystemTimeMs() - timestamp - leastAgeMs;
      isFarBehind = waitedMs >= FAR_BEHIND_MS;
      if (waitedMs <= USUAL_MS) {
        commitsOfWork *= IDLE;
        return;
      }
      // It was there before the commit ended, and that was just now.
      lastEnd = now;
      commitNanos += SHARE_OF_NEWEST * (Math.min(since, MOST_GAP_NANOS) - commitNanos);
      boolean isBehind = waitedMs > since / 1_000_000 + BEHIND_MS;
      commitsOfWork =
          isBehind
              ? Math.min(MOST_COMMITS_OF_WORK, Math.max(1, commitsOfWork) * BEHIND)
              : commitsOfWork * KEEPING_UP;
    }

    private void asked(long nowMs) {
      toCommit.forEach(processor -> processor.beforeCommit.run());
      toCommit.clear();
      commits++;
      committing = true;
      lastAsked = clock.getAsLong();
      lastRecord = lastAsked;
      lastEnd = lastAsked;
      long ageMs = nowMs - newestTimestamp;
      if (ageMs <= leastAgeMs) {
        leastAgeMs = ageMs;
        leastAgeSince = lastAsked;
      } else if (lastAsked - leastAgeSince > LEAST_AGE_NANOS) {
        leastAgeMs += Math.max(1, (ageMs - leastAgeMs) / 8);
        leastAgeSince = lastAsked;
      }
    }

    /** How long until a commit is due for which somebody waits, in ns; not above 0 if it is now. */
    private long soon() {
      if (isFarBehind) {
        return later();
      }
      return Math.max(lastAsked + LEAST_GAP_NANOS, lastEnd + workNanos()) - clock.getAsLong();
    }

    /** The same where nobody waits. */
    private long later() {
      double share = commitsOfWork / MOST_COMMITS_OF_WORK;
      long gap = LATER_LEAST_NANOS + (long) (share * (LATER_MOST_NANOS - LATER_LEAST_NANOS));
      if (isFarBehind) {
        gap = Math.max(gap, (long) Math.min(FAR_MOST_NANOS, FAR_COMMITS_OF_WORK * commitNanos));
      }
      return lastEnd + gap - clock.getAsLong();
    }

    /** How long the thread is to work after a commit before the next. */
    private long workNanos() {
      boolean endedJustNow = lastEnd > lastAsked;
      double most = Math.max(endedJustNow ? LEAST_COMMITS_OF_WORK : 0, commitsOfWork);
      return (long) Math.min(MOST_GAP_NANOS, commitNanos * most);
    }
  }
}

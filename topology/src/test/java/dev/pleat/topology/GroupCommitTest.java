package dev.pleat.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.MockProcessorContext.CapturedPunctuator;
import org.junit.jupiter.api.Test;

/** When commits are asked for, with a clock that stands still until it is moved. */
class GroupCommitTest {

  private static final long MS = 1_000_000;

  private long now = 1;
  private final GroupCommit.Pace pace = new GroupCommit.Pace(() -> now);
  private final GroupCommit commits = new GroupCommit(pace);
  private final MockProcessorContext<Void, Void> context = new MockProcessorContext<>();

  @Test
  void where_nobody_waits_one_commit_takes_all() {
    now += 1_000 * MS;
    for (int i = 0; i < 1_000; i++) {
      commits.processed(context, false);
    }

    assertFalse(committed());
    CapturedPunctuator later = onlyPunctuator();
    now += later.getInterval().toNanos();
    later.getPunctuator().punctuate(0);
    assertTrue(committed());
  }

  @Test
  void a_commit_for_who_waits_does_not_wait_for_one_that_is_planned_later() {
    now += 100 * MS;
    commits.processed(context, true);
    assertTrue(committed());
    commits.processed(context, false);
    assertTrue(onlyPunctuator().getInterval().toMillis() > 20);
    now += 5 * MS;

    commits.processed(context, true);

    assertTrue(committed());
  }

  @Test
  void asks_at_once_when_there_was_silence() {
    now += 100 * MS;
    commits.processed(context, true);

    assertTrue(committed());
  }

  @Test
  void the_next_one_waits_for_the_gap_and_not_for_another_record() {
    now += 100 * MS;
    commits.processed(context, true);
    assertTrue(committed());
    now += MS;
    commits.processed(context, true);
    commits.processed(context, true);
    assertFalse(committed());

    CapturedPunctuator later = onlyPunctuator();
    assertTrue(later.getInterval().toMillis() <= 5, later.getInterval().toString());
    now += 5 * MS;
    later.getPunctuator().punctuate(0);

    assertTrue(committed());
    assertTrue(later.cancelled());
  }

  @Test
  void a_commit_that_took_the_command_along_is_not_asked_for_again() {
    now += 100 * MS;
    commits.processed(context, true);
    now += MS;
    commits.processed(context, true);
    CapturedPunctuator later = onlyPunctuator();
    now += 5 * MS;
    commits.processed(context, true);
    assertTrue(committed());

    later.getPunctuator().punctuate(0);

    assertFalse(committed());
  }

  @Test
  void processors_of_a_thread_commit_together() {
    GroupCommit neighbour = new GroupCommit(pace);
    MockProcessorContext<Void, Void> itsContext = new MockProcessorContext<>();
    now += 100 * MS;
    commits.processed(context, true);
    now += MS;

    neighbour.processed(itsContext, true);

    assertFalse(itsContext.committed());
    now += 5 * MS;
    itsContext.scheduledPunctuators().getFirst().getPunctuator().punctuate(0);
    assertTrue(itsContext.committed());
  }

  @Test
  void commits_are_farther_apart_the_less_idle_the_thread_is() {
    // Five milliseconds from one to the next are the least, four of which the commit takes.
    assertEquals(1 * MS, gapAfterCommits(4 * MS, 0.01), 2 * MS);
    assertEquals(4 * MS, gapAfterCommits(4 * MS, 0.5), 2 * MS);
    assertEquals(8 * MS, gapAfterCommits(4 * MS, 0.67), 3 * MS);
    assertEquals(40 * MS, gapAfterCommits(4 * MS, 1), MS);
  }

  @Test
  void slow_commits_leave_the_thread_time_to_work() {
    assertEquals(100 * MS, gapAfterCommits(10 * MS, 1), MS);
    assertEquals(120 * MS, gapAfterCommits(50 * MS, 1), MS);
  }

  @Test
  void idle_time_is_not_taken_for_a_slow_commit() {
    for (int i = 0; i < 20; i++) {
      now += 300 * MS;
      commits.processed(context, true);
    }

    awaitCommit(1);
    now += 4 * MS;
    commits.processed(context, true);

    assertTrue(pace.workNanos() <= 40 * MS, "works for " + pace.workNanos() + " ns");
  }

  @Test
  void a_commit_planned_while_another_runs_waits_for_its_end() {
    gapAfterCommits(10 * MS, 1);
    now += MS / 10;
    commits.processed(context, true);
    CapturedPunctuator planned = context.scheduledPunctuators().getLast();
    // The commit that was under way then ends only now.
    now += planned.getInterval().toNanos();
    commits.processed(context, true);

    planned.getPunctuator().punctuate(0);

    assertFalse(committed());
    CapturedPunctuator again = context.scheduledPunctuators().getLast();
    now += again.getInterval().toNanos();
    again.getPunctuator().punctuate(0);
    assertTrue(committed());
  }

  /**
   * How long the thread goes on after a commit before it asks for the next, in ns, with commits
   * that take so long and a thread busy for this share of the rest.
   */
  private double gapAfterCommits(long commitNanos, double busy) {
    for (int commit = 0; commit < 60; commit++) {
      awaitCommit(busy);
      now += commitNanos;
      commits.processed(context, true);
    }
    long from = now;
    awaitCommit(busy);
    return now - from;
  }

  /** Works, with somebody who waits for each command, until a commit is asked for. */
  private void awaitCommit(double busy) {
    long idle = 3 * MS / 2;
    long work = busy == 1 ? Long.MAX_VALUE : (long) (idle * busy / (1 - busy));
    context.resetCommit();
    while (!context.committed()) {
      for (long left = work; left > 0 && !context.committed(); left -= MS / 10) {
        now += Math.min(left, MS / 10);
        commits.processed(context, true);
      }
      if (!context.committed()) {
        now += idle;
        commits.processed(context, true);
      }
    }
    context.resetCommit();
  }

  private boolean committed() {
    boolean committed = context.committed();
    context.resetCommit();
    return committed;
  }

  private CapturedPunctuator onlyPunctuator() {
    assertEquals(1, context.scheduledPunctuators().size());
    return context.scheduledPunctuators().getFirst();
  }
}

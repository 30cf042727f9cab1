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

  /** The broker's clock is an hour ahead. */
  private static final long CLOCKS_DIFFER_MS = 3_600_000;

  private long now = 1;
  private final GroupCommit.Pace pace = new GroupCommit.Pace(() -> now);
  private final GroupCommit commits = new GroupCommit(pace);
  private final MockProcessorContext<Void, Void> context = new MockProcessorContext<>();

  @Test
  void where_nobody_waits_one_commit_takes_all() {
    now += 1_000 * MS;
    for (int i = 0; i < 1_000; i++) {
      processed(false);
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
    processed(true);
    assertTrue(committed());
    now += 2 * MS;
    processed(false);
    assertTrue(onlyPunctuator().getInterval().toMillis() > 20);
    now += 3 * MS;

    processed(true);

    assertTrue(committed());
  }

  @Test
  void asks_at_once_when_there_was_silence() {
    now += 100 * MS;
    processed(true);

    assertTrue(committed());
  }

  @Test
  void the_next_one_waits_for_the_gap_and_not_for_another_record() {
    now += 100 * MS;
    processed(true);
    assertTrue(committed());
    now += MS;
    processed(true);
    processed(true);
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
    processed(true);
    now += MS;
    processed(true);
    CapturedPunctuator later = onlyPunctuator();
    now += 5 * MS;
    processed(true);
    assertTrue(committed());

    later.getPunctuator().punctuate(0);

    assertFalse(committed());
  }

  @Test
  void processors_of_a_thread_commit_together() {
    GroupCommit neighbour = new GroupCommit(pace);
    MockProcessorContext<Void, Void> itsContext = new MockProcessorContext<>();
    now += 100 * MS;
    processed(true);
    now += MS;
    itsContext.setCurrentSystemTimeMs(now / MS);

    neighbour.processed(itsContext, now / MS, true);

    assertFalse(itsContext.committed());
    now += 5 * MS;
    itsContext.scheduledPunctuators().getFirst().getPunctuator().punctuate(0);
    assertTrue(itsContext.committed());
  }

  @Test
  void commits_are_farther_apart_the_more_there_is_to_do() {
    // Five milliseconds from one to the next are the least, four of which the commit takes.
    assertEquals(6 * MS, workBetweenCommits(4 * MS, 100), MS / 10);
    assertEquals(1 * MS, workBetweenCommits(4 * MS, 1_000), MS);
    assertEquals(1.5 * MS, workBetweenCommits(4 * MS, 10_000), MS);
    assertEquals(6 * MS, workBetweenCommits(4 * MS, 30_000), 4 * MS);
    assertEquals(40 * MS, workBetweenCommits(4 * MS, 100_000), MS);
  }

  @Test
  void slow_commits_leave_the_thread_time_to_work() {
    assertEquals(100 * MS, workBetweenCommits(10 * MS, 50_000), MS);
    assertEquals(120 * MS, workBetweenCommits(50 * MS, 10_000), MS);
  }

  @Test
  void idle_time_is_not_taken_for_a_slow_commit() {
    for (int i = 0; i < 20; i++) {
      now += 300 * MS;
      processed(true);
    }

    assertEquals(40 * MS, workBetweenCommits(4 * MS, 400_000, 3), 6 * MS);
  }

  @Test
  void a_commit_planned_while_another_runs_waits_for_its_end() {
    workBetweenCommits(10 * MS, 50_000);
    now += MS / 10;
    processed(true);
    CapturedPunctuator planned = context.scheduledPunctuators().getLast();
    // The commit that was under way then ends only now.
    long came = now;
    now += planned.getInterval().toNanos();
    processed(came, true);

    planned.getPunctuator().punctuate(0);

    assertFalse(committed());
    CapturedPunctuator again = context.scheduledPunctuators().getLast();
    now += again.getInterval().toNanos();
    again.getPunctuator().punctuate(0);
    assertTrue(committed());
  }

  private double workBetweenCommits(long commitNanos, int perSecond) {
    return workBetweenCommits(commitNanos, perSecond, 60);
  }

  /**
   * How long the thread works after a commit before it asks for the next, in ns: after so many
   * commits that take so long, with so many records a second, those that come meanwhile too.
   */
  private double workBetweenCommits(long commitNanos, int perSecond, int after) {
    long due = now;
    long ended = now;
    for (int commit = 0; commit <= after; commit++) {
      ended = now;
      while (!committed()) {
        due += 1_000_000_000L / perSecond;
        now = Math.max(now, due);
        processed(due, true);
      }
      if (commit < after) {
        now += commitNanos;
      }
    }
    return now - ended;
  }

  private void processed(boolean waitedFor) {
    processed(now, waitedFor);
  }

  /** Of a record that came at that time. */
  private void processed(long came, boolean waitedFor) {
    context.setCurrentSystemTimeMs(now / MS);
    commits.processed(context, came / MS + CLOCKS_DIFFER_MS, waitedFor);
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

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
  private int sent;
  private final GroupCommit commits = new GroupCommit(pace, () -> sent++);
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
    GroupCommit neighbour = new GroupCommit(pace, () -> {});
    MockProcessorContext<Void, Void> itsContext = new MockProcessorContext<>();
    now += 100 * MS;
    processed(true);
    now += MS;
    itsContext.setCurrentSystemTimeMs(now / MS);

    neighbour.processed(itsContext, now / MS + CLOCKS_DIFFER_MS, true);

    assertFalse(itsContext.committed());
    now += 5 * MS;
    itsContext.scheduledPunctuators().getFirst().getPunctuator().punctuate(0);
    assertTrue(itsContext.committed());
  }

  @Test
  void what_the_processors_of_a_thread_hold_back_is_sent_with_everything_else() {
    int[] neighbourSent = {0};
    GroupCommit neighbour = new GroupCommit(pace, () -> neighbourSent[0]++);
    MockProcessorContext<Void, Void> itsContext = new MockProcessorContext<>();
    now += 100 * MS;
    processed(false);
    processed(false);
    neighbour.processed(itsContext, now / MS + CLOCKS_DIFFER_MS, false);
    assertEquals(0, sent + neighbourSent[0]);

    processed(true);

    assertTrue(committed());
    assertEquals(1, sent);
    assertEquals(1, neighbourSent[0]);
  }

  @Test
  void what_comes_between_the_request_and_the_commit_is_sent_too() {
    now += 100 * MS;
    processed(true);
    assertEquals(1, sent);

    processed(false);
    assertEquals(2, sent);

    // That the thread was busy for so long was the commit.
    now += 4 * MS;
    processed(false);
    assertEquals(2, sent);
  }

  @Test
  void nothing_is_sent_for_a_processor_that_was_closed() {
    processed(false);
    commits.close();

    now += 1_000 * MS;
    context.scheduledPunctuators().getFirst().getPunctuator().punctuate(0);

    assertEquals(0, sent);
  }

  @Test
  void commits_are_close_together_while_the_thread_keeps_up() {
    for (int perSecond : new int[] {100, 1_000, 10_000}) {
      Worked worked = work(perSecond, 20_000, 4 * MS);

      assertTrue(
          worked.betweenCommits() <= Math.max(5 * MS, 1_000 * MS / perSecond),
          perSecond + ": " + worked);
      assertTrue(worked.age() <= 10 * MS, perSecond + ": " + worked);
    }
  }

  @Test
  void commits_are_farther_apart_when_the_thread_would_fall_behind() {
    Worked worked = work(40_000, 20_000, 4 * MS);

    assertTrue(worked.betweenCommits() > 10 * MS, worked.toString());
    assertTrue(worked.age() < 100 * MS, worked.toString());
  }

  @Test
  void slow_commits_leave_the_thread_time_to_work() {
    Worked worked = work(30_000, 20_000, 25 * MS);

    assertTrue(worked.age() < 250 * MS, worked.toString());
  }

  @Test
  void a_thread_that_cannot_keep_up_works_ten_times_as_long_as_it_commits() {
    Worked worked = work(52_000, 20_000, 4 * MS);

    assertTrue(worked.age() > 500 * MS && worked.age() < 1_000 * MS, worked.toString());
    assertEquals(40 * MS, worked.betweenCommits(), MS);
  }

  @Test
  void a_thread_that_is_seconds_behind_commits_as_seldom_as_if_nobody_waited() {
    Worked worked = work(100_000, 20_000, 4 * MS);

    assertTrue(worked.age() > 1_000 * MS, worked.toString());
    assertEquals(250 * MS, worked.betweenCommits(), 2 * MS);
  }

  @Test
  void a_thread_that_is_seconds_behind_spends_a_twentieth_of_its_time_in_slow_commits() {
    assertEquals(500 * MS, work(100_000, 20_000, 25 * MS).betweenCommits(), 10 * MS);
    assertEquals(1_000 * MS, work(100_000, 20_000, 80 * MS).betweenCommits(), 10 * MS);
  }

  @Test
  void commits_are_close_together_again_when_a_backlog_is_done() {
    work(100_000, 20_000, 4 * MS);
    now += 1_000 * MS;

    Worked worked = work(1_000, 20_000, 4 * MS);

    assertTrue(worked.betweenCommits() <= 5 * MS, worked.toString());
  }

  @Test
  void a_commit_planned_while_another_runs_waits_for_its_end() {
    work(100_000, 20_000, 10 * MS);
    now += 200 * MS;
    processed(true);
    assertTrue(committed());
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

  /**
   * How it went in the end, in ns.
   *
   * @param betweenCommits from the end of a commit to when the next was asked for, on average
   * @param age of the newest record
   */
  private record Worked(long betweenCommits, long age) {}

  /** Five seconds with so many records a second that take so long each, and such commits. */
  private Worked work(int perSecond, long recordNanos, long commitNanos) {
    long begin = now;
    long came = now;
    long end = now;
    long worked = 0;
    int counted = 0;
    while (now - begin < 5_000 * MS) {
      came += 1_000_000_000L / perSecond;
      now = Math.max(now, came) + recordNanos;
      processed(came, true);
      if (committed()) {
        if (now - begin > 4_000 * MS) {
          worked += now - end;
          counted++;
        }
        now += commitNanos;
        end = now;
      }
    }
    return new Worked(worked / Math.max(1, counted), now - came);
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

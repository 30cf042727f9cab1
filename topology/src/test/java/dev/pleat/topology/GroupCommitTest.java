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
  void asks_for_none_where_nobody_waits() {
    for (int i = 0; i < 1_000; i++) {
      commits.processed(context, false);
      now += MS;
    }

    assertFalse(context.committed());
    assertEquals(0, context.scheduledPunctuators().size());
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
  void commits_are_farther_apart_the_more_there_is_to_do() {
    assertEquals(5 * MS, gapAt(0), MS);
    assertEquals(5.5 * MS, gapAt(1_000), MS);
    assertEquals(10 * MS, gapAt(10_000), 2 * MS);
    assertEquals(30 * MS, gapAt(50_000), 8 * MS);
    assertEquals(50 * MS, gapAt(500_000), MS);
  }

  /** The gap after a second of so many records, a few of them waited for. */
  private double gapAt(int perSecond) {
    for (int ms = 0; ms < 1_000; ms++) {
      for (int i = 0; i < perSecond / 1_000; i++) {
        commits.processed(context, i == 0);
      }
      now += MS;
    }
    now += 50 * MS;
    commits.processed(context, true);
    return pace.gapNanos();
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

package dev.pleat.deploy;

import dev.pleat.interactivequeries.CopyState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What a copy of a view is a copy of, and up to where. It is written with every change of the rows,
 * in one batch.
 *
 * @param generation the making of the view
 * @param topicIds of the logs that are copied: another id is another log, whatever its name
 * @param logIds of the events topics the view is made from, by domain
 * @param rows the next offset of each partition of the log of the rows
 * @param seen the same of the log of the versions seen; empty if that is not copied
 * @param levelAtMs when it was last level with the logs, in ms since 1970; if it never was, when it
 *     was begun
 * @param complete whether it was level once
 */
record Checkpoint(
    int generation,
    List<String> topicIds,
    Map<String, String> logIds,
    List<Long> rows,
    List<Long> seen,
    long levelAtMs,
    boolean complete) {

  /** How far a clock may be set back before it tells nothing about a copy. */
  private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(1);

  Checkpoint {
    topicIds = List.copyOf(topicIds);
    logIds = Map.copyOf(logIds);
    rows = List.copyOf(rows);
    seen = List.copyOf(seen);
  }

  /** The same further on. */
  Checkpoint at(List<Long> newRows, List<Long> newSeen) {
    return new Checkpoint(generation, topicIds, logIds, newRows, newSeen, levelAtMs, complete);
  }

  /** The same, level with the logs. */
  Checkpoint levelAt(Instant time) {
    return new Checkpoint(generation, topicIds, logIds, rows, seen, time.toEpochMilli(), true);
  }

  /** The same of no log at all: it can be read, and goes on from nowhere. */
  Checkpoint ofNoLog() {
    return new Checkpoint(generation, List.of(), logIds, rows, seen, levelAtMs, complete);
  }

  Instant level() {
    return Instant.ofEpochMilli(levelAtMs);
  }

  /**
   * Whether a copy that gets level at this time has seen every row that was deleted. What marks a
   * deletion is itself removed from the log some time after it was written.
   *
   * @param retention how long such a mark stays at least
   */
  boolean missesNoDeletion(Instant time, Duration retention) {
    Duration since = Duration.between(level(), time);
    return since.compareTo(retention) < 0 && since.plus(CLOCKS_DIFFER).isPositive();
  }

  CopyState state() {
    return new CopyState(generation, rows, level());
  }
}

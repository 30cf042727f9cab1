package dev.pleat.interactivequeries;

import static java.util.stream.Collectors.joining;

import java.time.Instant;
import java.util.List;

/**
 * Up to where a local copy of a view shows the rows of the cluster.
 *
 * @param generation the making of the view it is a copy of
 * @param positions the next offset of each partition of the log of the rows
 * @param level when it was last known to show everything that was on that log
 */
public record CopyState(int generation, List<Long> positions, Instant level) {

  /** Keeps its own copy of the positions. */
  public CopyState {
    positions = List.copyOf(positions);
  }

  /** As the header {@code Pleat-Position} says it: {@code g2:170,12,0,9}. */
  String position() {
    return "g" + generation + ":" + positions.stream().map(String::valueOf).collect(joining(","));
  }
}

package dev.pleat.topology;

import java.util.Optional;

/**
 * The pure function from an aggregate's events to its row in a view. It is called again for every
 * event when a view is rebuilt, so it must give the same row for the same events, at any time.
 *
 * @param <V> the row, a record
 * @param <E> the events
 */
@FunctionalInterface
public interface Projection<V, E> {

  /**
   * The row after an event.
   *
   * @param row the row before; empty if there is none
   * @return empty to have no row, which deletes the one there is
   */
  Optional<V> project(Optional<V> row, E event);
}

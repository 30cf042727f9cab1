package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import java.util.Optional;

/** Folds the events of a command into a row. */
record CommandFold<V extends Record, E>(DomainSchema<?, E> schema, Projection<V, E> projection) {

  /**
   * The row after a command.
   *
   * @throws EventGuard.ProjectionFailed if the projection throws
   */
  Optional<V> apply(Optional<V> before, WholeCommand<E> command) {
    try {
      Optional<V> row = before;
      for (WholeCommand.Event<E> event : command.events()) {
        Optional<E> known = event.record(schema);
        if (known.isPresent()) {
          row = projection.project(row, known.get());
        }
      }
      return row;
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      throw new EventGuard.ProjectionFailed(e);
    }
  }
}

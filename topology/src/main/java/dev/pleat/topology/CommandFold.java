package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.RecordedEvent;
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
        Optional<? extends E> known =
            switch (event) {
              case WholeCommand.Ready<E> ready -> Optional.of(ready.event().event());
              case WholeCommand.General<E> general -> record(general.event());
            };
        if (known.isPresent()) {
          row = projection.project(row, known.get());
        }
      }
      return row;
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      throw new EventGuard.ProjectionFailed(e);
    }
  }

  /** Empty for an event this release does not know. */
  private Optional<? extends E> record(RecordedEvent event) {
    return schema.event(event.action()).map(type -> JsonCodec.toRecord(event.data(), type));
  }
}

package dev.pleat.topology;

import dev.pleat.schemas.MessageCodec.ReadEvent;
import dev.pleat.schemas.RecordedEvent;
import java.util.List;

/**
 * All events of one command, in order: what a view folds in one go, so that no row ever shows a
 * part of a command.
 */
record WholeCommand<E>(List<Event<E>> events) {

  /** An event as it was read. */
  sealed interface Event<E> {

    long version();

    /** The version of the last event of its command. */
    long through();
  }

  /** Read in one pass, with its record. */
  record Ready<E>(ReadEvent<E> event) implements Event<E> {

    @Override
    public long version() {
      return event.version();
    }

    @Override
    public long through() {
      return event.through();
    }
  }

  /** Read as a tree: whether it is known, and fits its record, is still to be seen. */
  record General<E>(RecordedEvent event) implements Event<E> {

    @Override
    public long version() {
      return event.version();
    }

    @Override
    public long through() {
      return event.through();
    }
  }

  /** The aggregate's version after the command. */
  long version() {
    return events.getLast().version();
  }
}

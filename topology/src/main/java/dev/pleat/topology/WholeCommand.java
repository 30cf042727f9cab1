package dev.pleat.topology;

import dev.pleat.schemas.RecordedEvent;
import java.util.List;

/**
 * All events of one command, in order: what a view folds in one go, so that no row ever shows a
 * part of a command.
 */
record WholeCommand(List<RecordedEvent> events) {

  /** The aggregate's version after the command. */
  long version() {
    return events.getLast().version();
  }
}

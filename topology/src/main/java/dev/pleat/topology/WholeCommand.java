package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.EventEnvelope;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageCodec;
import dev.pleat.schemas.MessageCodec.ReadEvent;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.UnreadableMessage;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * All events of one command, in order: what a view folds in one go, so that no row ever shows a
 * part of a command.
 */
record WholeCommand<E>(List<Event<E>> events) {

  /** An event as it was read. */
  sealed interface Event<E> {

    /** What it says of itself. */
    EventEnvelope event();

    default UUID id() {
      return event().id();
    }

    /** The command it derives from. */
    default UUID parentId() {
      return event().parentId();
    }

    default Instant timestamp() {
      return event().timestamp();
    }

    default Optional<String> correlationId() {
      return event().correlationId();
    }

    default long version() {
      return event().version();
    }

    /** The version of the last event of its command. */
    default long through() {
      return event().through();
    }

    /**
     * In one pass if the event is in its usual form, which nearly all are.
     *
     * @throws UnreadableMessage if these bytes are no event that this release can read
     */
    static <E> Event<E> read(MessageCodec<?, E> messages, byte[] bytes) {
      Optional<ReadEvent<E>> ready = messages.readEvent(bytes);
      return ready.isPresent()
          ? new Ready<>(ready.get())
          : new General<>(messages.readAnyEvent(bytes));
    }

    /** The name of its type. */
    default String action() {
      return switch (this) {
        case Ready<E> ready -> ready.event().event().getClass().getSimpleName();
        case General<E> general -> general.event().action();
      };
    }

    /** The event's record; empty for an event this release does not know. */
    default Optional<E> record(DomainSchema<?, E> schema) {
      return switch (this) {
        case Ready<E> ready -> Optional.of(ready.event().event());
        case General<E> general ->
            schema
                .event(general.event().action())
                .map(type -> JsonCodec.toRecord(general.event().data(), type));
      };
    }
  }

  /** Read in one pass, with its record. */
  record Ready<E>(ReadEvent<E> event) implements Event<E> {}

  /** Read as a tree: whether it is known, and fits its record, is still to be seen. */
  record General<E>(RecordedEvent event) implements Event<E> {}

  /** The aggregate's version after the command. */
  long version() {
    return events.getLast().version();
  }
}

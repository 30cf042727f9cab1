package dev.pleat.schemas;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** What every event says of itself, however it was read. */
public interface EventEnvelope {

  /** The event's own id. */
  UUID id();

  /** The command it derives from. */
  UUID parentId();

  /** When the log received the command, never before the aggregate's previous event. */
  Instant timestamp();

  /** Which event of its aggregate it is, from 1. */
  long version();

  /** The version of the last event of its command. */
  long through();

  /** Carried over from the command. */
  Optional<String> correlationId();
}

package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The commands that were answered as pending here a moment ago. The index of command statuses
 * follows the log a little later; until then these are known all the same. Holds at most 10 000,
 * each for a minute. Safe for use by many threads.
 */
final class PendingCommands {

  /**
   * A command that the log has acknowledged.
   *
   * @param schema its domain
   * @param aggregateId the aggregate it addresses
   */
  record Addressed(DomainSchema<?, ?> schema, String aggregateId) {}

  private record Entry(Addressed addressed, long since) {}

  private static final int MAX_ENTRIES = 10_000;
  private static final long KEPT_NANOS = Duration.ofMinutes(1).toNanos();

  private final Map<UUID, Entry> entries = new LinkedHashMap<>();

  synchronized void add(UUID commandId, DomainSchema<?, ?> schema, String aggregateId) {
    entries.remove(commandId);
    entries.put(commandId, new Entry(new Addressed(schema, aggregateId), System.nanoTime()));
    if (entries.size() > MAX_ENTRIES) {
      Iterator<UUID> oldest = entries.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
  }

  synchronized Optional<Addressed> find(UUID commandId, Optional<String> key) {
    return Optional.ofNullable(entries.get(commandId))
        .filter(entry -> System.nanoTime() - entry.since() < KEPT_NANOS)
        .map(Entry::addressed)
        .filter(addressed -> key.map(addressed.aggregateId()::equals).orElse(true));
  }
}

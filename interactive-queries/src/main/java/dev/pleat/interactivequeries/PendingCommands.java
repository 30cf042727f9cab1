package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.StatusRoute.Told;
import dev.pleat.schemas.DomainSchema;
import java.time.Duration;
import java.time.Instant;
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

  private record Entry(Told told, long since) {}

  private static final int MAX_ENTRIES = 10_000;
  private static final long KEPT_NANOS = Duration.ofMinutes(1).toNanos();

  private final Map<UUID, Entry> entries = new LinkedHashMap<>();

  /**
   * Notes a command that the log has acknowledged.
   *
   * @param time when it was sent
   */
  synchronized void add(
      UUID commandId, DomainSchema<?, ?> schema, String aggregateId, Instant time) {
    KnownStatus pending = new KnownStatus(Optional.of(aggregateId), Optional.empty(), time);
    entries.remove(commandId);
    entries.put(commandId, new Entry(new Told(schema, pending), System.nanoTime()));
    if (entries.size() > MAX_ENTRIES) {
      Iterator<UUID> oldest = entries.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
  }

  synchronized Optional<Told> find(UUID commandId, Optional<String> key) {
    return Optional.ofNullable(entries.get(commandId))
        .filter(entry -> System.nanoTime() - entry.since() < KEPT_NANOS)
        .map(Entry::told)
        .filter(told -> key.isEmpty() || told.status().aggregateId().equals(key));
  }
}

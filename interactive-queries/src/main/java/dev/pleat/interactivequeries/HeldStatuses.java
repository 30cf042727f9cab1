package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.ReadableStores.Held;
import dev.pleat.schemas.CommandStatus;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.query.WindowKeyQuery;
import org.apache.kafka.streams.state.WindowStoreIterator;

/** The statuses of commands in the state stores of this process. Safe for use by many threads. */
final class HeldStatuses {

  // The log's clock may be ahead of this one.
  private static final Duration AHEAD = Duration.ofHours(1);

  private final LocalStores stores;
  private final Duration memory;
  private final InstantSource clock;

  /**
   * Statuses in these stores.
   *
   * @param memory how long commands are remembered
   * @param clock tells how far back that is
   */
  HeldStatuses(LocalStores stores, Duration memory, InstantSource clock) {
    this.stores = stores;
    this.memory = memory;
    this.clock = clock;
  }

  /**
   * What was found.
   *
   * @param missing the partitions that could not be read
   * @param why why some could not; empty if all could
   */
  record Seen(Optional<KnownStatus> status, Set<Integer> missing, Optional<String> why) {}

  /** What is known of a command in these partitions. */
  Seen status(
      DomainSchema<?, ?> schema, UUID commandId, Optional<String> key, Set<Integer> partitions) {
    Seen decided = read(schema, CommandStatus.decidedKey(commandId), key, partitions);
    if (decided.status().isPresent()) {
      return decided;
    }
    Seen seen = decided;
    for (String open :
        List.of(CommandStatus.refusedKey(commandId), CommandStatus.pendingKey(commandId))) {
      seen = both(seen, read(schema, open, key, partitions));
    }
    return seen;
  }

  private static Seen both(Seen one, Seen other) {
    Set<Integer> missing = new HashSet<>(one.missing());
    missing.addAll(other.missing());
    return new Seen(prevailing(one.status(), other.status()), missing, one.why().or(other::why));
  }

  private static Optional<KnownStatus> prevailing(
      Optional<KnownStatus> one, Optional<KnownStatus> other) {
    return one.map(status -> other.map(more -> KnownStatus.prevailing(status, more)).orElse(status))
        .or(() -> other);
  }

  private Seen read(
      DomainSchema<?, ?> schema, String storeKey, Optional<String> key, Set<Integer> partitions) {
    Instant now = clock.instant();
    Held<WindowStoreIterator<byte[]>> held =
        stores.query(
            schema,
            CommandStatus.STORE,
            partitions,
            WindowKeyQuery.withKeyAndWindowStartRange(
                storeKey, now.minus(memory), now.plus(AHEAD)));
    Optional<KnownStatus> status = Optional.empty();
    Set<Integer> missing = new HashSet<>(partitions);
    Optional<String> why = held.missing();
    for (var result : held.results().entrySet()) {
      try {
        status = prevailing(status, best(result.getValue(), key));
        missing.remove(result.getKey());
      } catch (InvalidStateStoreException e) {
        why = Optional.of("it is being moved");
      }
    }
    return new Seen(status, missing, why);
  }

  private static Optional<KnownStatus> best(
      Optional<WindowStoreIterator<byte[]>> result, Optional<String> key) {
    Optional<KnownStatus> best = Optional.empty();
    if (result.isEmpty()) {
      return best;
    }
    try (WindowStoreIterator<byte[]> entries = result.get()) {
      while (entries.hasNext()) {
        KeyValue<Long, byte[]> entry = entries.next();
        CommandStatus noted = JsonCodec.readStatus(entry.value);
        if (key.isEmpty() || key.get().equals(noted.aggregateId())) {
          KnownStatus status =
              new KnownStatus(
                  Optional.of(noted.aggregateId()),
                  noted.outcome().map(Outcome::verdict),
                  Instant.ofEpochMilli(entry.key));
          best = prevailing(best, Optional.of(status));
        }
      }
    }
    return best;
  }
}

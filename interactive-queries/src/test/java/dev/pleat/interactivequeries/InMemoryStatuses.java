package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.Outcome.Verdict;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** The statuses of commands without a store. Partition 0 is held here, all others elsewhere. */
final class InMemoryStatuses implements CommandStatuses {

  static final Instant TIME = Instant.parse("2026-11-21T10:00:00.123Z");

  private final Map<UUID, KnownStatus> byId = new ConcurrentHashMap<>();
  private volatile Runnable whenRead = () -> {};
  private volatile Optional<String> trouble = Optional.empty();

  void pending(UUID commandId, String aggregateId) {
    byId.put(commandId, new KnownStatus(Optional.of(aggregateId), Optional.empty(), TIME));
  }

  void decided(UUID commandId, String aggregateId, Verdict verdict) {
    byId.put(commandId, new KnownStatus(Optional.of(aggregateId), Optional.of(verdict), TIME));
  }

  /** What happens when a status is read, before it is answered. */
  void whenRead(Runnable action) {
    whenRead = action;
  }

  void unavailable(String detail) {
    trouble = Optional.of(detail);
  }

  @Override
  public Answer<KnownStatus> status(
      DomainSchema<?, ?> schema, UUID commandId, Optional<String> key) {
    Answer<KnownStatus> now = now(commandId, key);
    whenRead.run();
    return now;
  }

  private Answer<KnownStatus> now(UUID commandId, Optional<String> key) {
    return trouble
        .<Answer<KnownStatus>>map(why -> new Answer.Unavailable<>(Answer.NOT_NOW, why))
        .orElseGet(() -> here(commandId, key));
  }

  @Override
  public Answer<KnownStatus> held(
      DomainSchema<?, ?> schema, UUID commandId, Optional<String> key, Set<Integer> partitions) {
    return partitions.equals(Set.of(0))
        ? here(commandId, key)
        : new Answer.Unavailable<>(Answer.NOT_NOW, "held by another instance");
  }

  private Answer<KnownStatus> here(UUID commandId, Optional<String> key) {
    return Optional.ofNullable(byId.get(commandId))
        .filter(status -> key.isEmpty() || status.aggregateId().equals(key))
        .<Answer<KnownStatus>>map(Answer.Found::new)
        .orElseGet(Answer.NotFound::new);
  }
}

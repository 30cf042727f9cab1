package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.topology.Decisions.Case;
import dev.pleat.topology.Decisions.Decided;
import java.time.Instant;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Decides the commands of a domain one at a time with no log: by the same decision as the write
 * side's, with state and the memory of commands on the heap. For tests and trials; what it knows is
 * gone with it. Used by one thread at a time.
 */
public final class DecisionsInMemory<C> {

  /** What an entry of a map takes beside its content, about, in bytes. */
  private static final int ENTRY_BYTES = 200;

  private record Place(String aggregateId, UUID commandId) {}

  private final DirectCommands<C> commands;
  private final long memoryMs;
  private final Map<String, Aggregate> aggregates = new HashMap<>();

  /** In the order in which they were decided. */
  private final Map<Place, RememberedCommand> remembered = new LinkedHashMap<>();

  private long bytes;

  private DecisionsInMemory(DirectCommands<C> commands, MemoryLimits limits) {
    this.commands = commands;
    this.memoryMs = limits.time().toMillis();
  }

  /**
   * Of a domain that has no aggregates yet.
   *
   * @param limits for how long commands are remembered; how much room they take is for the caller
   *     to limit, by {@link #bytes}
   */
  public static <C> DecisionsInMemory<C> of(Domain<?, C, ?> domain, MemoryLimits limits) {
    return new DecisionsInMemory<>(DirectCommands.of(domain), limits);
  }

  /**
   * What became of a command.
   *
   * @param events the bytes of the events, in order; none unless it was accepted just now
   */
  public record Answered(Outcome outcome, List<byte[]> events) {
    /** Keeps its own copy of the list. */
    public Answered {
      events = List.copyOf(events);
    }
  }

  /**
   * Decides a command, or answers it again.
   *
   * @param now what a log's clock would say; not before the one given last
   */
  public Answered decide(String aggregateId, SubmittedCommand command, Instant now) {
    forgetUntil(now.toEpochMilli() - memoryMs);
    Aggregate aggregate = aggregates.getOrDefault(aggregateId, Aggregate.absent());
    Case<C> turn = commands.turn(aggregateId, command, aggregate, now);
    Place place = new Place(aggregateId, command.id());
    RememberedCommand before = remembered.get(place);
    if (before != null) {
      return new Answered(turn.again(before), List.of());
    }
    Decided decided = commands.decide(turn);
    if (decided.remember()) {
      RememberedCommand entry = turn.toRemember(decided.outcome());
      remembered.put(place, entry);
      bytes += bytesOf(place, entry);
    }
    if (decided.aggregate().exists()) {
      aggregates.put(aggregateId, decided.aggregate());
      bytes += bytesOf(aggregateId, decided.aggregate()) - bytesOf(aggregateId, aggregate);
    }
    return new Answered(decided.outcome(), decided.events());
  }

  /** Whether a command would be answered as it was before. */
  public boolean remembers(String aggregateId, UUID commandId) {
    return remembered.containsKey(new Place(aggregateId, commandId));
  }

  /** Whether an aggregate has events. */
  public boolean exists(String aggregateId) {
    return aggregates.containsKey(aggregateId);
  }

  /** About how much room all of it takes. */
  public long bytes() {
    return bytes;
  }

  private void forgetUntil(long time) {
    Iterator<Map.Entry<Place, RememberedCommand>> oldest = remembered.entrySet().iterator();
    while (oldest.hasNext()) {
      Map.Entry<Place, RememberedCommand> entry = oldest.next();
      if (entry.getValue().decidedAt() > time) {
        return;
      }
      bytes -= bytesOf(entry.getKey(), entry.getValue());
      oldest.remove();
    }
  }

  private static long bytesOf(Place place, RememberedCommand command) {
    return ENTRY_BYTES + place.aggregateId().getBytes(UTF_8).length + command.entry().length;
  }

  private static long bytesOf(String aggregateId, Aggregate aggregate) {
    return aggregate.exists()
        ? ENTRY_BYTES + aggregateId.getBytes(UTF_8).length + aggregate.state().length
        : 0;
  }
}

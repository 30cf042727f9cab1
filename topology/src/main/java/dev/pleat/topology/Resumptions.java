package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema.Guard;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What is to be done with the partitions at which a view stopped, or has to stop. It is remembered
 * until the view meets the event again, over restarts of its application. Safe for use by many
 * threads.
 */
public final class Resumptions {

  /** How a view goes on. */
  public enum How {
    /** Folds the event again: what kept it from that has been mended. */
    CONTINUE,
    /** Leaves the event out; after a gap, goes on without what is missing. */
    SKIP
  }

  private record Place(Guard guard, int partition) {}

  /** An event at which a function after the guard failed. */
  private record Poison(long offset, String why) {}

  private final Map<Place, How> wanted = new ConcurrentHashMap<>();
  private final Map<Place, Poison> poison = new ConcurrentHashMap<>();

  /** Asks a view to go on with a partition of its source. */
  public void ask(Guard guard, int partition, How how) {
    wanted.put(new Place(guard, partition), how);
  }

  Optional<How> wanted(Guard guard, int partition) {
    return wanted.isEmpty()
        ? Optional.empty()
        : Optional.ofNullable(wanted.get(new Place(guard, partition)));
  }

  void done(Guard guard, int partition) {
    wanted.remove(new Place(guard, partition));
    // It is tried again, whatever happened the last time.
    poison.remove(new Place(guard, partition));
  }

  /** The transaction in which this event is folded is lost; the next time the view stops there. */
  void poison(Guard guard, int partition, long offset, String why) {
    poison.put(new Place(guard, partition), new Poison(offset, why));
  }

  boolean isAnyPoisoned() {
    return !poison.isEmpty();
  }

  /** Why the view has to stop at this event; told once. */
  Optional<String> poisoned(Guard guard, int partition, long offset) {
    Place place = new Place(guard, partition);
    Poison known = poison.get(place);
    if (known == null || known.offset() != offset || !poison.remove(place, known)) {
      return Optional.empty();
    }
    return Optional.of(known.why());
  }
}

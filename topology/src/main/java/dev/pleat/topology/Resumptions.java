package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema.Guard;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What operators want done with the partitions at which a view stopped. It is remembered until the
 * view meets the event again at which it stopped. Safe for use by many threads.
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

  private final Map<Place, How> wanted = new ConcurrentHashMap<>();

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
  }
}

package dev.pleat.deploy.trial;

import dev.pleat.interactivequeries.Listeners;
import dev.pleat.interactivequeries.LiveTopics.Listening;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/** Who waits for something to change, and is told. Safe for use by many threads. */
final class Signals {

  /** As many as follow rows and events of a Pleat on Kafka. */
  private static final int MAX_LISTENERS = 1_000;

  /**
   * What somebody waits for.
   *
   * @param topic where it would be written
   * @param key empty for all keys
   */
  private record Place(String topic, Optional<String> key) {}

  private final Listeners<Place> listeners = new Listeners<>();
  private final Semaphore room = new Semaphore(MAX_LISTENERS);

  /**
   * Begins to listen.
   *
   * @param key empty for all keys
   * @return empty if too many listen already
   */
  Optional<Listening> listen(String topic, Optional<String> key) {
    return room.tryAcquire()
        ? Optional.of(listeners.listen(new Place(topic, key), room::release))
        : Optional.empty();
  }

  /** Tells all who wait for it that something of this key was written. */
  void tell(String topic, String key) {
    listeners.tell(new Place(topic, Optional.of(key)));
    listeners.tell(new Place(topic, Optional.empty()));
  }
}

package dev.pleat.deploy.trial;

import dev.pleat.interactivequeries.LiveTopics.Listening;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

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

  private final Map<Place, Set<Listener>> listeners = new ConcurrentHashMap<>();
  private final Semaphore room = new Semaphore(MAX_LISTENERS);

  /**
   * Begins to listen.
   *
   * @param key empty for all keys
   * @return empty if too many listen already
   */
  Optional<Listening> listen(String topic, Optional<String> key) {
    if (!room.tryAcquire()) {
      return Optional.empty();
    }
    Listener listener = new Listener(new Place(topic, key));
    listeners.compute(
        listener.place,
        (same, others) -> {
          Set<Listener> all = others == null ? ConcurrentHashMap.newKeySet() : others;
          all.add(listener);
          return all;
        });
    return Optional.of(listener);
  }

  /** Tells all who wait for it that something of this key was written. */
  void tell(String topic, String key) {
    wake(new Place(topic, Optional.of(key)));
    wake(new Place(topic, Optional.empty()));
  }

  private void wake(Place place) {
    listeners.getOrDefault(place, Set.of()).forEach(Listener::wake);
  }

  private final class Listener implements Listening {
    private final Place place;
    private final Semaphore news = new Semaphore(0);
    private boolean closed;

    Listener(Place place) {
      this.place = place;
    }

    @Override
    public boolean heard(Duration patience) throws InterruptedException {
      boolean heard = news.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS);
      news.drainPermits();
      return heard;
    }

    @Override
    public void wake() {
      if (news.availablePermits() == 0) {
        news.release();
      }
    }

    @Override
    public void close() {
      if (closed) {
        return;
      }
      closed = true;
      listeners.computeIfPresent(
          place,
          (same, all) -> {
            all.remove(this);
            return all.isEmpty() ? null : all;
          });
      room.release();
    }
  }
}

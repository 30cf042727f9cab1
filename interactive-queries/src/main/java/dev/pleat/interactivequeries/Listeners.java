package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.LiveTopics.Listening;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Who waits for news, by what they wait for. News that come while somebody looks are kept, as one.
 * Safe for use by many threads.
 *
 * @param <K> what somebody waits for
 */
public final class Listeners<K> {

  private final Map<K, Set<Listener>> listeners = new ConcurrentHashMap<>();

  /**
   * Begins to listen. What is told from when this returns on is heard.
   *
   * @param closed is called once, when whoever listens closes
   */
  public Listening listen(K place, Runnable closed) {
    Listener listener = new Listener(place, closed);
    listeners.compute(
        place,
        (same, others) -> {
          Set<Listener> all = others == null ? ConcurrentHashMap.newKeySet() : others;
          all.add(listener);
          return all;
        });
    return listener;
  }

  /** Whether nobody listens. */
  public boolean isEmpty() {
    return listeners.isEmpty();
  }

  /** Tells those who wait for this. */
  public void tell(K place) {
    listeners.getOrDefault(place, Set.of()).forEach(Listener::wake);
  }

  /** Tells all. */
  public void tellAll() {
    listeners.values().forEach(all -> all.forEach(Listener::wake));
  }

  private final class Listener implements Listening {
    private final K place;
    private final Semaphore news = new Semaphore(0);
    private final AtomicReference<Optional<Runnable>> closed;

    private Listener(K place, Runnable closed) {
      this.place = place;
      this.closed = new AtomicReference<>(Optional.of(closed));
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
      listeners.computeIfPresent(
          place,
          (same, all) -> {
            all.remove(this);
            return all.isEmpty() ? null : all;
          });
      closed.getAndSet(Optional.empty()).ifPresent(Runnable::run);
    }
  }
}

package dev.pleat.topology;

import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.internals.CachedStateStore;

/**
 * A state store with a cache, whose rows can be sent to the changelog before a commit.
 *
 * <p>Kafka Streams sends them itself when it commits, but one partition after the other, and waits
 * each time until the broker has them: four partitions cost four round trips where one would do.
 * The interface that does it is not public API of Kafka Streams, and this is the only file that
 * knows it. Without it a commit is slower, and nothing else.
 */
final class CachedStore {

  private CachedStore() {}

  /**
   * Sends what the cache holds; called on the stream thread that owns the store.
   *
   * @return whether Kafka Streams still gives the store the interface this depends on
   */
  static boolean send(StateStore store) {
    if (store instanceof CachedStateStore<?, ?> cached) {
      cached.flushCache();
      return true;
    }
    return false;
  }
}

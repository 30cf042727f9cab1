package dev.pleat.interactivequeries;

import java.util.Optional;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;

/**
 * The running application that has a state store. It is asked on every query, because a supervisor
 * may replace an application at any time. Safe for use by many threads.
 */
@FunctionalInterface
public interface RunningStreams {

  /**
   * The application of this process that has a store now.
   *
   * @param store a view's {@code rowsStore()}, or {@code CommandStatus.STORE}
   */
  Optional<KafkaStreams> find(String domain, String store);

  /**
   * The rows of a view in a partition, if they are open in this process, for those who read one.
   * Empty where they must be looked for in {@link #find}.
   *
   * @param store a view's {@code rowsStore()}
   */
  default Optional<ReadOnlyKeyValueStore<String, ValueAndTimestamp<byte[]>>> open(
      String domain, String store, int partition) {
    return Optional.empty();
  }

  /** Why there is none, in words that follow "it cannot be read here". */
  default String missing(String domain, String store) {
    return "it is not served by this instance just now";
  }
}

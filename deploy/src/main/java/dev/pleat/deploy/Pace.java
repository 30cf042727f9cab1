package dev.pleat.deploy;

import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/**
 * How fast an application may read events, so that it leaves room for others. Lifted by any thread,
 * kept by the one that polls.
 */
final class Pace {

  /** Slower than this a poll would wait for seconds. */
  static final int SLOWEST = 100;

  /** Each poll's events are folded in one go, and so long a core is taken from others. */
  private static final int POLLS_PER_SECOND = 100;

  private static final int FEWEST_PER_POLL = 20;
  private static final int MOST_PER_POLL = 1_000;

  private final Set<String> topics;
  private volatile int eventsPerSecond;

  /** When what was read so far is paid for. */
  private long due = System.nanoTime();

  /**
   * A pace.
   *
   * @param topics whose records count
   * @param eventsPerSecond at least {@link #SLOWEST}, or 0 for as many as it can
   */
  Pace(Set<String> topics, int eventsPerSecond) {
    this.topics = Set.copyOf(topics);
    this.eventsPerSecond = eventsPerSecond;
  }

  static Pace unlimited() {
    return new Pace(Set.of(), 0);
  }

  /** The most records to read at once: some polls a second, so that none waits for long. */
  int recordsPerPoll() {
    return eventsPerSecond == 0
        ? MOST_PER_POLL
        : Math.clamp(eventsPerSecond / POLLS_PER_SECOND, FEWEST_PER_POLL, MOST_PER_POLL);
  }

  /** Lets it read as fast as it can from now on. */
  void lift() {
    eventsPerSecond = 0;
  }

  /** Waits until more may be read. */
  void await() {
    for (long wait = due - System.nanoTime();
        wait > 0 && eventsPerSecond > 0 && !Thread.currentThread().isInterrupted();
        wait = due - System.nanoTime()) {
      LockSupport.parkNanos(wait);
    }
  }

  /** Counts what was read. */
  void count(ConsumerRecords<byte[], byte[]> records) {
    int rate = eventsPerSecond;
    if (rate > 0) {
      long events = 0;
      for (TopicPartition partition : records.partitions()) {
        events += topics.contains(partition.topic()) ? records.records(partition).size() : 0;
      }
      due = Math.max(due, System.nanoTime()) + events * 1_000_000_000L / rate;
    }
  }
}

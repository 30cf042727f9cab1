package dev.pleat.deploy;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A consumer of Kafka Streams that waits longer for records when none came for a while, so that an
 * idle application costs next to nothing, and one that starts leaves time to others. Used by one
 * thread.
 *
 * <p>An application that commits soon after a record polls every few milliseconds ({@code
 * poll.ms}), because Kafka Streams looks at a commit that is due only between polls. Long after the
 * last record none is due. A record ends the wait at once, however long it may be; only schedules
 * are looked at later by that.
 */
class PatientConsumer extends KafkaConsumer<byte[], byte[]> {

  /** No commit that a record asks for is put off for so long. */
  private static final Duration IDLE_AFTER = Duration.ofSeconds(2);

  /** What Kafka Streams waits by default. */
  private static final Duration IDLE_WAIT = Duration.ofMillis(100);

  /** While records cannot come yet, looking more often only takes time from what is awaited. */
  private static final Duration STARTING_WAIT = Duration.ofMillis(20);

  private final long idleAfterNanos;
  private final Duration idleWait;
  private long lastRecord = System.nanoTime();
  private boolean received;
  private volatile long lastPoll = System.nanoTime();

  PatientConsumer(Map<String, Object> config) {
    this(config, IDLE_AFTER, IDLE_WAIT);
  }

  PatientConsumer(Map<String, Object> config, Duration idleAfter, Duration idleWait) {
    super(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    this.idleAfterNanos = idleAfter.toNanos();
    this.idleWait = idleWait;
  }

  @Override
  public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
    lastPoll = System.nanoTime();
    ConsumerRecords<byte[], byte[]> records = super.poll(patient(timeout));
    if (!records.isEmpty()) {
      lastRecord = System.nanoTime();
      received = true;
    }
    return records;
  }

  /** How long ago the last poll began; where there was none, this consumer. For any thread. */
  final Duration sinceLastPoll() {
    return Duration.ofNanos(System.nanoTime() - lastPoll);
  }

  /** A wait of nothing stays one: Kafka Streams has something else to do then. */
  private Duration patient(Duration timeout) {
    if (!timeout.isPositive()) {
      return timeout;
    }
    // Kafka Streams pauses what it still restores, and later what it has read too much of.
    boolean starting = !received && paused().containsAll(assignment());
    boolean idle = System.nanoTime() - lastRecord > idleAfterNanos && paused().isEmpty();
    Duration least = starting ? STARTING_WAIT : idle ? idleWait : timeout;
    return timeout.compareTo(least) < 0 ? least : timeout;
  }
}

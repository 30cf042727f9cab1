package dev.pleat.deploy;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A consumer of Kafka Streams that waits longer for records when none came for a while, so that an
 * idle application costs next to nothing. Used by one thread.
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

  private final long idleAfterNanos;
  private final Duration idleWait;
  private long lastRecord = System.nanoTime();

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
    ConsumerRecords<byte[], byte[]> records = super.poll(patient(timeout));
    if (!records.isEmpty()) {
      lastRecord = System.nanoTime();
    }
    return records;
  }

  /** A wait of nothing stays one: Kafka Streams has something else to do then. */
  private Duration patient(Duration timeout) {
    boolean idle =
        timeout.isPositive()
            && System.nanoTime() - lastRecord > idleAfterNanos
            && paused().isEmpty();
    return idle && timeout.compareTo(idleWait) < 0 ? idleWait : timeout;
  }
}

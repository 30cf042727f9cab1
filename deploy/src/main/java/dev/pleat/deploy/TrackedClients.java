package dev.pleat.deploy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The Kafka clients of one application of Kafka Streams, which note how far it has come: what its
 * consumer fetched, and which offsets its transactions committed. Safe for use by many threads.
 *
 * <p>Kafka Streams tells committed offsets only, and those stay before aborted records at the end
 * of a partition after a restart; the consumer's position passes them.
 */
final class TrackedClients extends PatientClients {

  /**
   * What was fetched of a partition.
   *
   * @param position after the last fetch
   * @param lastRecord the offset of the last record; empty if there were only markers and aborted
   *     records
   */
  private record Fetched(long position, OptionalLong lastRecord) {}

  private final Map<TopicPartition, Fetched> fetched = new ConcurrentHashMap<>();

  /** The next offset to be processed, as the last transaction committed it. */
  private final Map<TopicPartition, Long> committed = new ConcurrentHashMap<>();

  private final Pace pace;

  /** Where to go back to before the next fetch. */
  private final Map<TopicPartition, Long> rewinds = new ConcurrentHashMap<>();

  /** Clients that read events at this pace. */
  TrackedClients(Pace pace) {
    this.pace = pace;
  }

  /**
   * Reads a partition again from an earlier offset. What is processed twice by that, the guard of a
   * view ignores.
   */
  void rewind(TopicPartition partition, long offset) {
    rewinds.put(partition, offset);
  }

  /** The position after what was fetched last of a partition that is assigned here. */
  OptionalLong fetched(TopicPartition partition) {
    Fetched last = fetched.get(partition);
    return last == null ? OptionalLong.empty() : OptionalLong.of(last.position());
  }

  /** Up to where a partition that is assigned here is processed and committed, if that is known. */
  OptionalLong done(TopicPartition partition) {
    // In this order: what is committed later may be more than was fetched then, never less.
    Fetched last = fetched.get(partition);
    Long next = committed.get(partition);
    if (last == null) {
      return next == null ? OptionalLong.empty() : OptionalLong.of(next);
    }
    if (last.lastRecord().isEmpty()) {
      return OptionalLong.of(last.position());
    }
    if (next == null) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(
        last.lastRecord().getAsLong() < next ? Math.max(last.position(), next) : next);
  }

  @Override
  public Producer<byte[], byte[]> getProducer(Map<String, Object> config) {
    return new TrackedProducer(config);
  }

  @Override
  PatientConsumer consumer(Map<String, Object> config) {
    return new TrackedConsumer(config);
  }

  /** Notes what it fetches. Used by one thread. */
  private final class TrackedConsumer extends PatientConsumer {
    private Set<TopicPartition> assigned = Set.of();

    TrackedConsumer(Map<String, Object> config) {
      super(config);
    }

    @Override
    public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
      if (!rewinds.isEmpty()) {
        for (TopicPartition partition : assignment()) {
          Long offset = rewinds.remove(partition);
          if (offset != null) {
            seek(partition, offset);
          }
        }
      }
      pace.await();
      ConsumerRecords<byte[], byte[]> records = super.poll(timeout);
      pace.count(records);
      Set<TopicPartition> now = assignment();
      if (!now.equals(assigned)) {
        for (TopicPartition before : assigned) {
          if (!now.contains(before)) {
            forget(before);
          }
        }
        assigned = Set.copyOf(now);
      }
      records
          .nextOffsets()
          .forEach((partition, next) -> note(partition, next.offset(), records.records(partition)));
      return records;
    }

    private void note(
        TopicPartition partition, long position, List<ConsumerRecord<byte[], byte[]>> batch) {
      Fetched before = fetched.get(partition);
      OptionalLong last =
          batch.isEmpty()
              ? before == null ? OptionalLong.empty() : before.lastRecord()
              : OptionalLong.of(batch.get(batch.size() - 1).offset());
      fetched.put(partition, new Fetched(position, last));
    }

    private void forget(TopicPartition partition) {
      fetched.remove(partition);
      committed.remove(partition);
    }
  }

  /** Notes what it commits. Used by one thread. */
  private final class TrackedProducer extends KafkaProducer<byte[], byte[]> {
    private Map<TopicPartition, OffsetAndMetadata> offsets = Map.of();

    TrackedProducer(Map<String, Object> config) {
      super(config, new ByteArraySerializer(), new ByteArraySerializer());
    }

    @Override
    public void sendOffsetsToTransaction(
        Map<TopicPartition, OffsetAndMetadata> next, ConsumerGroupMetadata group) {
      super.sendOffsetsToTransaction(next, group);
      offsets = Map.copyOf(next);
    }

    @Override
    public void commitTransaction() {
      super.commitTransaction();
      offsets.forEach((partition, next) -> committed.put(partition, next.offset()));
      offsets = Map.of();
    }

    @Override
    public void abortTransaction() {
      offsets = Map.of();
      super.abortTransaction();
    }
  }
}

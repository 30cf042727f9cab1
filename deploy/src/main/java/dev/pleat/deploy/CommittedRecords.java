package dev.pleat.deploy;

import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The committed records of one partition, from the first one to an end; read while they are asked
 * for, one fetch in memory. A transaction that is open before the end is waited for. Used by one
 * thread.
 */
final class CommittedRecords implements Iterator<ConsumerRecord<byte[], byte[]>> {

  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration PROBE = POLL.multipliedBy(10);

  /** More than a transaction may stay open. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Consumer<byte[], byte[]> consumer;
  private final TopicPartition partition;
  private final long end;
  private final Pace pace;
  private final LongConsumer moved;
  private Iterator<ConsumerRecord<byte[], byte[]>> fetched =
      List.<ConsumerRecord<byte[], byte[]>>of().iterator();
  private long position;

  /**
   * Reads with a consumer that nobody else uses meanwhile.
   *
   * @param consumer made by {@link #consumer}
   * @param end the offset after the last record
   * @param pace that of all who read at once
   * @param moved is told after each fetch by how many offsets it went on; what it throws ends the
   *     reading
   */
  CommittedRecords(
      Consumer<byte[], byte[]> consumer,
      TopicPartition partition,
      long end,
      Pace pace,
      LongConsumer moved) {
    this.consumer = consumer;
    this.partition = partition;
    this.end = end;
    this.pace = pace;
    this.moved = moved;
    consumer.assign(Set.of(partition));
    consumer.seekToBeginning(Set.of(partition));
  }

  /** A consumer of committed records, of no group. */
  static Consumer<byte[], byte[]> consumer(Map<String, Object> connection) {
    Map<String, Object> properties = new HashMap<>(connection);
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    // An empty partition must not hold up the others.
    properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 20);
    return new KafkaConsumer<>(
        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /**
   * Whether no committed record lies between these offsets or after them, only markers and what was
   * aborted. Says no if that cannot be known within a second.
   *
   * @param from 0 for those that are not among them
   */
  static boolean none(
      Map<String, Object> connection,
      Map<TopicPartition, Long> from,
      Map<TopicPartition, Long> ends) {
    try (Consumer<byte[], byte[]> probe = consumer(connection)) {
      Set<TopicPartition> partitions = ends.keySet();
      probe.assign(partitions);
      partitions.forEach(partition -> probe.seek(partition, from.getOrDefault(partition, 0L)));
      long deadline = System.nanoTime() + PROBE.toNanos();
      while (System.nanoTime() < deadline) {
        if (!probe.poll(POLL).isEmpty()) {
          return false;
        }
        if (ends.entrySet().stream()
            .allMatch(end -> probe.position(end.getKey()) >= end.getValue())) {
          return true;
        }
      }
      return false;
    }
  }

  @Override
  public boolean hasNext() {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!fetched.hasNext() && position < end) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "%s cannot be read from offset %d to %d within %d s"
                .formatted(partition, position, end, PATIENCE.toSeconds()));
      }
      pace.await();
      ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
      pace.count(records);
      fetched =
          records.records(partition).stream().filter(record -> record.offset() < end).iterator();
      long now = Math.min(end, consumer.position(partition));
      moved.accept(now - position);
      position = now;
    }
    return fetched.hasNext();
  }

  @Override
  public ConsumerRecord<byte[], byte[]> next() {
    if (!hasNext()) {
      throw new NoSuchElementException(partition + " ends at " + end);
    }
    return fetched.next();
  }
}

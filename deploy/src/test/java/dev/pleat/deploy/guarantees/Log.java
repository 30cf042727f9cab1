package dev.pleat.deploy.guarantees;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Everything that lies in a topic, read with a plain consumer. */
public final class Log {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Log() {}

  /** The records of a topic that a reader of committed records sees, in order of partition. */
  public static List<ConsumerRecord<byte[], byte[]>> committed(String servers, String topic) {
    return read(servers, topic, "read_committed");
  }

  /** All records of a topic, those of aborted transactions too. */
  public static List<ConsumerRecord<byte[], byte[]>> uncommitted(String servers, String topic) {
    return read(servers, topic, "read_uncommitted");
  }

  private static List<ConsumerRecord<byte[], byte[]>> read(
      String servers, String topic, String isolation) {
    Map<String, Object> properties =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, servers,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation,
            // The fetch after the last record is waited for on closing.
            ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 20);
    try (Consumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (ends.entrySet().stream()
          .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
        if (System.nanoTime() > deadline) {
          throw new AssertionError(topic + " could not be read to its end: " + ends);
        }
      }
      records.sort(
          Comparator.<ConsumerRecord<byte[], byte[]>>comparingInt(ConsumerRecord::partition)
              .thenComparingLong(ConsumerRecord::offset));
      return records;
    }
  }
}

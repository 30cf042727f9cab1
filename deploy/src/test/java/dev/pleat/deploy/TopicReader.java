package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads the committed records of one topic from its beginning, and goes on as more come. */
final class TopicReader implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final String topic;
  private final Consumer<byte[], byte[]> consumer;
  private final List<TopicPartition> partitions;
  private final List<ConsumerRecord<byte[], byte[]>> read = new ArrayList<>();

  TopicReader(String bootstrapServers, String topic) {
    this.topic = topic;
    this.consumer =
        new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                // An empty partition must not hold up the others.
                ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG,
                20),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    this.partitions =
        consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  /** Everything that is committed now, in the order it was read; of one key, that of the log. */
  List<ConsumerRecord<byte[], byte[]>> all() {
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
      poll();
      if (System.nanoTime() > deadline) {
        throw new AssertionError(topic + " could not be read to its end: " + ends);
      }
    }
    return List.copyOf(read);
  }

  /** The values of this key that are committed now. */
  List<String> valuesOf(String key) {
    return all().stream().filter(ofKey(key)).map(record -> text(record.value())).toList();
  }

  /** The first record like this, now or soon. */
  ConsumerRecord<byte[], byte[]> await(
      String what, Predicate<ConsumerRecord<byte[], byte[]>> matching) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    int looked = 0;
    while (System.nanoTime() < deadline) {
      for (; looked < read.size(); looked++) {
        if (matching.test(read.get(looked))) {
          return read.get(looked);
        }
      }
      poll();
    }
    throw new AssertionError(
        topic + " has no " + what + " after " + PATIENCE.toSeconds() + " s, among " + read.size());
  }

  private void poll() {
    consumer.poll(Duration.ofMillis(50)).forEach(read::add);
  }

  static Predicate<ConsumerRecord<byte[], byte[]>> ofKey(String key) {
    return record -> record.key() != null && text(record.key()).equals(key);
  }

  /** Those whose value has this text in it. */
  static Predicate<ConsumerRecord<byte[], byte[]>> containing(String part) {
    return record -> record.value() != null && text(record.value()).contains(part);
  }

  static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }

  @Override
  public void close() {
    consumer.close();
  }
}

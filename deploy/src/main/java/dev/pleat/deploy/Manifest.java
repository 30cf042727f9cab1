package dev.pleat.deploy;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * The compacted topic {@code <domain>.manifest} of one partition, which says what a domain's topics
 * were created as and which rules its state was folded with. Its latest record of a key counts.
 *
 * @param connection what every Kafka client needs to connect
 */
record Manifest(Map<String, Object> connection, String topic) {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /**
   * What is written now; the topic must exist.
   *
   * @throws StartRefused if it cannot be read in time
   */
  Map<String, byte[]> read() {
    Map<String, Object> properties = new HashMap<>(connection);
    // The fetch after the last record is waited for on closing: half a second by default.
    properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 20);
    TopicPartition partition = new TopicPartition(topic, 0);
    Map<String, byte[]> rows = new LinkedHashMap<>();
    try (Consumer<String, byte[]> consumer =
        new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition), PATIENCE).getOrDefault(partition, 0L);
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (consumer.position(partition, PATIENCE) < end) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          if (record.key() != null && record.value() != null) {
            rows.put(record.key(), record.value());
          }
        }
        if (System.nanoTime() > deadline) {
          throw new StartRefused(
              topic + " cannot be read within " + PATIENCE.toSeconds() + " s; look at the brokers");
        }
      }
    }
    return rows;
  }

  /**
   * Writes these rows and waits until the log has them.
   *
   * @throws StartRefused if it does not take them
   */
  void write(Map<String, byte[]> rows) {
    if (rows.isEmpty()) {
      return;
    }
    Map<String, Object> properties = new HashMap<>(connection);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    try (Producer<String, byte[]> producer =
        new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer())) {
      for (Map.Entry<String, byte[]> row : rows.entrySet()) {
        producer
            .send(new ProducerRecord<>(topic, 0, row.getKey(), row.getValue()))
            .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartRefused("interrupted while writing " + topic);
    } catch (ExecutionException | TimeoutException e) {
      throw new StartRefused(topic + " cannot be written: " + e.getMessage());
    }
  }
}

package dev.pleat.deploy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A consumer, on a thread of its own, of what is committed to a topic from now on. It waits for
 * records as clients do by default.
 */
final class Arrivals implements AutoCloseable {

  /** Told of each record when it is here; called by one thread. */
  interface Listener {
    void arrived(ConsumerRecord<byte[], byte[]> record, long nanoTime);
  }

  private static final Duration POLL = Duration.ofMillis(200);

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Listener listener;
  private final CompletableFuture<Void> ended;
  private volatile boolean closing;

  /** Whatever is committed after this returns will arrive. */
  Arrivals(String bootstrapServers, String topic, Listener listener) {
    this.listener = listener;
    this.consumer =
        new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                5_000),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToEnd(partitions);
    partitions.forEach(consumer::position);
    this.ended =
        CompletableFuture.runAsync(
            this::read, Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory()));
  }

  private void read() {
    try (consumer) {
      while (!closing) {
        var records = consumer.poll(POLL);
        long now = System.nanoTime();
        records.forEach(record -> listener.arrived(record, now));
      }
    }
  }

  /** Returns when no more arrive, and fails if reading did. */
  @Override
  public void close() {
    closing = true;
    ended.join();
  }
}

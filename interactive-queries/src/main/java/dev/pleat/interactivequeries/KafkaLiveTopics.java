package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.interactivequeries.Answer.Unavailable;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Topics on a Kafka cluster that are followed as they grow: one consumer for all who listen to the
 * same topic, and one for each who reads rows. Safe for use by many threads.
 */
public final class KafkaLiveTopics implements LiveTopics, AutoCloseable {

  private static final int MAX_LISTENERS = 1_000;
  private static final int MAX_READERS = 100;
  private static final Duration ASK = Duration.ofSeconds(5);

  private final Map<String, ?> connection;
  private final BiFunction<DomainSchema<?, ?>, View, Optional<String>> rows;
  private final Map<String, TopicTail> tails = new ConcurrentHashMap<>();
  private final Semaphore listeners = new Semaphore(MAX_LISTENERS);
  private final Semaphore readers = new Semaphore(MAX_READERS);

  /**
   * Topics of a cluster.
   *
   * @param connection how to reach Kafka
   * @param rows the topic of a view's rows; empty while no generation of it serves. Of a view whose
   *     rows are on no topic, that of its events: they tell when to look
   */
  public KafkaLiveTopics(
      Map<String, ?> connection, BiFunction<DomainSchema<?, ?>, View, Optional<String>> rows) {
    this.connection = Map.copyOf(connection);
    this.rows = rows;
  }

  @Override
  public Optional<Changes> changes(DomainSchema<?, ?> schema, View view) {
    return rows.apply(schema, view).map(topic -> new Changes(schema, view, topic));
  }

  private boolean serves(Changes changes) {
    return changes(changes.schema(), changes.view()).filter(changes::equals).isPresent();
  }

  @Override
  public Answer<Listening> listen(Changes changes, String key) {
    if (areEvents(changes)) {
      return listen(changes.schema(), key);
    }
    return listen(
        key,
        changes.topic(),
        topic -> new TopicTail(topic, () -> consumer(false), () -> serves(changes)));
  }

  private static boolean areEvents(Changes changes) {
    return changes.topic().equals(changes.schema().eventsTopic());
  }

  @Override
  public Answer<Listening> listen(DomainSchema<?, ?> schema, String aggregateId) {
    return listen(
        aggregateId,
        schema.eventsTopic(),
        topic -> new TopicTail(topic, () -> consumer(true), () -> true));
  }

  private Answer<Listening> listen(String key, String topic, Function<String, TopicTail> begin) {
    if (!listeners.tryAcquire()) {
      return new Unavailable<>(Answer.OVERLOADED, "too many follow rows or events");
    }
    TopicTail tail = tails.computeIfAbsent(topic, begin);
    Optional<Listening> listening = tail.listen(key, listeners::release);
    while (listening.isEmpty()) {
      tails.remove(topic, tail);
      tail = tails.computeIfAbsent(topic, begin);
      listening = tail.listen(key, listeners::release);
    }
    if (!tail.awaitPositioned(ASK)) {
      listening.get().close();
      return new Unavailable<>(Answer.NOT_NOW, topic + " cannot be read now");
    }
    return new Found<>(listening.get());
  }

  @Override
  public Answer<Reading> read(Changes changes, Optional<List<Long>> from) {
    if (areEvents(changes)) {
      return new Unavailable<>(
          Answer.NOT_OFFERED,
          "the rows of the view "
              + changes.view().name()
              + " are in a database, where lists are not followed: follow single rows, or read the"
              + " list again");
    }
    if (!readers.tryAcquire()) {
      return new Unavailable<>(Answer.OVERLOADED, "too many follow lists of rows");
    }
    Optional<Reading> reading = Optional.empty();
    Optional<Consumer<String, byte[]>> opened = Optional.empty();
    try {
      Consumer<String, byte[]> consumer = consumer(true);
      opened = Optional.of(consumer);
      List<TopicPartition> partitions = partitions(consumer, changes.topic());
      consumer.assign(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, ASK);
      if (from.isEmpty()) {
        consumer.seekToBeginning(partitions);
      } else if (!seek(consumer, partitions, from.get(), ends)) {
        return new NotFound<>();
      }
      reading =
          Optional.of(
              new RowReading(
                  changes.topic(),
                  consumer,
                  partitions,
                  ends,
                  () -> serves(changes),
                  readers::release));
      return new Found<>(reading.get());
    } catch (KafkaException e) {
      return new Unavailable<>(Answer.NOT_NOW, changes.topic() + " cannot be read now");
    } finally {
      if (reading.isEmpty()) {
        opened.ifPresent(Consumer::close);
        readers.release();
      }
    }
  }

  /** False if the topic does not reach from there on. */
  private static boolean seek(
      Consumer<String, byte[]> consumer,
      List<TopicPartition> partitions,
      List<Long> from,
      Map<TopicPartition, Long> ends) {
    if (from.size() != partitions.size()) {
      return false;
    }
    Map<TopicPartition, Long> beginnings = consumer.beginningOffsets(partitions, ASK);
    for (TopicPartition partition : partitions) {
      long offset = from.get(partition.partition());
      if (offset < beginnings.getOrDefault(partition, 0L)
          || offset > ends.getOrDefault(partition, 0L)) {
        return false;
      }
      consumer.seek(partition, offset);
    }
    return true;
  }

  /** In the order of their numbers. */
  static List<TopicPartition> partitions(Consumer<?, ?> consumer, String topic) {
    List<TopicPartition> partitions = new ArrayList<>();
    consumer
        .partitionsFor(topic, ASK)
        .forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
    if (partitions.isEmpty()) {
      throw new KafkaException("there is no topic " + topic);
    }
    partitions.sort(Comparator.comparing(TopicPartition::partition));
    return partitions;
  }

  private Consumer<String, byte[]> consumer(boolean committed) {
    Map<String, Object> properties = new HashMap<>(connection);
    properties.put(
        ConsumerConfig.ISOLATION_LEVEL_CONFIG, committed ? "read_committed" : "read_uncommitted");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 1024 * 1024);
    properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 256 * 1024);
    return new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer());
  }

  @Override
  public void close() {
    tails.values().forEach(TopicTail::close);
  }
}

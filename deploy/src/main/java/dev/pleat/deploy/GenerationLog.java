package dev.pleat.deploy;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The compacted topics {@code <domain>.views}, which say what generations of each view there are:
 * read to their ends, and followed from there. Safe for use by many threads.
 */
final class GenerationLog implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(GenerationLog.class);
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final GenerationRows rows = new GenerationRows();

  /** Up to where each topic is read. */
  private final Map<String, Long> positions = new HashMap<>();

  private final Consumer<String, byte[]> consumer;
  private final Producer<String, byte[]> producer;
  private final Runnable changed;
  private final Thread reader;
  private final CountDownLatch read = new CountDownLatch(1);
  private volatile boolean closing;

  private GenerationLog(
      Map<String, Object> connection, List<DomainSchema<?, ?>> schemas, Runnable changed) {
    this.changed = changed;
    Map<String, Object> properties = new HashMap<>(connection);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Math.toIntExact(PATIENCE.toMillis()));
    properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE.toMillis());
    this.producer =
        new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer());
    this.consumer =
        new KafkaConsumer<>(connection, new StringDeserializer(), new ByteArrayDeserializer());
    this.reader =
        Thread.ofPlatform()
            .name("generations")
            .daemon(true)
            .unstarted(
                () ->
                    read(
                        schemas.stream()
                            .map(schema -> new TopicPartition(schema.viewsTopic(), 0))
                            .toList()));
  }

  /**
   * Reads the topics of these domains, which must exist.
   *
   * @param changed is told when something new was read; must be quick
   * @throws StartRefused if they cannot be read in time
   */
  static GenerationLog open(
      Map<String, Object> connection, List<DomainSchema<?, ?>> schemas, Runnable changed) {
    GenerationLog log = new GenerationLog(connection, schemas, changed);
    log.reader.start();
    try {
      if (log.read.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        return log;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    log.close();
    throw new StartRefused(
        schemas.stream().map(DomainSchema::viewsTopic).collect(Collectors.joining(", "))
            + " cannot be read within "
            + PATIENCE.toSeconds()
            + " s; look at the brokers");
  }

  // ---- reading

  private void read(List<TopicPartition> topics) {
    try (consumer) {
      consumer.assign(topics);
      consumer.seekToBeginning(topics);
      Map<TopicPartition, Long> ends = consumer.endOffsets(topics, PATIENCE);
      while (!closing) {
        if (read.getCount() > 0 && areRead(ends)) {
          read.countDown();
        }
        boolean news = false;
        for (ConsumerRecord<String, byte[]> row : consumer.poll(PAUSE)) {
          news |= rows.apply(row);
        }
        note(topics);
        if (news) {
          changed.run();
        }
      }
      consumer.close(CloseOptions.timeout(Duration.ZERO));
    } catch (WakeupException e) {
      // Closed.
    } catch (KafkaException e) {
      LOG.error("the generations of views are not followed any more", e);
    }
  }

  private boolean areRead(Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream()
        .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
  }

  private void note(List<TopicPartition> topics) {
    synchronized (positions) {
      topics.forEach(topic -> positions.put(topic.topic(), consumer.position(topic)));
      positions.notifyAll();
    }
  }

  /** All generations there ever were of a view, oldest first. */
  List<Generation> of(DomainSchema<?, ?> schema, View view) {
    return rows.of(schema, view);
  }

  // ---- writing

  /**
   * Writes a row, and waits until it is read back.
   *
   * @return what counts now for this number: not this generation, if another process was first
   * @throws Unwritten if the log does not take it in time
   */
  Generation write(DomainSchema<?, ?> schema, Generation generation) {
    String topic = schema.viewsTopic();
    try {
      RecordMetadata written =
          producer
              .send(new ProducerRecord<>(topic, 0, generation.key(), generation.bytes()))
              .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      awaitRead(topic, written.offset());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unwritten(topic, e);
    } catch (ExecutionException | TimeoutException | KafkaException e) {
      throw new Unwritten(topic, e);
    }
    return rows.of(topic, generation.view(), generation.number()).orElse(generation);
  }

  private void awaitRead(String topic, long offset) throws InterruptedException, TimeoutException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    synchronized (positions) {
      while (positions.getOrDefault(topic, 0L) <= offset) {
        long left = (deadline - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          throw new TimeoutException(topic + " was not read back");
        }
        positions.wait(left);
      }
    }
  }

  /** Thrown when a row could not be written. */
  static final class Unwritten extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private Unwritten(String topic, Exception cause) {
      super(topic + " cannot be written just now", cause);
    }
  }

  @Override
  public void close() {
    closing = true;
    consumer.wakeup();
    producer.close(Duration.ZERO);
    try {
      reader.join(PATIENCE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

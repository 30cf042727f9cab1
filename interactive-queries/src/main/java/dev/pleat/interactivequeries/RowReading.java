package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.LiveTopics.Change;
import dev.pleat.interactivequeries.LiveTopics.Lost;
import dev.pleat.interactivequeries.LiveTopics.Next;
import dev.pleat.interactivequeries.LiveTopics.Nothing;
import dev.pleat.interactivequeries.LiveTopics.Reading;
import dev.pleat.interactivequeries.LiveTopics.Rows;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a topic of rows for one client, no faster than the client takes them: what is read ahead
 * fits into a few megabytes. Until it has come to where the topic ended when it began, only the
 * last of several rows of a key is handed on, as far as they lie near each other.
 *
 * <p>A thread of its own owns the consumer.
 */
final class RowReading implements Reading {

  private static final Logger LOG = LoggerFactory.getLogger(RowReading.class);

  private static final Duration POLL = Duration.ofMillis(250);
  private static final int MAX_KEYS = 10_000;
  private static final int MAX_BYTES = 4 * 1024 * 1024;

  private final Consumer<String, byte[]> consumer;
  private final List<TopicPartition> partitions;
  private final List<Long> beginning;
  private final Map<TopicPartition, Long> ends;
  private final BooleanSupplier goesOn;
  private final Runnable ended;
  private final BlockingQueue<Next> read = new ArrayBlockingQueue<>(1);
  private final Thread thread;
  private volatile boolean closing;

  /**
   * Reads from where the consumer is.
   *
   * @param consumer with the partitions assigned and positions set; closed by this
   * @param ends where the topic ended when reading began
   * @param goesOn whether this is still the topic to read
   * @param ended is called once, when this is closed
   */
  RowReading(
      String topic,
      Consumer<String, byte[]> consumer,
      List<TopicPartition> partitions,
      Map<TopicPartition, Long> ends,
      BooleanSupplier goesOn,
      Runnable ended) {
    this.consumer = consumer;
    this.partitions = partitions;
    this.beginning = partitions.stream().map(consumer::position).toList();
    this.ends = new HashMap<>(ends);
    this.goesOn = goesOn;
    this.ended = ended;
    this.thread = Thread.ofPlatform().name("rows-" + topic).daemon(true).start(this::run);
  }

  @Override
  public List<Long> beginning() {
    return beginning;
  }

  @Override
  public Next next(Duration patience) throws InterruptedException {
    Next next = read.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
    return next == null ? new Nothing() : next;
  }

  @Override
  public void wake() {
    read.offer(new Nothing());
  }

  @Override
  public void close() {
    if (!closing) {
      closing = true;
      thread.interrupt();
      ended.run();
    }
  }

  // ---- the thread

  private void run() {
    try (consumer) {
      handOnWhatThereIs();
      while (!closing && goesOn.getAsBoolean()) {
        Gathered gathered = new Gathered();
        poll(gathered);
        if (!gathered.rows.isEmpty()) {
          handOn(gathered, true);
        }
      }
      offer(new Lost());
    } catch (OffsetOutOfRangeException e) {
      offer(new Lost());
    } catch (InterruptException | WakeupException e) {
      LOG.debug("closed");
    } catch (RuntimeException e) {
      LOG.warn("rows cannot be read any more", e);
      offer(new Lost());
    }
  }

  /** What lies between here and where the topic ended when reading began. */
  private void handOnWhatThereIs() {
    Gathered gathered = new Gathered();
    while (!closing && goesOn.getAsBoolean() && !isAtEnds()) {
      poll(gathered);
      if (gathered.isFull()) {
        handOn(gathered, false);
        gathered = new Gathered();
      }
    }
    if (isAtEnds()) {
      handOn(gathered, true);
    }
  }

  private boolean isAtEnds() {
    ends.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
    return ends.isEmpty();
  }

  private void poll(Gathered gathered) {
    ConsumerRecords<String, byte[]> records;
    try {
      records = consumer.poll(POLL);
    } catch (OffsetOutOfRangeException | InterruptException | WakeupException e) {
      throw e;
    } catch (KafkaException e) {
      // The consumer goes on from where it is.
      LOG.debug("rows cannot be read just now", e);
      return;
    }
    records.forEach(gathered::add);
  }

  private void handOn(Gathered gathered, boolean upToDate) {
    offer(
        new Rows(
            List.copyOf(gathered.rows.values()),
            partitions.stream().map(consumer::position).toList(),
            upToDate));
  }

  private void offer(Next next) {
    try {
      read.put(next);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The last row of each key. */
  private static final class Gathered {
    private final LinkedHashMap<String, Change> rows = new LinkedHashMap<>();
    private long bytes;

    void add(ConsumerRecord<String, byte[]> record) {
      if (record.key() == null) {
        return;
      }
      rows.remove(record.key());
      rows.put(
          record.key(),
          new Change(
              record.key(),
              Optional.ofNullable(record.value()),
              record.partition(),
              record.offset()));
      bytes += record.value() == null ? 0 : record.value().length;
    }

    boolean isFull() {
      return rows.size() >= MAX_KEYS || bytes >= MAX_BYTES;
    }
  }
}

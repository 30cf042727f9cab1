package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.deploy.SqlFold.Event;
import dev.pleat.deploy.SqlFold.Fenced;
import dev.pleat.deploy.SqlFold.Stretch;
import dev.pleat.deploy.SqlGenerations.Position;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that folds one generation of a view into a database, if no other process does. It goes
 * on by itself once Kafka and the database answer again. Safe for use by many threads.
 *
 * <p>Which process folds is decided by a lock that the database holds for its connection, so the
 * next one begins when that connection is gone. That saves work and no more: what {@link SqlFold}
 * does keeps two of them from folding the same event.
 */
final class SqlFolder implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SqlFolder.class);

  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  /** The rows of so many aggregates are in memory at once, each of up to 1 MB. */
  private static final int MAX_RECORDS = 100;

  private static final int MAX_FETCH_BYTES = 8 * 1024 * 1024;
  private static final int CLUSTER_PATIENCE_MS = 10_000;

  private final SqlFold fold;
  private final ViewDatabase database;
  private final Map<String, Object> connection;
  private final Pace pace;
  private final Thread thread;
  private volatile boolean leads;
  private volatile Optional<String> trouble = Optional.empty();
  private volatile boolean closing;

  /** Of the thread alone. */
  private Duration pause = FIRST_PAUSE;

  /**
   * Begins in the background.
   *
   * @param connection how to reach Kafka
   */
  SqlFolder(SqlFold fold, ViewDatabase database, Map<String, Object> connection, Pace pace) {
    this.fold = fold;
    this.database = database;
    this.connection = Map.copyOf(connection);
    this.pace = pace;
    this.thread = Thread.ofPlatform().name("fold-" + name()).daemon(true).start(this::run);
  }

  private String name() {
    return fold.generations().schema().name()
        + "/"
        + fold.generations().view().name()
        + " g"
        + fold.generation();
  }

  int generation() {
    return fold.generation();
  }

  Pace pace() {
    return pace;
  }

  /** Whether this process is the one that folds. */
  boolean leads() {
    return leads;
  }

  /** Why it does not go on just now. */
  Optional<String> trouble() {
    return trouble;
  }

  private void run() {
    while (!closing) {
      try (Connection writing = database.connect()) {
        awaitLock(writing);
        leads = true;
        foldWith(writing);
      } catch (SQLException | Fenced e) {
        isHeldUp(e);
      } catch (InterruptException e) {
        LOG.debug("{} is being closed", name(), e);
      } catch (KafkaException | IllegalStateException e) {
        isHeldUp(e);
      } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
        LOG.error("{} failed", name(), e);
        isHeldUp(e);
      }
      leads = false;
      rest(pause);
      Duration twice = pause.multipliedBy(2);
      pause = twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
    }
  }

  private void isHeldUp(Throwable e) {
    String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    if (!closing && !trouble.equals(Optional.of(why))) {
      LOG.warn("{} is not folded now: {}", name(), why);
    }
    trouble = Optional.of(why);
  }

  private void goesOn() {
    if (trouble.isPresent()) {
      LOG.info("{} is folded again", name());
    }
    trouble = Optional.empty();
    pause = FIRST_PAUSE;
  }

  private void rest(Duration time) {
    try {
      if (!closing) {
        Thread.sleep(time);
      }
    } catch (InterruptedException e) {
      // Closed.
      LOG.debug("{} is being closed", name());
    }
  }

  /** Waits until no other process folds. */
  private void awaitLock(Connection writing) throws SQLException {
    while (!closing) {
      try (PreparedStatement locking =
          writing.prepareStatement("select pg_try_advisory_lock(hashtextextended(?, 0))")) {
        locking.setString(1, fold.generations().lock(fold.generation()));
        try (ResultSet locked = locking.executeQuery()) {
          if (locked.next() && locked.getBoolean(1)) {
            writing.commit();
            return;
          }
        }
      }
      writing.commit();
      goesOn();
      rest(BETWEEN_LOOKS);
    }
  }

  private void foldWith(Connection writing) throws SQLException, Fenced {
    try (Reading reading = new Reading(look(writing))) {
      long nextLook = System.nanoTime() + BETWEEN_LOOKS.toNanos();
      while (!closing) {
        pace.await();
        ConsumerRecords<byte[], byte[]> records = reading.consumer.poll(POLL);
        pace.count(records);
        boolean isTime = System.nanoTime() - nextLook > 0;
        List<Stretch> stretches = reading.stretches(records, isTime);
        if (!stretches.isEmpty()) {
          reading.folded(stretches, fold.fold(writing, stretches));
        }
        if (isTime) {
          // Also a sign of life: the database ends a connection on which nothing moves.
          reading.looked(look(writing));
          nextLook = System.nanoTime() + BETWEEN_LOOKS.toNanos();
        }
        goesOn();
      }
    }
  }

  private Map<Integer, Position> look(Connection writing) throws SQLException, Fenced {
    Map<Integer, Position> at = fold.generations().positions(writing, fold.generation());
    writing.commit();
    if (at.isEmpty()) {
      throw new Fenced("this generation was deleted");
    }
    return at;
  }

  /** The events, read from where they are folded. Used by one thread. */
  private final class Reading implements AutoCloseable {
    private final Consumer<byte[], byte[]> consumer;

    /** Up to where each partition is folded. */
    private final Map<Integer, Position> at = new HashMap<>();

    Reading(Map<Integer, Position> positions) {
      Map<String, Object> properties = new HashMap<>(connection);
      properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
      properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
      properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
      properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
      properties.put(
          ConsumerConfig.MAX_POLL_RECORDS_CONFIG, Math.min(MAX_RECORDS, pace.recordsPerPoll()));
      properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, MAX_FETCH_BYTES);
      properties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, CLUSTER_PATIENCE_MS);
      this.consumer =
          new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
      consumer.assign(positions.keySet().stream().map(this::topic).toList());
      positions.forEach(
          (partition, position) -> {
            at.put(partition, position);
            consumer.seek(topic(partition), position.next());
            if (isStill(position)) {
              consumer.pause(List.of(topic(partition)));
            }
          });
    }

    private TopicPartition topic(int partition) {
      return new TopicPartition(fold.generations().schema().eventsTopic(), partition);
    }

    private static boolean isStill(Position position) {
      return position.stopped().isPresent() && position.resume().isEmpty();
    }

    void folded(List<Stretch> stretches, Map<Integer, Position> positions) {
      stretches.forEach(
          stretch ->
              isAt(
                  stretch.partition(), Objects.requireNonNull(positions.get(stretch.partition()))));
    }

    /**
     * Takes over what others have said of partitions that have stopped.
     *
     * @throws Fenced if others have folded meanwhile
     */
    void looked(Map<Integer, Position> positions) throws Fenced {
      for (Map.Entry<Integer, Position> each : positions.entrySet()) {
        Position before = at.get(each.getKey());
        if (before == null || before.next() != each.getValue().next()) {
          throw new Fenced("another process has folded partition " + each.getKey());
        }
        isAt(each.getKey(), each.getValue());
      }
    }

    /** What has stopped is read no more, until it goes on. */
    private void isAt(int partition, Position position) {
      if (!position.equals(at.put(partition, position)) && position.stopped().isPresent()) {
        consumer.seek(topic(partition), position.next());
        if (isStill(position)) {
          consumer.pause(List.of(topic(partition)));
        } else {
          consumer.resume(List.of(topic(partition)));
        }
      }
    }

    /**
     * What was read, by partition.
     *
     * @param all also those where only marks of transactions were passed
     */
    List<Stretch> stretches(ConsumerRecords<byte[], byte[]> records, boolean all) {
      List<Stretch> stretches = new ArrayList<>();
      at.forEach(
          (partition, position) -> {
            List<Event> events = new ArrayList<>();
            for (ConsumerRecord<byte[], byte[]> record : records.records(topic(partition))) {
              String key = record.key() == null ? null : new String(record.key(), UTF_8);
              events.add(new Event(record.offset(), key, record.value()));
            }
            if (!events.isEmpty() || (all && !isStill(position))) {
              long to = consumer.position(topic(partition));
              if (to != position.next()) {
                stretches.add(new Stretch(partition, position.next(), events, to));
              }
            }
          });
      return stretches;
    }

    @Override
    public void close() {
      // An interrupt is to end the work, not the closing.
      boolean interrupted = Thread.interrupted();
      consumer.close(CloseOptions.timeout(Duration.ZERO));
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** What is under way is committed, or rolled back by the database. */
  @Override
  public void close() {
    closing = true;
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

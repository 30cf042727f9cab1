package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.interactivequeries.Outcomes.Following;
import dev.pleat.interactivequeries.Outcomes.Heard;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageHeaders;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.UnreadableMessage;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads along the outcomes of all domains and hands each to whoever waits for it: those who sent a
 * command, by the request id they gave it, and those who follow one, by its id. Outcomes are parsed
 * only when somebody waits for that very one.
 *
 * <p>One thread owns the consumer and the positions; what other threads call is safe for all. The
 * thread goes on after any failure, from where it was.
 */
final class OutcomeTail implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(OutcomeTail.class);

  private static final int MAX_WAITERS = 10_000;

  /** What the engine writes before the command's id in an outcome, and where that id is then. */
  private static final byte[] BEFORE_COMMAND_ID = "\",\"parent-id\":\"".getBytes(UTF_8);

  private static final int COMMAND_ID_AT = 58;
  private static final int UUID_LENGTH = 36;
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final Duration ASK = Duration.ofSeconds(5);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final Supplier<Consumer<byte[], byte[]>> consumers;
  private final List<String> topics;
  private final Thread thread = new Thread(this::run, "pleat-outcomes");

  /** Owned by the thread. */
  private final Map<TopicPartition, Long> positions = new HashMap<>();

  private final Map<String, Waiter> waiters = new ConcurrentHashMap<>();
  private final Map<UUID, Set<Follower>> followers = new ConcurrentHashMap<>();
  private final Semaphore places = new Semaphore(MAX_WAITERS);
  private final String idPrefix = randomPrefix();
  private final AtomicLong ids = new AtomicLong();
  private final AtomicLong unreadable = new AtomicLong();
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile boolean positioned;
  private volatile Optional<String> trouble =
      Optional.of("the outcomes of commands cannot be read yet");
  private volatile Optional<Consumer<byte[], byte[]>> current = Optional.empty();

  /**
   * A tail that does not read yet.
   *
   * @param consumers makes a consumer, again after each failure
   */
  OutcomeTail(Supplier<Consumer<byte[], byte[]>> consumers, List<String> topics) {
    this.consumers = consumers;
    this.topics = List.copyOf(topics);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Whether every outcome of a command sent from now on will be read. */
  boolean positioned() {
    return positioned;
  }

  Optional<String> trouble() {
    return trouble;
  }

  long unreadable() {
    return unreadable.get();
  }

  /** Begins to wait; empty when too many wait already. */
  Optional<Waiter> register(String topic, UUID commandId) {
    if (!places.tryAcquire()) {
      return Optional.empty();
    }
    String requestId = idPrefix + Long.toString(ids.getAndIncrement(), Character.MAX_RADIX);
    Waiter waiter = new Waiter(requestId, topic, commandId);
    waiters.put(requestId, waiter);
    return Optional.of(waiter);
  }

  /** Begins to listen for all outcomes of a command; empty when too many wait already. */
  Optional<Following> follow(UUID commandId, Optional<String> key) {
    if (!places.tryAcquire()) {
      return Optional.empty();
    }
    Follower follower = new Follower(commandId, key);
    followers.compute(
        commandId,
        (id, others) -> {
          Set<Follower> all = others == null ? ConcurrentHashMap.newKeySet() : others;
          all.add(follower);
          return all;
        });
    return Optional.of(follower);
  }

  /** Stops reading; who still waits is told that the command is pending. */
  @Override
  public void close() {
    closing.countDown();
    current.ifPresent(Consumer::wakeup);
    waiters.values().forEach(Waiter::giveUp);
    followers.values().forEach(all -> all.forEach(Follower::wake));
    try {
      thread.join(CLOSE_TIMEOUT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Somebody who waits for the outcome of one delivery of a command. Closed by who waited. */
  final class Waiter implements AutoCloseable {
    private final String requestId;
    private final String topic;
    private final UUID commandId;
    private final CompletableFuture<Submission> answer = new CompletableFuture<>();

    private Waiter(String requestId, String topic, UUID commandId) {
      this.requestId = requestId;
      this.topic = topic;
      this.commandId = commandId;
    }

    String requestId() {
      return requestId;
    }

    /**
     * Waits for the outcome of a command that the log has acknowledged.
     *
     * @param deadline in terms of {@link System#nanoTime}
     */
    Submission await(long deadline) {
      try {
        return answer.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return new Submission.Pending();
      } catch (TimeoutException e) {
        return new Submission.Pending();
      } catch (ExecutionException e) {
        throw new IllegalStateException("waiters are never failed", e);
      }
    }

    /** The outcome, if it is known already. */
    Optional<Submission> decided() {
      return answer.getNow(new Submission.Pending()) instanceof Submission.Decided decided
          ? Optional.of(decided)
          : Optional.empty();
    }

    private void giveUp() {
      answer.complete(new Submission.Pending());
    }

    @Override
    public void close() {
      if (waiters.remove(requestId, this)) {
        places.release();
      }
    }
  }

  /** Somebody who listens for the outcomes of a command. */
  private final class Follower implements Following {
    private final UUID commandId;
    private final Optional<String> key;

    /** What is not told yet, at most one that is final; an empty one only wakes. */
    private final BlockingQueue<Optional<Heard>> told = new ArrayBlockingQueue<>(3);

    private Follower(UUID commandId, Optional<String> key) {
      this.commandId = commandId;
      this.key = key;
    }

    /** Called by the thread that reads. */
    private void tell(Heard heard) {
      boolean room = heard.isFinal() || told.isEmpty();
      if (room && (key.isEmpty() || key.get().equals(heard.aggregateId()))) {
        told.offer(Optional.of(heard));
      }
    }

    @Override
    public Optional<Heard> next(Duration patience) throws InterruptedException {
      Optional<Heard> next = told.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
      return next == null ? Optional.empty() : next;
    }

    @Override
    public void wake() {
      // When it is full, there is something to wake up for.
      told.offer(Optional.empty());
    }

    @Override
    public void close() {
      boolean[] removed = new boolean[1];
      followers.computeIfPresent(
          commandId,
          (id, all) -> {
            removed[0] = all.remove(this);
            return all.isEmpty() ? null : all;
          });
      if (removed[0]) {
        places.release();
      }
    }
  }

  // ---- the thread

  private void run() {
    try {
      Duration pause = FIRST_PAUSE;
      while (!stopping() && !stopsWithin(readUntilFailure() ? FIRST_PAUSE : pause)) {
        pause = longer(pause);
      }
    } finally {
      if (!stopping()) {
        positioned = false;
        trouble = Optional.of("the outcomes of commands are not read any more");
      }
    }
  }

  /** Reads until closed or until a failure; returns whether anything worked before it. */
  private boolean readUntilFailure() {
    boolean worked = false;
    try (Consumer<byte[], byte[]> consumer = consumers.get()) {
      current = Optional.of(consumer);
      position(consumer);
      while (!stopping()) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
        trouble = Optional.empty();
        records.forEach(this::read);
        worked = true;
      }
    } catch (WakeupException e) {
      LOG.debug("woken up to close");
    } catch (RuntimeException e) {
      trouble = Optional.of("the outcomes of commands cannot be read: " + e.getMessage());
      LOG.warn("outcomes cannot be read, trying again soon", e);
    } finally {
      current = Optional.empty();
    }
    return worked;
  }

  static Consumer<byte[], byte[]> consumer(Map<String, ?> connection) {
    Map<String, Object> properties = new HashMap<>(connection);
    properties.put(ConsumerConfig.CLIENT_ID_CONFIG, "pleat-outcomes");
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    // Only when a position is gone from the log: whom its outcome was for is answered "pending".
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
    return new KafkaConsumer<>(
        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** Goes to where reading stopped, or the first time to the end. */
  private void position(Consumer<byte[], byte[]> consumer) {
    if (positions.isEmpty()) {
      List<TopicPartition> partitions = new ArrayList<>();
      for (String topic : topics) {
        List<PartitionInfo> infos = consumer.partitionsFor(topic, ASK);
        if (infos.isEmpty()) {
          throw new IllegalStateException("there is no topic " + topic);
        }
        infos.forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
      }
      // The end of what is committed: never past an outcome that is still to be written.
      positions.putAll(consumer.endOffsets(partitions, ASK));
    }
    consumer.assign(positions.keySet());
    positions.forEach(consumer::seek);
    positioned = true;
  }

  private void read(ConsumerRecord<byte[], byte[]> record) {
    try {
      Header header = record.headers().lastHeader(MessageHeaders.REQUEST_ID);
      if (header != null && header.value() != null) {
        Optional.ofNullable(waiters.get(new String(header.value(), UTF_8)))
            .filter(waiter -> waiter.topic.equals(record.topic()))
            .ifPresent(waiter -> answer(waiter, record));
      }
      if (!followers.isEmpty() && record.key() != null) {
        tell(record);
      }
    } finally {
      positions.put(new TopicPartition(record.topic(), record.partition()), record.offset() + 1);
    }
  }

  private void answer(Waiter waiter, ConsumerRecord<byte[], byte[]> record) {
    outcome(record)
        .filter(outcome -> outcome.parentId().equals(waiter.commandId))
        .ifPresent(outcome -> waiter.answer.complete(new Submission.Decided(outcome)));
  }

  private void tell(ConsumerRecord<byte[], byte[]> record) {
    Optional<Outcome> outcome = mayBeFollowed(record.value()) ? outcome(record) : Optional.empty();
    if (outcome.isPresent()) {
      Heard heard =
          new Heard(
              record.topic(), new String(record.key(), UTF_8), outcome.get(), record.timestamp());
      followers
          .getOrDefault(outcome.get().parentId(), Set.of())
          .forEach(follower -> follower.tell(heard));
    }
  }

  /**
   * Whether somebody may follow the command of this outcome. To parse each outcome because somebody
   * follows one would cost more than all else here.
   */
  private boolean mayBeFollowed(byte @Nullable [] value) {
    if (value == null
        || value.length < COMMAND_ID_AT + UUID_LENGTH
        || !Arrays.equals(
            value,
            COMMAND_ID_AT - BEFORE_COMMAND_ID.length,
            COMMAND_ID_AT,
            BEFORE_COMMAND_ID,
            0,
            BEFORE_COMMAND_ID.length)) {
      return true;
    }
    return JsonCodec.uuid(new String(value, COMMAND_ID_AT, UUID_LENGTH, ISO_8859_1))
        .map(followers::containsKey)
        .orElse(true);
  }

  private Optional<Outcome> outcome(ConsumerRecord<byte[], byte[]> record) {
    try {
      return Optional.of(
          JsonCodec.readOutcome(Objects.requireNonNullElse(record.value(), new byte[0])));
    } catch (UnreadableMessage e) {
      unreadable.incrementAndGet();
      LOG.warn(
          "the outcome at {}-{}@{} cannot be read and was skipped: {}",
          record.topic(),
          record.partition(),
          record.offset(),
          e.detail());
      return Optional.empty();
    }
  }

  private boolean stopping() {
    return closing.getCount() == 0;
  }

  private boolean stopsWithin(Duration pause) {
    try {
      return closing.await(pause.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts this thread", e);
    }
  }

  private static Duration longer(Duration pause) {
    Duration twice = pause.multipliedBy(2);
    return twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
  }

  private static String randomPrefix() {
    byte[] random = new byte[9];
    new SecureRandom().nextBytes(random);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(random) + ".";
  }
}

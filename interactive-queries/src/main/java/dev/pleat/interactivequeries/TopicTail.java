package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.LiveTopics.Listening;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads along one topic while somebody listens, and tells each of them that there was a record of
 * their key; nothing of a record is kept. Where records may have been missed, after a failure, all
 * are told: so nobody has to be told that something was lost.
 *
 * <p>One thread owns the consumer; what other threads call is safe for all.
 */
final class TopicTail {

  private static final Logger LOG = LoggerFactory.getLogger(TopicTail.class);

  private static final Duration POLL = Duration.ofMillis(250);
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final Duration IDLE = Duration.ofSeconds(30);

  private final String topic;
  private final Supplier<Consumer<String, byte[]>> consumers;
  private final BooleanSupplier goesOn;
  private final Listeners<String> listeners = new Listeners<>();
  private final CompletableFuture<Boolean> positioned = new CompletableFuture<>();
  private final Thread thread;
  private volatile Optional<Consumer<String, byte[]>> current = Optional.empty();
  private volatile boolean closing;

  /** Under this tail's lock. */
  private boolean ended;

  private long lastListened = System.nanoTime();

  /**
   * A tail that reads from now on, until nobody has listened for 30 s.
   *
   * @param consumers makes a consumer, again after each failure
   * @param goesOn whether the topic is still the one to listen to; when it is not, all are told,
   *     and this ends, before somebody deletes it
   */
  TopicTail(String topic, Supplier<Consumer<String, byte[]>> consumers, BooleanSupplier goesOn) {
    this.topic = topic;
    this.goesOn = goesOn;
    this.consumers = consumers;
    this.thread = Thread.ofPlatform().name("tail-" + topic).daemon(true).start(this::run);
  }

  /**
   * Begins to listen; empty if this tail has ended.
   *
   * @param closed is called once, when whoever listens closes
   */
  synchronized Optional<Listening> listen(String key, Runnable closed) {
    if (ended) {
      return Optional.empty();
    }
    return Optional.of(listeners.listen(key, closed));
  }

  /** Waits until everything written from now on is heard; false if that takes too long. */
  boolean awaitPositioned(Duration patience) {
    return positioned
        .copy()
        .completeOnTimeout(false, patience.toNanos(), TimeUnit.NANOSECONDS)
        .join();
  }

  void close() {
    closing = true;
    current.ifPresent(Consumer::wakeup);
    thread.interrupt();
  }

  // ---- the thread

  private void run() {
    while (!closing && !hasEnded()) {
      try (Consumer<String, byte[]> consumer = consumers.get()) {
        current = Optional.of(consumer);
        read(consumer);
      } catch (WakeupException | InterruptException e) {
        LOG.debug("woken up to close");
      } catch (RuntimeException e) {
        LOG.warn("{} cannot be followed, trying again soon", topic, e);
        pause();
      } finally {
        current = Optional.empty();
      }
    }
  }

  private void read(Consumer<String, byte[]> consumer) {
    List<TopicPartition> partitions = KafkaLiveTopics.partitions(consumer, topic);
    consumer.assign(partitions);
    consumer.seekToEnd(partitions);
    partitions.forEach(consumer::position);
    positioned.complete(true);
    // Whatever came while nothing was read.
    listeners.tellAll();
    while (!closing && !hasEnded()) {
      consumer
          .poll(POLL)
          .forEach(
              record -> {
                if (record.key() != null) {
                  listeners.tell(record.key());
                }
              });
    }
  }

  private synchronized boolean hasEnded() {
    long now = System.nanoTime();
    if (!goesOn.getAsBoolean()) {
      ended = true;
      listeners.tellAll();
    } else if (!listeners.isEmpty()) {
      lastListened = now;
    } else if (now - lastListened > IDLE.toNanos()) {
      ended = true;
    }
    return ended;
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

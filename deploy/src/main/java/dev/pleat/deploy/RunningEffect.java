package dev.pleat.deploy;

import dev.pleat.interactivequeries.Health;
import dev.pleat.topology.Effect;
import dev.pleat.topology.EffectReader;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An effect in this process: a thread of its own that reads the committed events and makes the
 * calls they ask for, kept alive until it is closed. Safe for use by many threads.
 *
 * <p>There is one call under way at a time, so who is killed between a call and its record leaves
 * one that is made again.
 */
final class RunningEffect implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RunningEffect.class);

  private static final int RECORDS_AT_ONCE = 500;
  private static final int BYTES_AT_ONCE = 8 * 1024 * 1024;
  private static final int MAX_UNRECORDED = 1_000;
  private static final int MAX_CAUSES = 10;
  private static final Duration CALL = Duration.ofSeconds(60);
  private static final Duration STOP = Duration.ofSeconds(5);

  /** Whoever worked for so long does not wait longer because it failed before. */
  private static final Duration LASTING = Duration.ofMinutes(5);

  private static final Backoff RESTART = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30));

  /**
   * What it runs on.
   *
   * @param eventsTopic the events that serve
   * @param instanceId makes this process the same group member after a restart
   * @param patience how often a call is tried, and when again
   */
  record Surroundings(
      Map<String, Object> connection,
      String eventsTopic,
      String instanceId,
      EffectWaits.Patience patience) {}

  private final EffectReader reader;
  private final EffectPositions positions;
  private final Outside outside;
  private final Surroundings on;
  private final EffectWaits waits;
  private final Thread thread;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile Optional<String> down = Optional.of("starting");

  /** Used by the effect's thread. */
  private final Map<UUID, Outside.Result> unrecorded =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<UUID, Outside.Result> eldest) {
          return size() > MAX_UNRECORDED;
        }
      };

  private RunningEffect(
      EffectReader reader, EffectPositions positions, Outside outside, Surroundings on) {
    this.reader = reader;
    this.positions = positions;
    this.outside = outside;
    this.on = on;
    this.waits = new EffectWaits(on.patience());
    this.thread =
        Thread.ofPlatform().name("effect-" + reader.name()).daemon(true).unstarted(this::supervise);
  }

  /**
   * Starts it in the background.
   *
   * @param positions prepared
   */
  static RunningEffect start(
      EffectReader reader, EffectPositions positions, Outside outside, Surroundings on) {
    RunningEffect effect = new RunningEffect(reader, positions, outside, on);
    effect.thread.start();
    return effect;
  }

  /**
   * Whether it works, and what it waits for. One that waits for somebody outside does work: who
   * asks whether requests may be sent here must not hear no because of a mail server.
   */
  Health.Role health() {
    Optional<String> trouble = down;
    return new Health.Role(
        "effect " + reader.name(), trouble.isEmpty(), trouble.or(waits::unreachable));
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  private void supervise() {
    EffectSession.Lasting lasting =
        new EffectSession.Lasting(
            reader, positions, this::inTime, waits, unrecorded, () -> down = Optional.empty());
    int failures = 0;
    while (!isClosing()) {
      long begun = System.nanoTime();
      Producer<byte[], byte[]> producer =
          positions.producer(reader.group() + "-" + on.instanceId());
      try (Consumer<byte[], byte[]> consumer = consumer()) {
        producer.initTransactions();
        new EffectSession(lasting, consumer, producer, this::isClosing).run(on.eventsTopic());
      } catch (RuntimeException e) {
        if (!isClosing()) {
          Optional<StartRefused> refused = refused(e);
          if (refused.isPresent()) {
            down = Optional.of(String.valueOf(refused.get().getMessage()));
            LOG.error("{}", down.get());
            return;
          }
          failures = System.nanoTime() - begun > LASTING.toNanos() ? 1 : failures + 1;
          down = Optional.of("it is started again, after: " + e.getMessage());
          LOG.error("the effect {} failed; it is started again", reader.name(), e);
        }
      } finally {
        EffectPositions.close(producer);
      }
      pause(RESTART.after(Math.max(1, failures), on.patience().random()));
    }
  }

  /** Why it must not run; what is thrown while partitions are assigned comes out as a cause. */
  private static Optional<StartRefused> refused(Throwable thrown) {
    return Stream.iterate(thrown, Objects::nonNull, Throwable::getCause)
        .limit(MAX_CAUSES)
        .filter(StartRefused.class::isInstance)
        .map(StartRefused.class::cast)
        .findFirst();
  }

  /** Ends at once when it is closing. */
  private void pause(Duration pause) {
    try {
      closing.await(pause.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Consumer<byte[], byte[]> consumer() {
    Map<String, Object> properties = new HashMap<>(on.connection());
    properties.put(ConsumerConfig.GROUP_ID_CONFIG, reader.group());
    properties.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, on.instanceId());
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    // A position that is not on the log must never come to mean another one.
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    properties.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 10_000);
    properties.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 3_000);
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, RECORDS_AT_ONCE);
    properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, BYTES_AT_ONCE);
    properties.put(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
        CooperativeStickyAssignor.class.getName());
    return new KafkaConsumer<>(
        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /**
   * Makes the call in a thread of its own, which an interrupt ends whatever it waits for: so it
   * never takes longer than it may, and ends when this is closed.
   */
  private Outside.Result inTime(Effect.Call asked, UUID key) {
    FutureTask<Outside.Result> call = new FutureTask<>(() -> outside.call(asked, key));
    Thread.ofVirtual().name("call of " + reader.name()).start(call);
    try {
      return call.get(CALL.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return new Outside.Unreachable("no answer within " + CALL.toSeconds() + " s");
    } catch (ExecutionException e) {
      LOG.error("the call {} of the effect {} failed", key, reader.name(), e.getCause());
      return new Outside.Unreachable("it cannot be called: " + e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Outside.Unreachable("this process is stopping");
    } finally {
      call.cancel(true);
    }
  }

  /** Stops it: a call under way may end and be recorded for 5 s, then it is given up. */
  @Override
  public void close() {
    closing.countDown();
    try {
      if (!thread.join(STOP)) {
        thread.interrupt();
        thread.join(STOP);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

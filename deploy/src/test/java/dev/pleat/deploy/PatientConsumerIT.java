package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A consumer rests while nothing comes, and nobody who writes waits for that. */
final class PatientConsumerIT {

  private static final TopicPartition IN = new TopicPartition("in", 0);
  private static final Duration SHORT = Duration.ofMillis(5);
  private static final Duration IDLE_AFTER = Duration.ofMillis(500);
  private static final Duration IDLE_WAIT = Duration.ofSeconds(5);
  private static final int ROUNDS = 11;

  @TempDir static Path directory;

  private static Broker broker;

  private PatientConsumer consumer;

  @BeforeAll
  static void start() throws Exception {
    broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
    try (Admin admin = Admin.create(connection())) {
      admin.createTopics(List.of(new NewTopic("in", 1, (short) 1))).all().get();
    }
  }

  @AfterAll
  static void stop() {
    broker.close();
  }

  @BeforeEach
  void assign() {
    consumer = new PatientConsumer(connection(), IDLE_AFTER, IDLE_WAIT);
    consumer.assign(List.of(IN));
    consumer.seekToEnd(List.of(IN));
    consumer.position(IN);
  }

  @AfterEach
  void close() {
    consumer.close();
  }

  private static Map<String, Object> connection() {
    return Map.of("bootstrap.servers", broker.bootstrapServers());
  }

  /** Polls as Kafka Streams does until a poll takes longer than it asked for, and that one's ms. */
  private long restMillis() {
    long begun = System.nanoTime();
    long took = 0;
    while (took < IDLE_WAIT.toMillis() / 2) {
      assertTrue(System.nanoTime() - begun < 4 * IDLE_WAIT.toNanos(), "polls go on as before");
      long before = System.nanoTime();
      assertEquals(0, consumer.poll(SHORT).count());
      took = (System.nanoTime() - before) / 1_000_000;
    }
    return took;
  }

  @Test
  void waits_longer_when_nothing_came_for_a_while() {
    assertTrue(restMillis() >= IDLE_WAIT.toMillis() - 1, "one wait is the long one");
  }

  @Test
  void does_not_wait_where_it_is_told_not_to() {
    restMillis();

    long[] took = new long[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      long before = System.nanoTime();
      consumer.poll(Duration.ZERO);
      took[i] = (System.nanoTime() - before) / 1_000_000;
    }

    Arrays.sort(took);
    assertTrue(took[ROUNDS / 2] < IDLE_WAIT.toMillis() / 2, Arrays.toString(took));
  }

  @Test
  void leaves_time_to_others_while_everything_is_still_restored() {
    consumer.pause(List.of(IN));

    long before = System.nanoTime();
    for (int i = 0; i < ROUNDS; i++) {
      assertEquals(0, consumer.poll(SHORT).count());
    }

    long took = (System.nanoTime() - before) / 1_000_000;
    assertTrue(took >= ROUNDS * 19, "11 polls of 20 ms, in ms: " + took);
    assertTrue(took < IDLE_WAIT.toMillis(), "none of them rests, in ms: " + took);
  }

  @Test
  void tells_how_long_it_has_not_polled() {
    long begun = System.nanoTime();
    consumer.poll(SHORT);
    while (consumer.sinceLastPoll().compareTo(IDLE_AFTER) < 0) {
      assertTrue(System.nanoTime() - begun < IDLE_WAIT.toNanos(), "it never says so");
      Thread.onSpinWait();
    }
    assertTrue(System.nanoTime() - begun >= IDLE_AFTER.toNanos(), "it says so too early");

    consumer.poll(Duration.ZERO);

    assertTrue(consumer.sinceLastPoll().compareTo(IDLE_AFTER) < 0, "the last poll is the one");
  }

  @Test
  void a_record_ends_the_long_wait_and_short_waits_follow() throws Exception {
    restMillis();
    try (Producer<byte[], byte[]> producer =
        new KafkaProducer<>(connection(), new ByteArraySerializer(), new ByteArraySerializer())) {
      long sent = System.nanoTime();
      producer.send(new ProducerRecord<>("in", new byte[] {1}));

      while (consumer.poll(SHORT).isEmpty()) {
        // A wait that is not ended by the record takes all of its time.
        assertTrue(System.nanoTime() - sent < IDLE_WAIT.toNanos(), "the record waits");
      }
      long received = System.nanoTime();
      assertTrue(received - sent < IDLE_WAIT.toNanos() / 2, "ms: " + (received - sent) / 1_000_000);

      consumer.poll(SHORT);
      assertTrue(System.nanoTime() - received < IDLE_WAIT.toNanos() / 2, "it rests at once");
    }
  }
}

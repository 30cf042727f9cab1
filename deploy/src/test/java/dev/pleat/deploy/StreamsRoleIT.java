package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.Record;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application whose threads die is started again, or says why it stays down. */
final class StreamsRoleIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final StoreMemory memory = new StoreMemory(16 * 1024 * 1024);

  @TempDir Path directory;

  private final AtomicInteger attempts = new AtomicInteger();
  private final AtomicInteger processed = new AtomicInteger();
  private Broker broker;

  @BeforeEach
  void start() throws Exception {
    broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
    try (Admin admin = Admin.create(connection())) {
      admin.createTopics(List.of(new NewTopic("in", 1, (short) 1))).all().get();
    }
  }

  @AfterEach
  void stop() {
    broker.close();
    memory.close();
  }

  private Map<String, Object> connection() {
    return Map.of("bootstrap.servers", broker.bootstrapServers());
  }

  /** Fails on so many attempts at a record, then processes it. */
  private StreamsRole role(int failures) {
    Topology topology =
        new Topology()
            .addSource("in", new ByteArrayDeserializer(), new ByteArrayDeserializer(), "in")
            .addProcessor("fail", () -> new Failing(failures), "in");
    StreamsSettings settings = new StreamsSettings(connection(), directory, "test", memory);
    return StreamsRole.start("test", topology, settings.deciding("test."));
  }

  private final class Failing implements Processor<byte[], byte[], Void, Void> {
    private final int failures;

    Failing(int failures) {
      this.failures = failures;
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      if (attempts.incrementAndGet() <= failures) {
        throw new IllegalStateException("on purpose");
      }
      processed.incrementAndGet();
    }
  }

  private void send() throws Exception {
    try (Producer<byte[], byte[]> producer =
        new KafkaProducer<>(connection(), new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>("in", new byte[] {1})).get();
    }
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "not in time: " + what);
      LockSupport.parkNanos(5_000_000);
    }
  }

  @Test
  void starts_again_after_a_failure_and_goes_on_where_it_was() throws Exception {
    try (StreamsRole role = role(1)) {
      await("up", () -> role.trouble().isEmpty());

      send();

      await("processed", () -> processed.get() == 1);
      await("up again", () -> role.trouble().isEmpty());
      assertEquals(2, attempts.get());
    }
  }

  @Test
  void stays_down_with_its_reason_after_three_failures_in_a_minute() throws Exception {
    try (StreamsRole role = role(Integer.MAX_VALUE)) {
      await("up", () -> role.trouble().isEmpty());

      send();

      await("down", () -> role.trouble().orElse("").contains("3 times"));
      assertEquals(
          "failed 3 times within a minute, last: on purpose", role.trouble().orElseThrow());
      assertEquals(Optional.empty(), role.running());
      assertEquals(3, attempts.get());
      assertEquals(0, processed.get());
    }
  }
}

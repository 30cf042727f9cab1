package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueCreated;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.schemas.calculator.Operation;
import dev.pleat.topology.Domain;
import dev.pleat.topology.calculator.CalculatorDomain;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How many events a second a refold folds, start and joining the group included: into an empty
 * store while the view is made as well, and over rows of an older version. The broker is a JVM of
 * its own. Not part of {@code verify}: the profile {@code measure} runs it.
 */
final class RefoldMeasurement {

  private static final int AGGREGATES = 50_000;
  private static final int EVENTS_OF_EACH = 20;
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final long LEAST_PER_SECOND = 5_000;

  @TempDir Path directory;

  @Test
  void folds_a_million_events() throws Exception {
    try (BrokerProcess broker = BrokerProcess.start(directory.resolve("broker"))) {
      try (Instance first = start(broker, CalculatorDomain.CALCULATOR)) {
        assertEquals(List.of(), first.awaitReady(PATIENCE));
      }
      write(broker.bootstrapServers());
      for (int version = 2; version <= 4; version++) {
        long began = System.nanoTime();
        try (Instance refolding = start(broker, RevisedCalculator.domain(version, Duration.ZERO))) {
          assertEquals(List.of(), refolding.awaitReady(PATIENCE));
          long millis = (System.nanoTime() - began) / 1_000_000;
          long perSecond = 1_000L * AGGREGATES * EVENTS_OF_EACH / millis;
          System.out.printf(
              "refold to version %d: %d events in %d ms, %d/s%n",
              version, AGGREGATES * EVENTS_OF_EACH, millis, perSecond);
          assertTrue(perSecond > LEAST_PER_SECOND, () -> perSecond + " events/s");
        }
      }
    }
  }

  private Instance start(BrokerProcess broker, Domain<?, ?, ?> domain) {
    return Servers.launch(directory.resolve("pleat"), broker.bootstrapServers(), domain);
  }

  /** Every aggregate's first event, then every one's second, as commands come in life. */
  private static void write(String bootstrapServers) {
    Instant old = Instant.now().minus(Duration.ofDays(30));
    try (Producer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrapServers, "linger.ms", 20),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int version = 1; version <= EVENTS_OF_EACH; version++) {
        // A day and more apart: most commands are forgotten by now.
        Instant time = old.plus(Duration.ofHours(30L * version));
        for (int i = 0; i < AGGREGATES; i++) {
          String id = new UUID(i, 1).toString();
          UUID command = new UUID(version, i);
          Record data =
              version == 1
                  ? new ValueCreated(id, 1)
                  : new ValueUpdated(id, Operation.ADD, 1, version);
          RecordedEvent event =
              new RecordedEvent(
                  NameBasedId.ofEvent(CalculatorSchema.SCHEMA.name(), id, command, 0),
                  command,
                  data.getClass().getSimpleName(),
                  JsonCodec.toObject(data),
                  time,
                  version,
                  version,
                  Optional.empty(),
                  Optional.empty());
          producer.send(
              new ProducerRecord<>(
                  CalculatorSchema.SCHEMA.eventsTopic(),
                  null,
                  time.toEpochMilli(),
                  id.getBytes(UTF_8),
                  JsonCodec.write(event)));
        }
      }
    }
  }
}

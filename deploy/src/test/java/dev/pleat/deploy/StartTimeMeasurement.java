package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.deploy.guarantees.Log;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.schemas.calculator.CalculatorCommand.CreateValue;
import dev.pleat.schemas.calculator.CalculatorCommand.UpdateValue;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.schemas.calculator.Operation;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How long a start takes: the first one to the first 201, and with 100 000 commands of history
 * after SIGTERM and after {@code kill -9}, by the launcher, beside the start of the bare broker in
 * the same run. Medians of five. Not part of {@code verify}: the profile {@code measure} runs it.
 */
final class StartTimeMeasurement {

  private static final int COMMANDS = 100_000;
  private static final int AGGREGATES = 5_000;
  private static final int REPETITIONS = 5;
  private static final long SEED = 20261121;

  private static final Duration FIRST_START_BAR = Duration.ofSeconds(20);
  private static final Duration STOPPED_BAR = Duration.ofSeconds(10);
  private static final Duration KILLED_BAR = Duration.ofSeconds(20);

  @TempDir Path directory;

  @Test
  void is_ready_again_in_time_with_a_hundred_thousand_commands_of_history() throws Exception {
    Path data = directory.resolve("pleat");
    long begun = System.nanoTime();
    PleatProcess pleat = serve(data);
    List<Long> afterStop = new ArrayList<>();
    List<Long> afterKill = new ArrayList<>();
    List<Long> bare = new ArrayList<>();
    List<Long> bareAfterKill = new ArrayList<>();
    try {
      create(pleat.http());
      long first = millisSince(begun);
      write(pleat.bootstrapServers());
      for (int i = 0; i < REPETITIONS; i++) {
        pleat.stop();
        bare.add(bareStart(data, false));
        begun = System.nanoTime();
        pleat = serve(data);
        afterStop.add(millisSince(begun));
        create(pleat.http());
      }
      for (int i = 0; i < REPETITIONS; i++) {
        pleat.kill();
        begun = System.nanoTime();
        pleat = serve(data);
        afterKill.add(millisSince(begun));
        create(pleat.http());
      }
      pleat.stop();
      for (int i = 0; i < REPETITIONS; i++) {
        bareAfterKill.add(bareStart(data, true));
      }
      System.out.printf(
          """
          | start | median ms | all ms |
          |---|---|---|
          | first start to first 201 (one) | %d | |
          | bare broker, after a clean stop | %d | %s |
          | pleat serve, after SIGTERM | %d | %s |
          | bare broker, after kill -9 | %d | %s |
          | pleat serve, after kill -9 | %d | %s |
          %d commands of history, seed %d
          """,
          first,
          median(bare),
          bare,
          median(afterStop),
          afterStop,
          median(bareAfterKill),
          bareAfterKill,
          median(afterKill),
          afterKill,
          COMMANDS,
          SEED);
      assertTrue(first <= FIRST_START_BAR.toMillis(), "first 201 after " + first + " ms");
      assertTrue(median(afterStop) <= STOPPED_BAR.toMillis(), "after SIGTERM: " + afterStop);
      assertTrue(median(afterKill) <= KILLED_BAR.toMillis(), "after kill -9: " + afterKill);
    } finally {
      pleat.close();
    }
  }

  private static PleatProcess serve(Path data) {
    return PleatProcess.launcher(
        "start-times",
        data,
        "--kafka-port",
        "0",
        "--domains",
        System.getProperty("pleat.domains", "calculator,customers,products,prices,catalogue"));
  }

  /** Starts the broker alone on the same records; ends it cleanly or kills it. */
  private static long bareStart(Path data, boolean killed) {
    if (killed) {
      BrokerProcess victim = BrokerProcess.start(data.resolve("kafka"));
      victim.kill();
    }
    long begun = System.nanoTime();
    try (BrokerProcess broker = BrokerProcess.start(data.resolve("kafka"))) {
      return broker.port() > 0 ? millisSince(begun) : 0;
    }
  }

  private static void create(URI http) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(http.resolve("/values"))
                  .header("Content-Type", "application/json")
                  .POST(BodyPublishers.ofString("{\"value\":1}"))
                  .build(),
              BodyHandlers.ofString());
      assertEquals(201, response.statusCode(), response.body());
    }
  }

  /** Writes the history straight to the topic and waits until all of it has outcomes. */
  private static void write(String servers) {
    SplittableRandom random = new SplittableRandom(SEED);
    String topic = CalculatorSchema.SCHEMA.commandsTopic();
    int before = Log.committed(servers, CalculatorSchema.SCHEMA.outcomesTopic()).size();
    try (Producer<String, byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", servers, "acks", "all"),
            new StringSerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < COMMANDS; i++) {
        UUID id = new UUID(random.nextLong(), random.nextLong());
        String value =
            NameBasedId.ofAggregate("calculator", new UUID(SEED, i % AGGREGATES)).toString();
        Record data =
            i < AGGREGATES
                ? new CreateValue(value, i)
                : new UpdateValue(value, Operation.ADD, 1 + random.nextInt(100));
        SubmittedCommand command =
            SubmittedCommand.of(
                id, data.getClass().getSimpleName(), JsonCodec.toObject(data), Instant.now());
        producer.send(new ProducerRecord<>(topic, value, JsonCodec.write(command)));
      }
    }
    long deadline = System.nanoTime() + Duration.ofMinutes(5).toNanos();
    String outcomes = CalculatorSchema.SCHEMA.outcomesTopic();
    while (Log.committed(servers, outcomes).size() < before + COMMANDS) {
      assertTrue(System.nanoTime() < deadline, "the history is not decided after 5 minutes");
      LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
    }
  }

  private static long millisSince(long nanoTime) {
    return (System.nanoTime() - nanoTime) / 1_000_000;
  }

  private static long median(List<Long> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }
}

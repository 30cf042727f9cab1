package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueCreated;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.Operation;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * What a row at a random version costs in a long history, beside the same in a short one: it should
 * be bounded by the interval of snapshots; and the same of a replay, which must agree with the row
 * at each of them. Not part of {@code verify}: the profile {@code measure} runs it.
 *
 * <p>{@code -Dpleat.versions=1000000} is how long the long history is.
 */
final class HistoryMeasurement {

  private static final int VERSIONS = Integer.getInteger("pleat.versions", 1_000_000);
  private static final int SHORT = 1_000;
  private static final int READS = 1_000;
  private static final double RATIO_BAR = 3;
  private static final Duration PATIENCE = Duration.ofMinutes(15);
  private static final String LONG_ID = new UUID(0x4000L, 0x8000_0000_0000_0001L).toString();
  private static final String SHORT_ID = new UUID(0x4000L, 0x8000_0000_0000_0002L).toString();

  @TempDir Path directory;

  @Test
  void a_version_costs_the_same_in_a_long_history_and_a_replay_agrees() {
    FigureSheet sheet = new FigureSheet("History");
    long seed = System.nanoTime();
    try (BrokerProcess broker = BrokerProcess.start(directory.resolve("broker"));
        PleatProcess pleat =
            PleatProcess.startForLong(
                "history",
                directory.resolve("pleat"),
                "--bootstrap-servers",
                broker.bootstrapServers(),
                "--partitions",
                String.valueOf(Servers.PARTITIONS));
        ApiClient api = new ApiClient(pleat.http().toString())) {
      write(broker.bootstrapServers(), SHORT_ID, SHORT);
      long begun = System.nanoTime();
      write(broker.bootstrapServers(), LONG_ID, VERSIONS);
      await(api, SHORT_ID, SHORT);
      await(api, LONG_ID, VERSIONS);
      double seconds = (System.nanoTime() - begun) / 1e9;
      SplittableRandom random = new SplittableRandom(seed);
      timed(api, SHORT_ID, SHORT, random);
      List<List<String>> rows = new ArrayList<>();
      double[] few = timed(api, SHORT_ID, SHORT, random);
      double[] many = timed(api, LONG_ID, VERSIONS, random);
      double[] replayed = replayed(api, random);
      rows.add(row("a row of " + SHORT + " events", few));
      rows.add(row("a row of " + VERSIONS + " events", many));
      rows.add(row("a replay of one of " + VERSIONS + " events", replayed));
      sheet.note(
          String.format(
              Locale.ROOT,
              "%d rows at random versions each, one after the other; seed %d. Written and recorded"
                  + " at %.0f events/s.",
              READS,
              seed,
              VERSIONS / seconds));
      sheet.table(List.of("what", "p50 ms", "p99 ms", "max ms"), rows);
      double ratio = many[READS / 2] / few[READS / 2];
      sheet.bar(
          ratio <= RATIO_BAR,
          String.format(
              Locale.ROOT,
              "p50 of the long history: %.1f times the short one's <= %.0f",
              ratio,
              RATIO_BAR));
      sheet.check();
    }
  }

  private static List<String> row(String what, double[] millis) {
    return List.of(
        what,
        Latencies.text(millis[READS / 2]),
        Latencies.text(millis[READS * 99 / 100]),
        Latencies.text(millis[READS - 1]));
  }

  private static double[] timed(ApiClient api, String id, int versions, SplittableRandom random) {
    double[] millis = new double[READS];
    for (int i = 0; i < READS; i++) {
      int version = random.nextInt(1, versions + 1);
      long begun = System.nanoTime();
      HttpResponse<String> row = api.get("/values/" + id + "?as-of-version=" + version);
      millis[i] = (System.nanoTime() - begun) / 1e6;
      assertEquals(200, row.statusCode(), row.body());
      assertEquals(version, json(row).get("version").asInt(), row.body());
      assertEquals(version - 1, json(row).get("value").asInt(), row.body());
    }
    Arrays.sort(millis);
    return millis;
  }

  /** Replays single versions of the long history, and holds each against the row as it was. */
  private static double[] replayed(ApiClient api, SplittableRandom random) {
    double[] millis = new double[READS];
    for (int i = 0; i < READS; i++) {
      int version = random.nextInt(1, VERSIONS + 1);
      long begun = System.nanoTime();
      HttpResponse<String> replay =
          api.get("/domains/calculator/replay/" + LONG_ID + "?limit=1&from-version=" + version);
      millis[i] = (System.nanoTime() - begun) / 1e6;
      assertEquals(200, replay.statusCode(), replay.body());
      JsonNode step = json(replay).get("steps").get(0);
      assertEquals(version, step.get("event").get("version").asInt(), replay.body());
      JsonNode row = json(api.get("/values/" + LONG_ID + "?as-of-version=" + version));
      assertEquals(row, step.get("rows").get("values"));
      assertEquals(row.get("value"), step.get("state").get("value"));
    }
    Arrays.sort(millis);
    return millis;
  }

  private static void await(ApiClient api, String id, int version) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (api.get("/values/" + id + "?as-of-version=" + version).statusCode() != 200) {
      assertTrue(System.nanoTime() < deadline, "version " + version + " is not recorded");
      LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
    }
  }

  private static void write(String bootstrapServers, String id, int versions) {
    try (Producer<String, byte[]> log =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ProducerConfig.LINGER_MS_CONFIG,
                20,
                ProducerConfig.BATCH_SIZE_CONFIG,
                128 * 1024),
            new StringSerializer(),
            new ByteArraySerializer())) {
      for (int version = 1; version <= versions; version++) {
        UUID command = new UUID(version, 1);
        CalculatorEvent event =
            version == 1
                ? new ValueCreated(id, 0)
                : new ValueUpdated(id, Operation.ADD, 1, version - 1);
        log.send(
            new ProducerRecord<>(
                "calculator.events",
                id,
                JsonCodec.write(
                    new RecordedEvent(
                        NameBasedId.ofEvent("calculator", id, command, 0),
                        command,
                        event.getClass().getSimpleName(),
                        JsonCodec.toObject(event),
                        Instant.parse("2026-11-21T10:00:00Z").plusMillis(version),
                        version,
                        version,
                        Optional.empty(),
                        Optional.empty()))));
      }
    }
  }
}

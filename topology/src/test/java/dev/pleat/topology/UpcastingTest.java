package dev.pleat.topology;

import static dev.pleat.topology.ledger.Ledger.LEDGER;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.StoppedView;
import dev.pleat.topology.CommandDriver.Written;
import dev.pleat.topology.ledger.Ledger;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands and events that were written in earlier versions of their schemas. */
class UpcastingTest {

  @TempDir Path directory;

  private static String command(int id, String data, String more) {
    return "{\"id\":\"00000000-0000-0000-0000-00000000000"
        + id
        + "\",\"action\":\"Deposit\",\"data\":"
        + data
        + ",\"timestamp\":\"2026-11-21T10:00:00.000Z\""
        + more
        + "}";
  }

  private static String event(int version, String data, String more) {
    return "{\"id\":\"00000000-0000-0000-0001-00000000000"
        + version
        + "\",\"parent-id\":\"00000000-0000-0000-0000-00000000000"
        + version
        + "\",\"action\":\"Deposited\",\"data\":"
        + data
        + ",\"timestamp\":\"2026-11-21T10:00:00.000Z\",\"version\":"
        + version
        + ",\"through\":"
        + version
        + more
        + "}";
  }

  private static final String FIRST = "{\"account\":\"a\",\"amount\":3.5}";
  private static final String SECOND = "{\"account\":\"a\",\"cents\":40}";
  private static final String THIRD = "{\"account\":\"a\",\"cents\":7,\"currency\":\"CHF\"}";

  private void decide(Consumer<CommandDriver> sending) {
    try (CommandDriver driver = new CommandDriver(LEDGER, directory)) {
      sending.accept(driver);
    }
  }

  private static void assertDeposited(Written written, String data) {
    assertEquals(1, written.eventTexts().size(), () -> written.outcomeText());
    String event = written.eventTexts().get(0);
    assertTrue(event.contains("\"data\":" + data), event);
    assertTrue(event.endsWith(",\"schema-version\":3}"), event);
  }

  @Test
  void a_command_of_an_earlier_version_is_decided_as_one_of_today() {
    decide(
        driver -> {
          assertDeposited(
              driver.send("a", command(1, FIRST, "")),
              "{\"account\":\"a\",\"cents\":350,\"currency\":\"EUR\"}");
          assertDeposited(
              driver.send("a", command(2, SECOND, ",\"schema-version\":2")),
              "{\"account\":\"a\",\"cents\":40,\"currency\":\"EUR\"}");
          assertDeposited(driver.send("a", command(3, THIRD, ",\"schema-version\":3")), THIRD);
          assertEquals(new Ledger.Balance(397), LEDGER.state(driver.aggregate("a").state()));
        });
  }

  @Test
  void a_retry_of_an_earlier_version_has_the_first_outcome() {
    decide(
        driver -> {
          driver.send("a", command(1, FIRST, ""));
          String again = driver.send("a", command(1, FIRST, "")).outcomeText();
          assertTrue(again.endsWith("\"replayed\":true}"), again);
          assertEquals("command-id-reused", driver.send("a", command(1, SECOND, "")).reason());
        });
  }

  @Test
  void a_command_of_a_later_version_is_refused_by_name() {
    decide(
        driver -> {
          Written written = driver.send("a", command(1, THIRD, ",\"schema-version\":4"));
          assertEquals("schema-mismatch", written.reason());
          assertEquals(
              "/schema-version is 4, and this release knows Deposit up to 3", written.detail());
        });
  }

  @Test
  void data_that_does_not_fit_the_version_it_names_is_refused() {
    decide(
        driver -> {
          assertEquals("schema-mismatch", driver.send("a", command(1, THIRD, "")).reason());
          assertEquals(
              "schema-mismatch",
              driver.send("a", command(2, FIRST, ",\"schema-version\":3")).reason());
          assertEquals(
              "schema-mismatch",
              driver.send("a", command(3, SECOND, ",\"schema-version\":0")).reason());
        });
  }

  // ---- views

  private record Seen(Optional<String> row, Optional<StoppedView> stopped) {}

  private Seen fold(List<String> events) {
    try (TopologyTestDriver driver =
        new TopologyTestDriver(
            ViewTopology.of(LEDGER, "balances"),
            CommandDriver.settings("pleat.ledger.balances.g1.", directory))) {
      var in =
          driver.createInputTopic(
              "ledger.events", new StringSerializer(), new ByteArraySerializer());
      events.forEach(event -> in.pipeInput("a", event.getBytes(UTF_8)));
      KeyValueStore<String, ValueAndTimestamp<byte[]>> rows =
          driver.getTimestampedKeyValueStore("balances");
      KeyValueStore<Integer, byte[]> stopped = driver.getKeyValueStore("balances-stopped");
      return new Seen(
          Optional.ofNullable(rows.get("a")).map(row -> new String(row.value(), UTF_8)),
          Optional.ofNullable(stopped.get(0))
              .map(mark -> JsonCodec.readValue(mark, StoppedView.class)));
    }
  }

  @Test
  void events_of_all_versions_fold_into_one_row() {
    Seen seen =
        fold(
            List.of(
                event(1, FIRST, ""),
                event(2, SECOND, ",\"schema-version\":2"),
                event(3, THIRD, ",\"schema-version\":3")));

    assertEquals(
        Optional.of("{\"account\":\"a\",\"cents\":397,\"currency\":\"CHF\",\"version\":3}"),
        seen.row());
    assertEquals(Optional.empty(), seen.stopped());
  }

  @Test
  void an_event_of_a_later_version_stops_the_view_and_is_named() {
    Seen seen = fold(List.of(event(1, FIRST, ""), event(2, THIRD, ",\"schema-version\":4")));

    assertEquals(1, seen.stopped().orElseThrow().offset());
    assertEquals("unreadable", seen.stopped().orElseThrow().reason());
    assertEquals(
        "/schema-version is 4, and this release knows Deposited up to 3",
        seen.stopped().orElseThrow().detail());
  }

  @Test
  void an_upcaster_that_fails_stops_the_view() {
    Seen seen = fold(List.of(event(1, SECOND, "")));

    assertEquals("unreadable", seen.stopped().orElseThrow().reason());
    assertTrue(
        seen.stopped().orElseThrow().detail().contains("there is no amount"),
        seen.stopped().orElseThrow().detail());
  }

  // ---- the state, folded anew

  @Test
  void the_state_is_folded_anew_from_events_of_all_versions() {
    try (TopologyTestDriver driver =
        new TopologyTestDriver(
            RefoldTopology.of(LEDGER, 1, MemoryLimits.DEFAULT, Instant.EPOCH),
            CommandDriver.settings(CommandTopology.applicationId(LEDGER.schema()), directory))) {
      var in =
          driver.createInputTopic(
              "ledger.events", new StringSerializer(), new ByteArraySerializer());
      in.pipeInput("a", event(1, FIRST, "").getBytes(UTF_8));
      in.pipeInput("a", event(2, SECOND, ",\"schema-version\":2").getBytes(UTF_8));
      byte[] row = driver.<String, byte[]>getKeyValueStore(Aggregate.STORE).get("a");
      assertEquals(new Ledger.Balance(390), LEDGER.state(Aggregate.read(row).state()));
      assertNull(driver.<String, byte[]>getKeyValueStore(Aggregate.STORE).get("b"));
    }
  }
}

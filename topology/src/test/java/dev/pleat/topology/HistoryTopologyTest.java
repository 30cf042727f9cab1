package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.HistoryKey;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.topology.journal.Journal;
import dev.pleat.topology.journal.JournalEvent;
import dev.pleat.topology.journal.JournalEvent.LineWritten;
import dev.pleat.topology.journal.JournalEvent.PageBurnt;
import dev.pleat.topology.journal.JournalEvent.PageTornOut;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is recorded of aggregates, and what is folded from it. */
class HistoryTopologyTest {

  private static final int INTERVAL = 10;
  private static final View PAGES = Journal.SCHEMA.view("pages").orElseThrow();
  private static final Instant TIME = Instant.parse("2026-11-21T10:00:00Z");

  @TempDir Path directory;

  private final HistoryFold<Journal.Page, JournalEvent> fold = HistoryFold.of(Journal.JOURNAL);
  private TopologyTestDriver driver;
  private TestInputTopic<String, byte[]> in;
  private KeyValueStore<Bytes, byte[]> events;
  private KeyValueStore<Bytes, byte[]> snapshots;

  @BeforeEach
  void open() {
    driver =
        new TopologyTestDriver(
            HistoryTopology.of(Journal.JOURNAL, INTERVAL),
            CommandDriver.settings(HistoryTopology.applicationId(Journal.SCHEMA), directory));
    in =
        driver.createInputTopic(
            "journal.events", new StringSerializer(), new ByteArraySerializer());
    events = driver.getKeyValueStore(HistoryKey.EVENTS);
    snapshots = driver.getKeyValueStore(HistoryKey.SNAPSHOTS);
  }

  @AfterEach
  void close() {
    driver.close();
  }

  private byte[] event(long version, long through, JournalEvent event) {
    return JsonCodec.write(
        new RecordedEvent(
            new UUID(1, version),
            new UUID(2, through),
            event.getClass().getSimpleName(),
            JsonCodec.toObject(event),
            TIME,
            version,
            through,
            Optional.empty(),
            Optional.empty()));
  }

  private void line(String page, long version, long through) {
    in.pipeInput(page, event(version, through, new LineWritten(page, "line " + version)));
  }

  private List<Long> versions(KeyValueStore<Bytes, byte[]> store, String page) {
    List<Long> versions = new ArrayList<>();
    try (KeyValueIterator<Bytes, byte[]> all =
        store.range(
            Bytes.wrap(HistoryKey.of(page, 0)), Bytes.wrap(HistoryKey.of(page, Long.MAX_VALUE)))) {
      all.forEachRemaining(row -> versions.add(HistoryKey.version(row.key.get())));
    }
    return versions;
  }

  private List<byte[]> between(String page, long from, long to, int limit) {
    List<byte[]> found = new ArrayList<>();
    try (KeyValueIterator<Bytes, byte[]> all =
        events.range(Bytes.wrap(HistoryKey.of(page, from)), Bytes.wrap(HistoryKey.of(page, to)))) {
      while (all.hasNext() && found.size() < limit) {
        found.add(all.next().value);
      }
    }
    return found;
  }

  private Optional<byte[]> nearest(String page, long version) {
    try (KeyValueIterator<Bytes, byte[]> all =
        snapshots.reverseRange(
            Bytes.wrap(HistoryKey.of(page, 1)), Bytes.wrap(HistoryKey.of(page, version)))) {
      return all.hasNext() ? Optional.of(all.next().value) : Optional.empty();
    }
  }

  private String row(String page, long version, Optional<byte[]> nearest) {
    return fold.row(PAGES, nearest, version, (from, to, limit) -> between(page, from, to, limit))
        .map(row -> new String(row, UTF_8))
        .orElse("none");
  }

  @Test
  void keeps_every_event_once_by_aggregate_and_version() {
    for (String page : List.of("a", "ab", "a")) {
      for (int i = 1; i <= 3; i++) {
        line(page, i, i);
      }
    }
    line("a", 4, 4);

    assertEquals(List.of(1L, 2L, 3L, 4L), versions(events, "a"));
    assertEquals(List.of(1L, 2L, 3L), versions(events, "ab"));
    assertEquals(
        "line 4",
        JsonCodec.toRecord(
                JsonCodec.readEvent(between("a", 4, 4, 1).getFirst()).data(), LineWritten.class)
            .line());
  }

  private byte[] outcome(int id, Outcome.Verdict verdict, boolean replayed) {
    return JsonCodec.write(
        new Outcome(
            new UUID(3, id),
            new UUID(2, id),
            verdict,
            TIME,
            Optional.empty(),
            Optional.empty(),
            replayed));
  }

  private List<UUID> outcomesOf(String page) {
    List<UUID> found = new ArrayList<>();
    try (KeyValueIterator<Bytes, byte[]> all =
        driver
            .<Bytes, byte[]>getKeyValueStore(HistoryKey.OUTCOMES)
            .range(
                Bytes.wrap(HistoryKey.ofOutcome(page, 0, 0)),
                Bytes.wrap(HistoryKey.ofOutcome(page, Long.MAX_VALUE, Long.MAX_VALUE)))) {
      all.forEachRemaining(
          row -> {
            Outcome outcome = JsonCodec.readOutcome(row.value);
            assertEquals(
                outcome.verdict().version(),
                HistoryKey.outcomeVersion(row.key.get()),
                "" + outcome);
            found.add(outcome.parentId());
          });
    }
    return found;
  }

  @Test
  void keeps_every_outcome_once_in_the_order_they_were_decided() {
    TestInputTopic<String, byte[]> outcomes =
        driver.createInputTopic(
            "journal.outcomes", new StringSerializer(), new ByteArraySerializer());
    outcomes.pipeInput("a", outcome(9, new Rejected(0, "no", "no"), false));
    outcomes.pipeInput("a", outcome(1, new Accepted(1, List.of(new UUID(1, 1))), false));
    outcomes.pipeInput("ab", outcome(2, new Accepted(1, List.of(new UUID(1, 2))), false));
    outcomes.pipeInput("a", outcome(8, new Rejected(1, "no", "no"), false));
    outcomes.pipeInput("a", outcome(1, new Accepted(1, List.of(new UUID(1, 1))), true));
    outcomes.pipeInput("a", "no outcome".getBytes(UTF_8));
    outcomes.pipeInput("a", (byte[]) null);
    outcomes.pipeInput("a", outcome(7, new Unchanged(1), false));
    outcomes.pipeInput("a", outcome(6, new Accepted(2, List.of(new UUID(1, 6))), false));

    assertEquals(Stream.of(9, 1, 8, 7, 6).map(id -> new UUID(2, id)).toList(), outcomesOf("a"));
    assertEquals(List.of(new UUID(2, 2)), outcomesOf("ab"));
    assertEquals(List.of(), versions(events, "a"));
  }

  @Test
  void takes_a_snapshot_now_and_then_and_only_where_a_command_is_whole() {
    for (int i = 1; i <= 9; i++) {
      line("a", i, i);
    }
    line("a", 10, 12);
    line("a", 11, 12);
    line("a", 12, 12);
    for (int i = 13; i <= 40; i++) {
      line("a", i, i);
    }

    assertEquals(List.of(12L, 22L, 32L), versions(snapshots, "a"));
  }

  @Test
  void a_version_is_the_same_from_a_snapshot_and_from_the_first_event() {
    long seed = System.nanoTime();
    long version = lines("a", 300, new SplittableRandom(seed));
    for (long at = 1; at <= version; at++) {
      assertEquals(
          row("a", at, Optional.empty()),
          row("a", at, nearest("a", at)),
          "version " + at + ", seed " + seed);
    }
  }

  /**
   * Commands of one to four lines each, until there are so many lines; returns how many there are.
   */
  private long lines(String page, long least, SplittableRandom random) {
    long version = 0;
    while (version < least) {
      long through = version + random.nextInt(1, 5);
      while (version < through) {
        version++;
        line(page, version, through);
      }
    }
    return version;
  }

  private List<HistoryFold.Step> replay(String page, long from, long to) {
    List<HistoryFold.Step> steps = new ArrayList<>();
    fold.replay(
        nearest(page, from - 1),
        from,
        to,
        (first, last, limit) -> between(page, first, last, limit),
        steps::add);
    return steps;
  }

  @Test
  void a_replay_shows_at_each_version_what_is_folded_for_it() {
    long seed = System.nanoTime();
    long version = lines("a", 120, new SplittableRandom(seed));
    for (long from = 1; from <= version; from++) {
      long at = from;
      for (HistoryFold.Step step : replay("a", from, version)) {
        String what = "version " + at + " from " + from + ", seed " + seed;
        assertEquals(at, step.version(), what);
        assertEquals(at, JsonCodec.readEvent(step.event()).version(), what);
        byte[] row = step.rows().get("pages");
        assertEquals(
            row("a", at, nearest("a", at)), row == null ? "none" : new String(row, UTF_8), what);
        assertEquals(
            "{\"lines\":" + at + ",\"torn-out\":false,\"padding\":\"\"}",
            new String(step.state(), UTF_8),
            what);
        at++;
      }
      assertEquals(version + 1, at, "from " + from + ", seed " + seed);
    }
  }

  @Test
  void a_replay_ends_where_no_more_is_wanted_and_shows_what_is_there_before_it_breaks() {
    for (int i = 1; i <= 5; i++) {
      line("a", i, i);
    }
    in.pipeInput("a", event(6, 6, new PageBurnt("a", false)));
    List<Long> seen = new ArrayList<>();
    HistoryFold.Events all = (first, last, limit) -> between("a", first, last, limit);

    fold.replay(
        Optional.empty(), 2, 6, all, step -> seen.add(step.version()) && step.version() < 4);
    assertEquals(List.of(2L, 3L, 4L), seen);
    assertEquals(
        "evolve fails at version 6",
        assertThrows(
                HistoryFold.Broken.class,
                () -> fold.replay(Optional.empty(), 5, 6, all, step -> seen.add(step.version())))
            .getMessage());
    assertEquals(List.of(2L, 3L, 4L, 5L), seen);
    assertThrows(HistoryFold.Broken.class, () -> replay("a", 1, 7));
  }

  @Test
  void the_state_is_of_whole_commands() {
    line("a", 1, 1);
    line("a", 2, 3);
    line("a", 3, 3);
    HistoryFold.Events all = (first, last, limit) -> between("a", first, last, limit);

    HistoryFold.State inside = fold.state(Optional.empty(), 2, all).orElseThrow();
    assertEquals(1, inside.version());
    assertEquals(
        "{\"lines\":1,\"torn-out\":false,\"padding\":\"\"}", new String(inside.json(), UTF_8));
    assertEquals(3, fold.state(Optional.empty(), 3, all).orElseThrow().version());
    assertEquals(Optional.empty(), fold.state(Optional.empty(), 0, all));
  }

  @Test
  void no_part_of_a_command_shows() {
    line("a", 1, 1);
    line("a", 2, 3);
    line("a", 3, 3);

    assertEquals(row("a", 1, Optional.empty()), row("a", 2, Optional.empty()));
    assertTrue(row("a", 3, Optional.empty()).endsWith("\"version\":3}"));
  }

  @Test
  void what_was_deleted_was_there_before() {
    line("a", 1, 1);
    in.pipeInput("a", event(2, 2, new PageTornOut("a")));

    assertTrue(row("a", 1, Optional.empty()).contains("line 1"));
    assertEquals("none", row("a", 2, Optional.empty()));
  }

  @Test
  void goes_on_after_what_cannot_be_read_and_says_what_is_missing() {
    line("a", 1, 1);
    in.pipeInput("a", "no event".getBytes(UTF_8));
    in.pipeInput("a", (byte[]) null);
    line("a", 3, 3);
    for (int i = 4; i < 30; i++) {
      line("a", i, i);
    }

    assertTrue(row("a", 1, Optional.empty()).contains("line 1"));
    assertEquals(List.of(), versions(snapshots, "a"));
    assertEquals(
        "version 3 lies where 2 should follow",
        assertThrows(HistoryFold.Broken.class, () -> row("a", 5, Optional.empty())).getMessage());
  }

  @Test
  void a_command_of_thousands_of_events_is_folded_whole() {
    for (int i = 1; i <= 2_500; i++) {
      line("a", i, 2_500);
    }
    line("a", 2_501, 2_501);

    assertTrue(row("a", 2_501, Optional.empty()).endsWith("\"version\":2501}"));
    assertEquals("none", row("a", 2_499, Optional.empty()));
  }
}

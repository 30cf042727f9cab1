package dev.pleat.topology;

import static dev.pleat.topology.customers.CustomerDomain.CUSTOMERS;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.JsonCodec.JsonObject;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.RowCodec;
import dev.pleat.schemas.StoppedView;
import dev.pleat.schemas.enrolments.EnrolmentEvent.EnrolmentRequested;
import dev.pleat.topology.enrolments.EnrolmentDomain;
import dev.pleat.topology.journal.Journal;
import dev.pleat.topology.journal.JournalEvent;
import dev.pleat.topology.journal.JournalEvent.InkWeighed;
import dev.pleat.topology.journal.JournalEvent.LineWritten;
import dev.pleat.topology.journal.JournalEvent.PageTornOut;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a view shows of its events: each once, in order, whole commands, or a mark that says why.
 */
class ViewTopologyTest {

  private static final View PAGES = Journal.SCHEMA.view("pages").orElseThrow();
  private static final Instant TIME = Instant.parse("2026-11-21T10:00:00.012Z");

  @TempDir Path directory;
  private TopologyTestDriver driver;
  private TestInputTopic<String, byte[]> events;
  private TestOutputTopic<String, String> changes;
  private KeyValueStore<String, Long> seen;
  private KeyValueStore<String, List<byte[]>> held;
  private KeyValueStore<Integer, byte[]> stopped;
  private KeyValueStore<String, ValueAndTimestamp<byte[]>> rows;

  private final OpenRows open = new OpenRows();

  @BeforeEach
  void start() {
    String application = ViewTopology.applicationId(Journal.SCHEMA, PAGES, 1);
    driver =
        new TopologyTestDriver(
            ViewTopology.of(Journal.JOURNAL, "pages", new Resumptions(), open),
            CommandDriver.settings(application, directory));
    events =
        driver.createInputTopic(
            "journal.events", new StringSerializer(), new ByteArraySerializer());
    changes =
        driver.createOutputTopic(
            application + "-pages-changelog", new StringDeserializer(), new RowOfTheChangelog());
    seen = driver.getKeyValueStore(PAGES.guard(Journal.SCHEMA).seenStore());
    held = driver.getKeyValueStore("pages-held");
    stopped = driver.getKeyValueStore(PAGES.guard(Journal.SCHEMA).stoppedStore());
    rows = driver.getTimestampedKeyValueStore(PAGES.rowsStore());
  }

  @AfterEach
  void close() {
    driver.close();
  }

  @Test
  void shows_the_fields_of_the_row_and_the_version_last() {
    event("p", 1, 1, line("p", "a"));

    assertEquals("{\"page\":\"p\",\"lines\":1,\"last\":\"a\",\"version\":1}", row("p"));
  }

  @Test
  void a_row_is_read_where_it_is_open_as_in_the_store() {
    event("p", 1, 1, line("p", "a"));

    assertArrayEquals(rows.get("p").value(), open.of(0).orElseThrow().get("p").value());
    assertEquals(Optional.empty(), open.of(1));
  }

  @Test
  void rows_are_open_while_their_task_runs_also_those_of_derived_views() {
    OpenRows derived = new OpenRows();
    try (TopologyTestDriver customers =
        new TopologyTestDriver(ViewTopology.of(CUSTOMERS, "by-id", new Resumptions(), derived))) {
      assertTrue(derived.of(0).isPresent(), customers.toString());
    }
    assertEquals(Optional.empty(), derived.of(0));
  }

  @Test
  void folds_each_event_in_order() {
    event("p", 1, 1, line("p", "a"));
    event("q", 1, 1, line("q", "x"));
    event("p", 2, 2, line("p", "b"));
    event("p", 3, 3, line("p", "c"));

    assertEquals("{\"page\":\"p\",\"lines\":3,\"last\":\"c\",\"version\":3}", row("p"));
    assertEquals("{\"page\":\"q\",\"lines\":1,\"last\":\"x\",\"version\":1}", row("q"));
    assertEquals(3, seen("p"));
  }

  @Test
  void ignores_an_event_it_has_seen() {
    event("p", 1, 1, line("p", "a"));
    event("p", 2, 2, line("p", "b"));
    String before = row("p");
    event("p", 1, 1, line("p", "a"));
    event("p", 2, 2, line("p", "b"));

    assertEquals(before, row("p"));
    assertEquals(2, changes.readValuesToList().size());
    assertGoesOn();
  }

  @Test
  void folds_each_event_once_with_more_aggregates_than_it_has_at_hand() {
    int pages = VersionsSeen.MAX_RECENT + 100;
    for (long version = 1; version <= 2; version++) {
      for (int page = 0; page < pages; page++) {
        event("p" + page, version, version, line("p" + page, "l" + version));
      }
    }
    event("p0", 1, 1, line("p0", "again"));
    event("p0", 2, 2, line("p0", "again"));

    assertEquals(2 * pages, changes.readValuesToList().size());
    assertEquals("{\"page\":\"p0\",\"lines\":2,\"last\":\"l2\",\"version\":2}", row("p0"));
    assertEquals(2, seen("p" + (pages - 1)));
    assertGoesOn();
  }

  @Test
  void gives_the_same_rows_when_every_event_comes_three_times() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Long> versions = new HashMap<>();
    Map<String, Long> lines = new HashMap<>();
    for (int command = 0; command < 300; command++) {
      String page = "page " + random.nextInt(5);
      long before = versions.getOrDefault(page, 0L);
      int count = random.nextInt(1, 4);
      List<Runnable> all = new ArrayList<>();
      for (int i = 1; i <= count; i++) {
        long version = before + i;
        all.add(() -> event(page, version, before + count, line(page, "l" + version)));
      }
      // Each one three times at once, or the whole command three times, in part at first.
      if (random.nextBoolean()) {
        all.forEach(
            one -> {
              one.run();
              one.run();
              one.run();
            });
      } else {
        all.subList(0, random.nextInt(count)).forEach(Runnable::run);
        all.forEach(Runnable::run);
        all.forEach(Runnable::run);
      }
      versions.put(page, before + count);
      lines.merge(page, (long) count, Long::sum);
    }

    versions.forEach(
        (page, version) ->
            assertEquals(
                "{\"page\":\"%s\",\"lines\":%d,\"last\":\"l%d\",\"version\":%d}"
                    .formatted(page, lines.get(page), version, version),
                row(page),
                "seed " + seed));
    assertEquals(300, changes.readValuesToList().size(), "seed " + seed);
    assertGoesOn();
  }

  @Test
  void shows_no_part_of_a_command() {
    event("p", 1, 1, line("p", "a"));
    changes.readValuesToList();

    event("p", 2, 4, line("p", "b"));
    event("q", 1, 2, line("q", "x"));
    event("p", 3, 4, line("p", "c"));

    assertEquals("{\"page\":\"p\",\"lines\":1,\"last\":\"a\",\"version\":1}", row("p"));
    assertEquals(1, seen("p"));
    assertNull(row("q"));
    assertEquals(List.of(), changes.readValuesToList());

    event("p", 4, 4, line("p", "d"));
    event("q", 2, 2, line("q", "y"));

    assertEquals(
        List.of(
            "{\"page\":\"p\",\"lines\":4,\"last\":\"d\",\"version\":4}",
            "{\"page\":\"q\",\"lines\":2,\"last\":\"y\",\"version\":2}"),
        changes.readValuesToList());
    assertEquals(4, seen("p"));
    assertNull(held.get("p"), "nothing is held back any more");
  }

  @Test
  void holds_the_largest_command_there_can_be() {
    String line = "x".repeat(450);
    for (int i = 1; i <= 1_500; i++) {
      event("p", i, 1_500, line("p", line));
      if (i == 1_499) {
        long bytes = held.get("p").stream().mapToLong(event -> event.length).sum();
        assertTrue(bytes > 900_000, bytes + " bytes held");
      }
    }

    assertTrue(row("p").endsWith("\"version\":1500}"));
    assertEquals(1, changes.readValuesToList().size());
  }

  @Test
  void stops_at_a_gap_and_says_where() {
    event("p", 1, 1, line("p", "a"));
    event("p", 3, 3, line("p", "c"));

    assertStopped(1, "gap", "aggregate p has version 3 where 2 should follow");
    assertEquals("{\"page\":\"p\",\"lines\":1,\"last\":\"a\",\"version\":1}", row("p"));
  }

  @Test
  void stops_at_an_aggregate_whose_beginning_is_missing() {
    event("p", 2, 2, line("p", "b"));

    assertStopped(0, "gap", "aggregate p has version 2 where 1 should follow");
  }

  @Test
  void stops_at_a_gap_within_a_command() {
    event("p", 1, 3, line("p", "a"));
    event("p", 3, 3, line("p", "c"));

    assertStopped(1, "gap", "aggregate p has version 3 where 2 should follow");
    assertNull(row("p"));
  }

  @Test
  void folds_nothing_more_once_it_has_stopped() {
    event("p", 2, 2, line("p", "b"));
    event("q", 1, 1, line("q", "x"));
    event("p", 1, 1, line("p", "a"));
    events.pipeInput("p", "garbage".getBytes(UTF_8));

    assertNull(row("p"));
    assertNull(row("q"));
    assertEquals(0, seen("q"));
    assertStopped(0, "gap", "aggregate p has version 2 where 1 should follow");
  }

  @Test
  void goes_on_when_the_mark_is_gone() {
    event("p", 2, 2, line("p", "b"));
    stopped.delete(0);
    event("p", 1, 1, line("p", "a"));

    assertEquals("{\"page\":\"p\",\"lines\":1,\"last\":\"a\",\"version\":1}", row("p"));
  }

  @Test
  void stops_at_bytes_that_are_no_event() {
    event("p", 1, 1, line("p", "a"));
    events.pipeInput("p", "{\"action\":".getBytes(UTF_8));

    StoppedView mark = mark();
    assertEquals("unreadable", mark.reason());
    assertEquals(1, mark.offset());
    assertTrue(mark.detail().startsWith("line 1, column 1"), mark.detail());
    assertEquals("{\"page\":\"p\",\"lines\":1,\"last\":\"a\",\"version\":1}", row("p"));
  }

  @Test
  void stops_at_an_event_without_key_or_value() {
    events.pipeInput("p", (byte[]) null);
    assertStopped(0, "unreadable", "an event has a key and a value");
    stopped.delete(0);

    events.pipeInput(null, "x".getBytes(UTF_8));
    assertStopped(1, "unreadable", "an event has a key and a value");
  }

  @ParameterizedTest
  @ValueSource(strings = {"blot", "whirl", "swell"})
  void stops_where_the_projection_fails_and_keeps_the_row_before(String line) {
    event("p", 1, 1, line("p", "a"));
    event("p", 2, 2, line("p", line));
    event("p", 3, 3, line("p", "c"));

    assertStopped(
        1, "projection-failed", "the projection of pages failed on aggregate p at version 2");
    assertEquals("{\"page\":\"p\",\"lines\":1,\"last\":\"a\",\"version\":1}", row("p"));
    assertEquals(1, seen("p"));
  }

  @Test
  void keeps_the_row_before_where_the_projection_fails_within_a_command() {
    event("p", 1, 1, line("p", "a"));
    event("p", 2, 4, line("p", "b"));
    event("p", 3, 4, line("p", "blot"));
    event("p", 4, 4, line("p", "d"));

    assertStopped(
        3, "projection-failed", "the projection of pages failed on aggregate p at version 4");
    assertEquals("{\"page\":\"p\",\"lines\":1,\"last\":\"a\",\"version\":1}", row("p"));
    assertEquals(1, seen("p"));
    assertEquals(2, held.get("p").size());
  }

  @Test
  void stops_at_an_event_whose_data_is_not_the_event_s() {
    event("p", 1, 1, "LineWritten", "{\"page\":\"p\"}");

    assertStopped(
        0, "projection-failed", "the projection of pages failed on aggregate p at version 1");
    assertNull(row("p"));
  }

  @Test
  void moves_the_version_at_an_event_the_projection_ignores() {
    event("p", 1, 1, line("p", "a"));
    event("p", 2, 2, new InkWeighed("p", 3));

    assertEquals("{\"page\":\"p\",\"lines\":1,\"last\":\"a\",\"version\":2}", row("p"));
  }

  @Test
  void moves_the_version_at_an_event_it_does_not_know() {
    event("p", 1, 1, "PageNumbered", "{\"number\":7}");
    assertNull(row("p"));
    assertEquals(1, seen("p"));
    event("p", 2, 2, line("p", "a"));
    event("p", 3, 3, "PageNumbered", "{}");

    assertEquals("{\"page\":\"p\",\"lines\":1,\"last\":\"a\",\"version\":3}", row("p"));
    assertEquals(3, seen("p"));
  }

  @Test
  void ignores_fields_it_does_not_know() {
    event("p", 1, 1, "LineWritten", "{\"page\":\"p\",\"line\":\"a\",\"ink\":\"blue\"}");

    assertEquals("{\"page\":\"p\",\"lines\":1,\"last\":\"a\",\"version\":1}", row("p"));
  }

  @Test
  void deletes_a_row_and_still_knows_what_it_has_seen() {
    event("p", 1, 1, line("p", "a"));
    event("p", 2, 2, new PageTornOut("p"));

    assertNull(row("p"));
    assertEquals(2, seen("p"));
    event("p", 1, 1, line("p", "a"));
    event("p", 2, 2, new PageTornOut("p"));
    assertNull(row("p"));

    event("p", 3, 3, line("p", "again"));
    assertEquals("{\"page\":\"p\",\"lines\":1,\"last\":\"again\",\"version\":3}", row("p"));
    assertGoesOn();
  }

  @Test
  void writes_the_version_seen_only_where_no_row_says_it() {
    event("p", 1, 1, line("p", "a"));
    event("p", 2, 2, line("p", "b"));
    event("q", 1, 1, new InkWeighed("q", 3));

    assertNull(seen.get("p"));
    assertEquals(1, seen.get("q"));

    event("p", 3, 3, new PageTornOut("p"));
    event("p", 4, 4, line("p", "again"));

    assertEquals(3, seen.get("p"));
    assertEquals(4, seen("p"));
  }

  @Test
  void writes_every_version_seen_of_rows_that_are_also_found_by_an_index() {
    View view = EnrolmentDomain.ENROLMENTS.schema().view("enrolments").orElseThrow();
    try (TopologyTestDriver enrolments =
        new TopologyTestDriver(ViewTopology.of(EnrolmentDomain.ENROLMENTS, view.name()))) {
      enrolments
          .createInputTopic("enrolments.events", new StringSerializer(), new ByteArraySerializer())
          .pipeInput(
              "e",
              recorded(
                  TIME,
                  1,
                  1,
                  "EnrolmentRequested",
                  JsonCodec.toObject(new EnrolmentRequested("e", "l", "ann"))));

      assertEquals(
          1,
          RowCodec.version(
              enrolments
                  .<String, byte[]>getTimestampedKeyValueStore(view.rowsStore())
                  .get("e")
                  .value()));
      assertEquals(
          1L,
          enrolments
              .getKeyValueStore(view.guard(EnrolmentDomain.ENROLMENTS.schema()).seenStore())
              .get("e"));
    }
  }

  @Test
  void knows_what_was_seen_from_the_store_it_begins_with() {
    assertEquals(0, new VersionsSeen(seen).of("p"));
    seen.put("p", 2L);

    VersionsSeen after = new VersionsSeen(seen);

    assertEquals(2, after.of("p"));
    assertEquals(0, after.of("q"));
  }

  @Test
  void no_row_is_older_than_the_one_before_it() {
    event("p", 1, 1, line("p", "a"));
    at(TIME.minusSeconds(3600), "p", 2, line("p", "b"));

    assertEquals(TIME.toEpochMilli(), rows.get("p").timestamp());
  }

  @Test
  void shows_nothing_of_a_row_that_comes_and_goes_within_a_command() {
    event("p", 1, 2, line("p", "a"));
    event("p", 2, 2, new PageTornOut("p"));

    assertNull(row("p"));
    assertEquals(2, seen("p"));
    assertTrue(changes.readValuesToList().stream().allMatch(value -> value == null));
  }

  @Test
  void folds_what_the_write_side_writes() {
    try (CommandDriver journal =
        new CommandDriver(Journal.JOURNAL, directory.resolve("commands"))) {
      List<String> lines = List.of("a", "b", "😀");
      for (int i = 0; i < 3; i++) {
        journal
            .send(
                "p",
                CommandDriver.command(
                    i, new dev.pleat.topology.journal.JournalCommand.WriteLines("p", lines)))
            .events()
            .forEach(event -> events.pipeInput("p", event.value()));
      }
    }

    assertEquals("{\"page\":\"p\",\"lines\":9,\"last\":\"😀\",\"version\":9}", row("p"));
    assertEquals(3, changes.readValuesToList().size());
  }

  @Test
  void knows_the_views_of_the_domain_only() {
    assertEquals(
        "domain journal has no view sums",
        assertThrows(IllegalArgumentException.class, () -> ViewTopology.of(Journal.JOURNAL, "sums"))
            .getMessage());
  }

  private static JournalEvent line(String page, String line) {
    return new LineWritten(page, line);
  }

  private void event(String page, long version, long through, JournalEvent event) {
    event(page, version, through, event.getClass().getSimpleName(), JsonCodec.toObject(event));
  }

  private void event(String page, long version, long through, String action, String data) {
    event(page, version, through, action, JsonCodec.readObject(data.getBytes(UTF_8)));
  }

  private void event(String page, long version, long through, String action, JsonObject data) {
    event(TIME, page, version, through, action, data);
  }

  private void at(Instant time, String page, long version, JournalEvent event) {
    String action = event.getClass().getSimpleName();
    event(time, page, version, version, action, JsonCodec.toObject(event));
  }

  private void event(
      Instant time, String page, long version, long through, String action, JsonObject data) {
    events.pipeInput(page, recorded(time, version, through, action, data), time);
  }

  private static byte[] recorded(
      Instant time, long version, long through, String action, JsonObject data) {
    return JsonCodec.write(
        new RecordedEvent(
            new UUID(1, version),
            new UUID(2, through),
            action,
            data,
            time,
            version,
            through,
            Optional.empty(),
            Optional.empty()));
  }

  private String row(String page) {
    ValueAndTimestamp<byte[]> row = rows.get(page);
    return row == null ? null : new String(row.value(), UTF_8);
  }

  /** As the guard finds it: in the row, or by itself. */
  private long seen(String page) {
    ValueAndTimestamp<byte[]> row = rows.get(page);
    return Math.max(
        row == null ? 0 : RowCodec.version(row.value()),
        Optional.ofNullable(seen.get(page)).orElse(0L));
  }

  private StoppedView mark() {
    return JsonCodec.readValue(stopped.get(0), StoppedView.class);
  }

  private void assertStopped(long offset, String reason, String detail) {
    assertEquals(new StoppedView(0, offset, reason, detail), mark());
  }

  private void assertGoesOn() {
    assertNull(stopped.get(0), () -> "stopped: " + mark());
  }

  /** The row in a changelog record, which begins with its timestamp. */
  private static final class RowOfTheChangelog extends StringDeserializer {
    @Override
    public String deserialize(String topic, byte[] data) {
      return data == null
          ? null
          : new String(data, UTF_8).replaceFirst("(?s)^.*?(?=\\{\"page)", "");
    }
  }
}

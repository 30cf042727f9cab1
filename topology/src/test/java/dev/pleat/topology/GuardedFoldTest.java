package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.RowCodec;
import dev.pleat.schemas.StoppedView;
import dev.pleat.topology.GuardedFold.Kept;
import dev.pleat.topology.journal.Journal;
import dev.pleat.topology.journal.JournalEvent;
import dev.pleat.topology.journal.JournalEvent.InkWeighed;
import dev.pleat.topology.journal.JournalEvent.LineWritten;
import dev.pleat.topology.journal.JournalEvent.PageTornOut;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A view folded outside of Kafka Streams, held against the same view in its topology. */
class GuardedFoldTest {

  private static final View PAGES = Journal.SCHEMA.view("pages").orElseThrow();
  private static final GuardedFold FOLD = GuardedFold.of(Journal.JOURNAL, PAGES);
  private static final int RUNS = 20;
  private static final int EVENTS = 100;

  private static byte[] event(String page, long version, long through, JournalEvent event) {
    return JsonCodec.write(
        new RecordedEvent(
            UUID.randomUUID(),
            UUID.randomUUID(),
            event.getClass().getSimpleName(),
            JsonCodec.toObject((Record) event),
            Instant.parse("2026-11-21T10:00:00.012Z"),
            version,
            through,
            Optional.empty(),
            Optional.empty()));
  }

  private static Kept folded(Kept before, byte[] event) {
    try {
      return FOLD.fold("p", event, before);
    } catch (CannotFold e) {
      throw new AssertionError(e);
    }
  }

  private static Optional<String> row(Kept kept) {
    return kept.row().map(json -> new String(json, UTF_8));
  }

  @Test
  void keeps_what_the_topology_keeps_of_any_events(@TempDir Path directory) {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    int stops = 0;
    for (int run = 0; run < RUNS; run++) {
      stops += sameAsTheTopology(directory.resolve("run" + run), random, "seed " + seed);
    }
    assertTrue(stops > 0 && stops < RUNS, stops + " runs met an event that cannot be folded");
  }

  /** How many stopped: 1 or 0. */
  private static int sameAsTheTopology(Path directory, SplittableRandom random, String seed) {
    String application = ViewTopology.applicationId(Journal.SCHEMA, PAGES, 1);
    Map<String, Kept> kept = new HashMap<>();
    Map<String, long[]> written = new HashMap<>();
    try (TopologyTestDriver driver =
        new TopologyTestDriver(
            ViewTopology.of(Journal.JOURNAL, "pages"),
            CommandDriver.settings(application, directory))) {
      TestInputTopic<String, byte[]> events =
          driver.createInputTopic(
              "journal.events", new StringSerializer(), new ByteArraySerializer());
      Optional<CannotFold> stopped = Optional.empty();
      for (int i = 0; i < EVENTS && stopped.isEmpty(); i++) {
        String page = "page " + random.nextInt(3);
        byte[] event = next(page, written.computeIfAbsent(page, it -> new long[2]), random);
        events.pipeInput(page, event);
        try {
          kept.put(page, FOLD.fold(page, event, kept.getOrDefault(page, Kept.NOTHING)));
        } catch (CannotFold e) {
          stopped = Optional.of(e);
        }
      }
      KeyValueStore<String, ValueAndTimestamp<byte[]>> rows =
          driver.getTimestampedKeyValueStore(PAGES.rowsStore());
      KeyValueStore<String, Long> seen =
          driver.getKeyValueStore(PAGES.guard(Journal.SCHEMA).seenStore());
      kept.forEach(
          (page, is) -> {
            assertEquals(
                Optional.ofNullable(rows.get(page)).map(row -> new String(row.value(), UTF_8)),
                row(is),
                seed);
            // The topology writes it only where no row says it.
            long byItself = Optional.ofNullable(seen.get(page)).orElse(0L);
            long inTheRow = is.row().map(RowCodec::version).orElse(0L);
            assertEquals(Math.max(byItself, inTheRow), is.seen(), seed);
          });
      KeyValueStore<Integer, byte[]> marks =
          driver.getKeyValueStore(PAGES.guard(Journal.SCHEMA).stoppedStore());
      assertEquals(
          Optional.ofNullable(marks.get(0))
              .map(json -> JsonCodec.readValue(json, StoppedView.class))
              .map(mark -> mark.reason() + ": " + mark.detail()),
          stopped.map(why -> why.reason() + ": " + why.detail()),
          seed);
      return stopped.isPresent() ? 1 : 0;
    }
  }

  /**
   * What comes next of a page: mostly what should, now and then a repeat, a gap or no event.
   *
   * @param at the last version, and that at which its command ends
   */
  private static byte[] next(String page, long[] at, SplittableRandom random) {
    int kind = random.nextInt(400);
    if (kind == 0) {
      return "no event".getBytes(UTF_8);
    }
    if (kind == 1) {
      return event(page, at[0] + 2, at[0] + 2, new LineWritten(page, "gap"));
    }
    if (kind < 60 && at[0] > 0) {
      long again = 1 + random.nextLong(at[0]);
      return event(page, again, again, new LineWritten(page, "again"));
    }
    long version = ++at[0];
    if (version > at[1]) {
      at[1] = version + random.nextInt(3);
    }
    JournalEvent event =
        kind == 60
            ? new LineWritten(page, "blot")
            : kind < 90
                ? new InkWeighed(page, 1)
                : kind < 110 ? new PageTornOut(page) : new LineWritten(page, "line " + version);
    return event(page, version, at[1], event);
  }

  @Test
  void changes_nothing_when_an_event_was_seen() {
    Kept first = folded(Kept.NOTHING, event("p", 1, 1, new LineWritten("p", "a")));

    assertSame(first, folded(first, event("p", 1, 1, new LineWritten("p", "a"))));
  }

  @Test
  void leaves_out_an_event_and_what_is_missing_before_it() throws CannotFold {
    Kept first = folded(Kept.NOTHING, event("p", 1, 1, new LineWritten("p", "a")));
    byte[] blot = event("p", 2, 2, new LineWritten("p", "blot"));
    assertEquals(
        "projection-failed",
        assertThrows(CannotFold.class, () -> FOLD.fold("p", blot, first)).reason());

    Kept second = FOLD.skip("p", blot, first);
    Kept fourth = FOLD.skip("p", event("p", 4, 4, new LineWritten("p", "d")), second);

    assertEquals(2, second.seen());
    assertEquals(row(first), row(second));
    assertEquals(
        Optional.of("{\"page\":\"p\",\"lines\":2,\"last\":\"d\",\"version\":4}"), row(fourth));
  }

  @Test
  void stops_at_a_key_that_no_table_takes_and_leaves_it_out_when_told() throws CannotFold {
    byte[] event = event("p\0", 1, 1, new LineWritten("p", "a"));

    CannotFold why = assertThrows(CannotFold.class, () -> FOLD.fold("p\0", event, Kept.NOTHING));

    assertEquals("unreadable", why.reason());
    assertSame(Kept.NOTHING, FOLD.skip("p\0", event, Kept.NOTHING));
  }
}

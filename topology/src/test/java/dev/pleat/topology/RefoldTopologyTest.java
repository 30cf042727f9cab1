package dev.pleat.topology;

import static dev.pleat.topology.CommandDriver.command;
import static dev.pleat.topology.journal.Journal.JOURNAL;
import static dev.pleat.topology.journal.RevisedJournal.REVISED_JOURNAL;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.topology.CommandDriver.Written;
import dev.pleat.topology.journal.Journal;
import dev.pleat.topology.journal.JournalCommand;
import dev.pleat.topology.journal.JournalCommand.Misbehave;
import dev.pleat.topology.journal.JournalCommand.TearOut;
import dev.pleat.topology.journal.JournalCommand.WriteLines;
import dev.pleat.topology.journal.Misbehaviour;
import dev.pleat.topology.journal.RevisedJournal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyDescription;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The state folded anew from the events. A driver wipes its stores when it closes, so rows are
 * carried from the command topology to the refold and back.
 */
class RefoldTopologyTest {

  private static final MemoryLimits MEMORY = MemoryLimits.DEFAULT;

  @TempDir Path directory;

  /** What a release wrote: its events, and its rows as they lie in the store. */
  private final List<TestRecord<byte[], byte[]>> events = new ArrayList<>();

  private Map<String, byte[]> rows = new TreeMap<>();

  // ---- running one topology after the other

  private interface Sending {
    void to(CommandDriver driver);
  }

  /** Decides on the rows there are. */
  private void decide(Domain<?, ?, ?> domain, Sending sending) {
    try (CommandDriver driver = new CommandDriver(domain, directory)) {
      rows.forEach((id, row) -> driver.store(id, Aggregate.read(row)));
      sending.to(driver);
      rows = driver.rows();
    }
  }

  private Written send(CommandDriver driver, int id, JournalCommand command) {
    String page =
        switch (command) {
          case WriteLines write -> write.page();
          case TearOut tear -> tear.page();
          case Misbehave bad -> bad.page();
        };
    Written written = driver.send(page, command(id, (Record) command));
    events.addAll(written.events());
    return written;
  }

  /** Folds these events into the rows there are. */
  private <S, E> void refold(
      Domain<S, ?, E> domain, Instant rememberFrom, List<TestRecord<byte[], byte[]>> some) {
    try (TopologyTestDriver driver =
        new TopologyTestDriver(
            RefoldTopology.of(domain, 1, MEMORY, rememberFrom),
            CommandDriver.settings(CommandTopology.applicationId(domain.schema()), directory))) {
      KeyValueStore<String, byte[]> store = driver.getKeyValueStore(Aggregate.STORE);
      rows.forEach(store::put);
      TestInputTopic<byte[], byte[]> in =
          driver.createInputTopic(
              domain.schema().eventsTopic(), new ByteArraySerializer(), new ByteArraySerializer());
      try {
        some.forEach(in::pipeInput);
      } finally {
        rows = new TreeMap<>();
        assertTrue(
            some.isEmpty()
                || driver.<Integer, byte[]>getKeyValueStore("processed-position").get(-1) != null,
            "what is folded is marked");
        try (KeyValueIterator<String, byte[]> all = store.all()) {
          all.forEachRemaining(row -> rows.put(row.key, row.value));
        }
      }
    }
  }

  private void refold() {
    refold(REVISED_JOURNAL, Instant.EPOCH, events);
  }

  private Aggregate row(String id) {
    return Aggregate.read(rows.get(id));
  }

  private RevisedJournal.Lines revised(String id) {
    assertEquals(2, row(id).stateVersion());
    return REVISED_JOURNAL.state(row(id).state());
  }

  /** The state of a page by the bare rules. */
  private RevisedJournal.Lines fold(String page) {
    RevisedJournal rules = new RevisedJournal();
    RevisedJournal.Lines state = rules.initialState();
    for (TestRecord<byte[], byte[]> record : events) {
      if (new String(record.key(), UTF_8).equals(page)) {
        RecordedEvent event = JsonCodec.readEvent(record.value());
        state =
            rules.evolve(
                state,
                JsonCodec.toRecord(
                    event.data(), Journal.SCHEMA.event(event.action()).orElseThrow()));
      }
    }
    return state;
  }

  private static WriteLines write(String page, String... lines) {
    return new WriteLines(page, List.of(lines));
  }

  /** Two pages, written by commands of one event and of three, and one of them torn out. */
  private void journal(CommandDriver driver) {
    send(driver, 1, write("a", "one"));
    send(driver, 2, write("b", "x", "y", "z"));
    driver.pass(Duration.ofMinutes(1));
    send(driver, 3, write("a", "two", "three"));
    send(driver, 4, new TearOut("b"));
    send(driver, 5, write("b", "too late"));
  }

  // ---- the stores it works on

  @Test
  void its_only_task_and_its_stores_are_those_of_the_command_topology() {
    assertEquals(
        stores(CommandTopology.of(JOURNAL)),
        stores(RefoldTopology.of(JOURNAL, 1, MemoryLimits.DEFAULT, Instant.EPOCH)));
  }

  /** The names of the stores by sub-topology, whose number is in the name of each task. */
  private static Map<Integer, Set<String>> stores(Topology topology) {
    Map<Integer, Set<String>> stores = new TreeMap<>();
    for (TopologyDescription.Subtopology part : topology.describe().subtopologies()) {
      Set<String> names = stores.computeIfAbsent(part.id(), id -> new TreeSet<>());
      for (TopologyDescription.Node node : part.nodes()) {
        if (node instanceof TopologyDescription.Processor processor) {
          names.addAll(processor.stores());
        }
      }
    }
    return stores;
  }

  // ---- another version of the state

  @Test
  void is_the_fold_of_the_events_by_the_new_rules() {
    decide(JOURNAL, this::journal);

    refold();

    assertEquals(new RevisedJournal.Lines(List.of("one", "two", "three"), false), revised("a"));
    assertEquals(fold("a"), revised("a"));
    assertEquals(new RevisedJournal.Lines(List.of("x", "y", "z"), true), revised("b"));
    assertEquals(fold("b"), revised("b"));
    assertEquals(List.of(3L, 4L), List.of(row("a").version(), row("b").version()));
  }

  @Test
  void keeps_what_lies_beside_the_state() {
    decide(JOURNAL, this::journal);
    Map<String, byte[]> before = rows;

    refold();

    for (String page : List.of("a", "b")) {
      Aggregate old = Aggregate.read(before.get(page));
      assertEquals(old.lastEventTime(), row(page).lastEventTime());
      assertEquals(old.overflow(), row(page).overflow());
      assertEquals(described(page, old), described(page, row(page)));
    }
  }

  private static List<String> described(String page, Aggregate aggregate) {
    return aggregate.remembered().all(new AggregateName("journal", page)).stream()
        .map(command -> command.id() + " " + command.decidedAt() + " " + command.outcome())
        .toList();
  }

  @Test
  void a_command_from_before_is_answered_again_and_only_with_its_own_payload() {
    decide(JOURNAL, this::journal);
    refold();

    decide(
        REVISED_JOURNAL,
        driver -> {
          Written again = send(driver, 3, write("a", "two", "three"));
          assertTrue(again.outcome().replayed());
          assertEquals(3, again.outcome().verdict().version());
          assertTrue(send(driver, 5, write("b", "too late")).outcome().replayed());
          assertEquals("command-id-reused", send(driver, 3, write("a", "four")).reason());
        });
  }

  @Test
  void the_new_rules_decide_on_the_new_state_and_go_on_with_the_versions() {
    decide(JOURNAL, this::journal);
    refold();

    decide(
        REVISED_JOURNAL,
        driver -> {
          Outcome same = send(driver, 10, write("a", "one", "three")).outcome();
          assertEquals(new Outcome.Unchanged(3), same.verdict());
          List<RecordedEvent> more = send(driver, 11, write("a", "four")).recorded();
          assertEquals(List.of(4L), more.stream().map(RecordedEvent::version).toList());
        });
  }

  @Test
  void without_a_refold_the_new_rules_decide_nothing() {
    decide(JOURNAL, this::journal);

    StreamsException stopped =
        assertThrows(
            StreamsException.class,
            () -> decide(REVISED_JOURNAL, driver -> send(driver, 10, write("a", "one"))));

    assertTrue(stopped.getCause() instanceof IllegalStateException, () -> "" + stopped.getCause());
  }

  @Test
  void broken_off_after_any_event_and_begun_again_anywhere_before_it_ends_the_same() {
    decide(JOURNAL, this::journal);
    Map<String, byte[]> old = rows;
    refold();
    Map<String, String> whole = hex(rows);

    for (int end = 0; end <= events.size(); end++) {
      for (int start = 0; start <= end; start++) {
        rows = new TreeMap<>(old);
        refold(REVISED_JOURNAL, Instant.EPOCH, events.subList(0, end));
        refold(REVISED_JOURNAL, Instant.EPOCH, events.subList(start, events.size()));
        assertEquals(whole, hex(rows), "off after " + end + ", on from " + start);
      }
    }
  }

  private static Map<String, String> hex(Map<String, byte[]> rows) {
    Map<String, String> hex = new TreeMap<>();
    rows.forEach((id, row) -> hex.put(id, java.util.HexFormat.of().formatHex(row)));
    return hex;
  }

  @Test
  void an_older_release_folds_back() {
    decide(JOURNAL, this::journal);
    Map<String, String> before = hex(rows);
    refold();

    refold(JOURNAL, Instant.EPOCH, events);

    assertEquals(before, hex(rows));
  }

  // ---- a store that was lost

  @Test
  void a_lost_store_is_folded_and_goes_on_with_the_versions() {
    decide(JOURNAL, this::journal);
    Map<String, byte[]> before = rows;
    rows = new TreeMap<>();

    refold(JOURNAL, Instant.EPOCH, events);

    for (String page : List.of("a", "b")) {
      Aggregate old = Aggregate.read(before.get(page));
      assertEquals(JOURNAL.state(old.state()), JOURNAL.state(row(page).state()));
      assertEquals(old.version(), row(page).version());
      assertEquals(old.lastEventTime(), row(page).lastEventTime());
    }
    decide(
        JOURNAL,
        driver -> {
          List<RecordedEvent> more = send(driver, 11, write("a", "four")).recorded();
          assertEquals(List.of(4L), more.stream().map(RecordedEvent::version).toList());
        });
  }

  @Test
  void accepted_commands_are_answered_as_the_first_time_though_the_store_was_lost() {
    List<String> first = new ArrayList<>();
    decide(
        JOURNAL,
        driver -> {
          first.add(send(driver, 1, write("a", "one")).outcomeText());
          driver.pass(Duration.ofMinutes(1));
          first.add(send(driver, 2, write("a", "two", "three")).outcomeText());
        });
    rows = new TreeMap<>();

    refold(JOURNAL, Instant.EPOCH, events);

    decide(
        JOURNAL,
        driver -> {
          for (int id = 1; id <= 2; id++) {
            Written again = send(driver, id, write("a", id == 1 ? "one" : "two"));
            assertEquals(List.of(), again.eventTexts());
            assertEquals(
                first.get(id - 1).replaceAll("}$", ",\"replayed\":true}"), again.outcomeText());
          }
        });
  }

  @Test
  void what_was_refused_is_forgotten_with_a_lost_store() {
    decide(JOURNAL, this::journal);
    rows = new TreeMap<>();

    refold(JOURNAL, Instant.EPOCH, events);

    assertEquals(
        List.of(command(2, new TearOut("b")).id(), command(4, new TearOut("b")).id()),
        row("b").remembered().all(new AggregateName("journal", "b")).stream()
            .map(RememberedCommand::id)
            .toList());
  }

  @Test
  void commands_that_would_be_forgotten_by_now_are_not_remembered() {
    decide(JOURNAL, this::journal);
    rows = new TreeMap<>();

    refold(JOURNAL, CommandDriver.START.plusSeconds(60), events);

    assertEquals(
        List.of(command(3, new TearOut("a")).id()),
        row("a").remembered().all(new AggregateName("journal", "a")).stream()
            .map(RememberedCommand::id)
            .toList());
  }

  @Test
  void many_commands_of_a_day_are_all_remembered_though_the_store_was_lost() {
    int many = 3 * Aggregate.REMEMBERED_HERE;
    decide(
        JOURNAL,
        driver -> {
          for (int id = 1; id <= many; id++) {
            send(driver, id, write("a", "line " + id));
          }
        });
    rows = new TreeMap<>();

    refold(JOURNAL, Instant.EPOCH, events);

    assertEquals(Aggregate.REMEMBERED_HERE, row("a").remembered().size());
    assertTrue(row("a").overflow().newest() > 0);
  }

  // ---- what stops it

  @Test
  void stops_at_a_version_that_is_missing() {
    decide(JOURNAL, this::journal);
    events.remove(4);

    assertStops("journal.events-0 offset 4", "aggregate a has version 3 where 2 should follow");
  }

  @Test
  void stops_at_an_event_this_release_does_not_know() {
    decide(JOURNAL, this::journal);
    byte[] first = events.getFirst().value();
    String unknown = new String(first, UTF_8).replace("LineWritten", "LineDrawn");
    events.set(0, new TestRecord<>(events.getFirst().key(), unknown.getBytes(UTF_8)));

    assertStops("knows no event LineDrawn", "start the release that wrote it");
  }

  @Test
  void stops_at_what_is_no_event() {
    events.add(new TestRecord<>("a".getBytes(UTF_8), "{}".getBytes(UTF_8)));

    assertStops("journal.events-0 offset 0 cannot be folded");
  }

  @Test
  void stops_when_the_rules_fail() {
    decide(
        JOURNAL,
        driver -> {
          send(driver, 1, write("a", "one"));
          send(driver, 2, new Misbehave("a", Misbehaviour.PAD_THE_STATE, 1));
        });
    RecordedEvent padded = JsonCodec.readEvent(events.getLast().value());
    events.set(
        1,
        new TestRecord<>(
            "a".getBytes(UTF_8),
            new String(events.getLast().value(), UTF_8)
                .replace("PagePadded", "PageBurnt")
                .replace("\"size\":1", "\"quietly\":false")
                .getBytes(UTF_8)));

    assertEquals(2, padded.version());
    assertStops("evolve failed on PageBurnt, version 2 of aggregate a", "on purpose");
  }

  private void assertStops(String... words) {
    StreamsException stopped = assertThrows(StreamsException.class, this::refold);
    String reason = String.valueOf(stopped.getCause().getMessage());
    for (String word : words) {
      assertTrue(reason.contains(word), () -> reason + " should say " + word);
    }
  }
}

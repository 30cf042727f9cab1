package dev.pleat.topology;

import static dev.pleat.topology.CommandDriver.command;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.topology.CommandDriver.Written;
import dev.pleat.topology.journal.Journal;
import dev.pleat.topology.journal.JournalCommand.Misbehave;
import dev.pleat.topology.journal.JournalCommand.WriteLines;
import dev.pleat.topology.journal.Misbehaviour;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.errors.StreamsException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Rules that go wrong, and results that are too large, leave a rejection and nothing else. */
class NothingHalfDoneTest {

  private static final String[] PAGES = {"p", "never written"};

  @TempDir Path directory;
  private CommandDriver journal;

  @BeforeEach
  void open() {
    journal = new CommandDriver(Journal.JOURNAL, directory);
    journal.send("p", command(1, new WriteLines("p", List.of("first"))));
  }

  @AfterEach
  void close() {
    journal.close();
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {
        "GIVE_A_LONG_REASON",
        "WRITE_A_LONG_LINE",
        "WRITE_MANY_LINES",
        "PAD_THE_STATE",
      })
  void rejects_a_command_the_rules_failed_on(Misbehaviour how) {
    for (String page : PAGES) {
      Misbehave bad = new Misbehave(page, how, 1);
      assertRefused("decision-failed", page, bad);
      assertEquals(
          "the rules of domain journal failed on this command; nothing changed",
          journal.send(page, command(2, bad)).detail());
    }
  }

  @Test
  void rejects_an_event_too_large_for_a_record() {
    for (String page : PAGES) {
      assertRefused(
          "too-large", page, new Misbehave(page, Misbehaviour.WRITE_A_LONG_LINE, 1_000_000));
    }
  }

  @Test
  void takes_an_event_of_nearly_a_record() {
    assertAccepted(1, new Misbehave("p", Misbehaviour.WRITE_A_LONG_LINE, 999_000));
  }

  @Test
  void rejects_events_too_large_together_for_a_view_to_hold_them() {
    for (String page : PAGES) {
      assertRefused("too-large", page, new Misbehave(page, Misbehaviour.WRITE_MANY_LINES, 5_000));
    }
  }

  @Test
  void rejects_more_events_than_an_outcome_could_name() {
    assertRefused("too-large", "p", new Misbehave("p", Misbehaviour.WRITE_MANY_LINES, 50_000));
  }

  @Test
  void takes_a_command_of_many_events() {
    assertAccepted(2_000, new Misbehave("p", Misbehaviour.WRITE_MANY_LINES, 2_000));
  }

  @Test
  void rejects_a_state_too_large_for_a_record() {
    for (String page : PAGES) {
      assertRefused("too-large", page, new Misbehave(page, Misbehaviour.PAD_THE_STATE, 1_000_000));
    }
  }

  @Test
  void reads_back_a_state_of_nearly_a_record() {
    assertAccepted(1, new Misbehave("p", Misbehaviour.PAD_THE_STATE, 990_000));
    assertAccepted(1, new WriteLines("p", List.of("goes on")));
  }

  @Test
  void remembers_commands_elsewhere_where_the_state_fills_the_record() {
    assertAccepted(1, new Misbehave("p", Misbehaviour.PAD_THE_STATE, 999_925));

    assertEquals(0, journal.aggregate("p").remembered().size());
    assertTrue(
        journal.send("p", command(1, new WriteLines("p", List.of("first")))).outcome().replayed());
  }

  @Test
  void cuts_a_long_reason_at_a_whole_character() {
    for (int length : new int[] {1_022, 1_023, 1_024}) {
      Written written =
          journal.send(
              "p", command(length, new Misbehave("p", Misbehaviour.GIVE_A_LONG_REASON, length)));
      assertEquals("misbehaved", written.reason());
      assertTrue(written.detail().startsWith("x".repeat(length)));
      assertEquals(1_024, written.detail().length());
      assertEquals(written.detail(), new String(written.detail().getBytes(UTF_8), UTF_8));
    }
  }

  @Test
  void rejects_what_comes_to_a_state_it_cannot_read() {
    Aggregate stored = journal.aggregate("p");
    Aggregate unreadable =
        new Aggregate(
            stored.version(),
            stored.lastEventTime(),
            stored.overflow(),
            stored.stateVersion(),
            "{}{}".getBytes(UTF_8),
            stored.remembered());
    journal.store("p", unreadable);

    assertEquals(
        "decision-failed",
        journal.send("p", command(9, new WriteLines("p", List.of("a")))).reason());
    assertInstanceOf(
        Accepted.class,
        journal.send("q", command(9, new WriteLines("q", List.of("a")))).outcome().verdict());
  }

  @Test
  void stops_at_a_state_of_another_version() {
    Aggregate stored = journal.aggregate("p");
    journal.store(
        "p",
        new Aggregate(
            stored.version(),
            stored.lastEventTime(),
            stored.overflow(),
            7,
            stored.state(),
            stored.remembered()));

    StreamsException stopped =
        Assertions.assertThrows(
            StreamsException.class,
            () -> journal.send("p", command(9, new WriteLines("p", List.of("a")))));

    assertEquals(
        "domain journal: the stored state is of version 7, the decider's is 1; start the release"
            + " that wrote it",
        stopped.getCause().getMessage());
  }

  private void assertAccepted(int events, Record data) {
    Map<String, String> before = journal.stored();
    long version = journal.aggregate("p").version();
    Written written = journal.send("p", command(before.hashCode(), data));
    assertInstanceOf(Accepted.class, written.outcome().verdict());
    assertEquals(events, written.events().size());
    assertEquals(version + events, journal.aggregate("p").version());
    for (var record : written.events()) {
      assertTrue(record.value().length < 1_000_000);
    }
  }

  /** Refused twice, as it is not remembered, with nothing stored; the same id may be used after. */
  private void assertRefused(String reason, String page, Misbehave bad) {
    Map<String, String> before = journal.stored();
    for (int i = 0; i < 2; i++) {
      Written written = journal.send(page, command(2, bad));
      assertEquals(reason, written.reason());
      assertEquals(false, written.outcome().replayed());
      Rejected rejected = (Rejected) written.outcome().verdict();
      assertEquals(journal.aggregate(page).version(), rejected.version());
      assertEquals(before, journal.stored());
    }
    long version = journal.aggregate(page).version();
    Written next = journal.send(page, command(2, new WriteLines(page, List.of("good"))));
    assertEquals(version + 1, next.outcome().verdict().version());
    // So that the caller may try again with the same id.
    journal.pass(CommandTopology.DEFAULT_MEMORY);
  }
}

package dev.pleat.topology;

import static dev.pleat.topology.CommandDriver.command;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.topology.CommandDriver.Written;
import dev.pleat.topology.journal.Journal;
import dev.pleat.topology.journal.JournalCommand.TearOut;
import dev.pleat.topology.journal.JournalCommand.WriteLines;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A command that comes again is answered as the first time, and decided once. */
class IdempotenceTest {

  private static final Duration DAY = CommandTopology.DEFAULT_MEMORY;
  private static final Duration MS = Duration.ofMillis(1);

  @TempDir Path directory;
  private CommandDriver journal;

  @BeforeEach
  void open() {
    journal = new CommandDriver(Journal.JOURNAL, directory);
  }

  @AfterEach
  void close() {
    journal.close();
  }

  @Test
  void answers_an_accepted_command_again_without_deciding_it_again() {
    assertReplayed(write(1, "a", "b"));
    assertEquals(2, journal.aggregate("p").version());
  }

  @Test
  void answers_an_unchanged_command_again() {
    assertReplayed(write(1));
    journal.send("p", write(2, "a"));
    assertReplayed(write(3));
  }

  @Test
  void answers_a_rejected_command_again_though_the_rules_would_say_otherwise_now() {
    SubmittedCommand early = write(1, "a").expecting(1);
    String first = journal.send("p", early).outcomeText();
    journal.send("p", write(2, "b"));

    assertEquals(replayed(first), journal.send("p", early).outcomeText());
  }

  @Test
  void answers_as_the_first_time_whatever_has_happened_since() {
    String first = journal.send("p", write(1, "a")).outcomeText();
    journal.pass(Duration.ofHours(1));
    journal.send("p", write(2, "b"));
    journal.send("p", command(3, new TearOut("p")));

    assertEquals(replayed(first), journal.send("p", write(1, "a")).outcomeText());
    assertEquals(replayed(first), journal.send("p", write(1, "a")).outcomeText());
  }

  @Test
  void knows_a_command_again_by_what_it_asks_not_by_how_it_is_written() {
    String first =
        journal
            .send("p", json("\"action\":\"WriteLines\",\"data\":{\"page\":\"p\",\"lines\":[]}"))
            .outcomeText();

    assertEquals(
        replayed(first),
        journal
            .send(
                "p",
                json(
                    "\"later\":1,\"data\":{ \"lines\" : [],\"page\":\"\\u0070\"},"
                        + "\"action\":\"WriteLines\""))
            .outcomeText());
  }

  @Test
  void does_not_care_for_time_actor_and_headers_of_a_retry() {
    SubmittedCommand first = write(1, "a").by("ann");
    String outcome = journal.send("p", first).outcomeText();
    SubmittedCommand retry =
        new SubmittedCommand(
            first.id(),
            first.action(),
            first.data(),
            Instant.parse("2030-01-01T00:00:00Z"),
            OptionalLong.empty(),
            Optional.of(journal.now().plusSeconds(1)),
            Optional.of("another correlation"),
            Optional.of("bob"),
            OptionalLong.of(2));
    Headers headers = new RecordHeaders().add("anything", new byte[1]);

    assertEquals(
        replayed(outcome),
        journal.pipe("p".getBytes(UTF_8), JsonCodec.write(retry), headers).outcomeText());
  }

  @Test
  void refuses_an_id_used_again_for_something_else() {
    journal.send("p", write(1, "a"));
    Map<String, String> before = journal.stored();
    for (SubmittedCommand other :
        List.of(
            write(1, "b"),
            write(1, "a", "a"),
            write(1, "a").expecting(0),
            command(1, new TearOut("p")))) {
      Written written = journal.send("p", other);
      assertEquals("command-id-reused", written.reason());
      assertEquals(1, written.outcome().verdict().version());
      assertFalse(written.outcome().replayed());
    }
    assertEquals(before, journal.stored());
    assertReplayed(write(1, "a"));
  }

  @Test
  void tells_an_expected_version_from_none_and_from_another() {
    journal.send("p", write(1, "a").expecting(0));

    assertEquals("command-id-reused", journal.send("p", write(1, "a")).reason());
    assertEquals("command-id-reused", journal.send("p", write(1, "a").expecting(1)).reason());
    assertTrue(journal.send("p", write(1, "a").expecting(0)).outcome().replayed());
  }

  @Test
  void keeps_the_commands_of_every_aggregate_apart() {
    for (String page : List.of("p", "pp", "q", "p/1")) {
      Written written = journal.send(page, command(1, new WriteLines(page, List.of(page))));
      assertInstanceOf(Accepted.class, written.outcome().verdict());
      assertFalse(written.outcome().replayed());
    }
  }

  @Test
  void answers_the_17th_and_the_500th_last_command_again() {
    List<String> outcomes = new ArrayList<>();
    for (int i = 0; i < 520; i++) {
      outcomes.add(journal.send("p", write(i, "line " + i)).outcomeText());
      journal.pass(MS);
    }
    assertEquals(Aggregate.REMEMBERED_HERE, journal.aggregate("p").remembered().size());
    for (int back : List.of(1, 15, 16, 17, 18, 40, 500, 520)) {
      int i = 520 - back;
      assertEquals(
          replayed(outcomes.get(i)),
          journal.send("p", write(i, "line " + i)).outcomeText(),
          back + " back");
      assertEquals("command-id-reused", journal.send("p", write(i, "other")).reason());
    }
    assertEquals(520, journal.aggregate("p").version());
  }

  @Test
  void answers_many_commands_of_one_millisecond_again() {
    List<String> outcomes = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      outcomes.add(journal.send("p", write(i, "line " + i)).outcomeText());
    }
    for (int i = 0; i < 40; i++) {
      assertEquals(
          replayed(outcomes.get(i)), journal.send("p", write(i, "line " + i)).outcomeText());
    }
  }

  @Test
  void answers_again_until_the_memory_s_time_is_over() {
    String first = journal.send("p", write(1, "a")).outcomeText();
    journal.pass(DAY.minus(MS));
    assertEquals(replayed(first), journal.send("p", write(1, "a")).outcomeText());
    journal.pass(MS);

    Written later = journal.send("p", write(1, "a"));

    assertFalse(later.outcome().replayed());
    assertEquals(2, later.outcome().verdict().version());
  }

  @Test
  void counts_the_time_from_the_first_answer_not_from_the_last() {
    journal.send("p", write(1, "a"));
    for (int i = 0; i < 3; i++) {
      journal.pass(DAY.dividedBy(4));
      assertTrue(journal.send("p", write(1, "a")).outcome().replayed());
    }
    journal.pass(DAY.dividedBy(4));

    assertFalse(journal.send("p", write(1, "a")).outcome().replayed());
  }

  @Test
  void forgets_what_overflowed_after_the_same_time() {
    for (int i = 0; i < 40; i++) {
      journal.send("p", write(i, "line " + i));
    }
    journal.pass(DAY.minus(MS));
    assertTrue(journal.send("p", write(3, "line 3")).outcome().replayed());
    journal.pass(MS);

    assertFalse(journal.send("p", write(3, "line 3")).outcome().replayed());
  }

  @Test
  void remembers_what_was_refused_to_an_aggregate_that_does_not_exist() {
    SubmittedCommand refused = write(1, "a").expecting(5);
    String first = journal.send("p", refused).outcomeText();
    journal.pass(DAY.minus(MS));

    assertEquals(replayed(first), journal.send("p", refused).outcomeText());
    assertTrue(journal.stored().isEmpty(), "nothing is kept for an aggregate that never was");
    journal.pass(MS);
    assertFalse(journal.send("p", refused).outcome().replayed());
  }

  @Test
  void remembers_what_was_refused_to_an_aggregate_before_it_existed() {
    SubmittedCommand refused = write(1, "a").expecting(5);
    String first = journal.send("p", refused).outcomeText();
    journal.pass(Duration.ofHours(1));
    journal.send("p", write(2, "b"));
    assertEquals(replayed(first), journal.send("p", refused).outcomeText());
    journal.pass(DAY.minus(Duration.ofHours(1)).minus(MS));
    assertEquals(replayed(first), journal.send("p", refused).outcomeText());
    journal.pass(MS);

    assertEquals("version-conflict", journal.send("p", refused).reason());
    assertEquals(1, journal.aggregate("p").version());
  }

  @Test
  void answers_again_though_the_log_s_clock_went_back() {
    for (int i = 0; i < 40; i++) {
      journal.send("p", write(i, "line " + i));
    }
    SubmittedCommand refused = command(99, new WriteLines("q", List.of("a"))).expecting(5);
    journal.send("q", refused);
    journal.pass(Duration.ofMillis(-500));

    assertTrue(journal.send("p", write(39, "line 39")).outcome().replayed());
    assertTrue(journal.send("p", write(0, "line 0")).outcome().replayed());
    assertTrue(journal.send("q", refused).outcome().replayed());
    journal.send("q", command(100, new WriteLines("q", List.of("b"))));
    assertTrue(journal.send("q", refused).outcome().replayed());
  }

  @Test
  void answers_again_though_the_log_s_clock_went_back_over_noon() {
    // Memory is kept in periods of half a day.
    journal.pass(Duration.ofHours(2));
    for (int i = 0; i < 40; i++) {
      journal.send("p", write(i, "line " + i));
    }
    SubmittedCommand refused = command(99, new WriteLines("q", List.of("a"))).expecting(5);
    journal.send("q", refused);
    journal.pass(Duration.ofMillis(-500));

    assertTrue(journal.send("p", write(0, "line 0")).outcome().replayed());
    assertTrue(journal.send("q", refused).outcome().replayed());
    journal.send("q", command(100, new WriteLines("q", List.of("b"))));
    assertTrue(journal.send("q", refused).outcome().replayed());
  }

  /** Sends a command twice: the second answer is the first one's bytes and says so last. */
  private void assertReplayed(SubmittedCommand command) {
    String first = journal.send("p", command).outcomeText();
    Map<String, String> stored = journal.stored();
    journal.pass(MS);

    Written second = journal.send("p", command);

    String expected = first.contains("\"replayed\"") ? first : replayed(first);
    assertEquals(expected, second.outcomeText());
    assertEquals(List.of(), second.eventTexts());
    assertEquals(stored, journal.stored());
  }

  private static String replayed(String outcome) {
    return outcome.substring(0, outcome.length() - 1) + ",\"replayed\":true}";
  }

  private static SubmittedCommand write(int id, String... lines) {
    return command(id, new WriteLines("p", List.of(lines)));
  }

  private static String json(String actionAndData) {
    return "{\"id\":\"00000000-0000-0000-0000-000000000009\","
        + actionAndData
        + ",\"timestamp\":\"2026-11-21T10:00:00Z\"}";
  }
}

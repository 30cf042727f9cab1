package dev.pleat.topology;

import static dev.pleat.topology.CommandDriver.command;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.topology.CommandDriver.Written;
import dev.pleat.topology.journal.Journal;
import dev.pleat.topology.journal.JournalCommand.TearOut;
import dev.pleat.topology.journal.JournalCommand.WriteLines;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each thing the write side checks before the rules are asked, and which comes first. */
class OrderOfChecksTest {

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
  void refuses_a_key_that_belongs_to_another_partition() {
    InputLog log = new InputLog("topic", 4, false);
    try (CommandDriver partition0 =
        new CommandDriver(Journal.JOURNAL, log, Duration.ofHours(1), directory.resolve("4"))) {
      int elsewhere = 0;
      for (int i = 0; i < 40; i++) {
        String page = "page " + i;
        int right = Utils.toPositive(Utils.murmur2(page.getBytes(UTF_8))) % 4;
        Written written = partition0.send(page, write(i, page, "a"));
        if (right == 0) {
          assertInstanceOf(Accepted.class, written.outcome().verdict());
        } else {
          elsewhere++;
          assertEquals("wrong-partition", written.reason());
          assertTrue(
              written.detail().startsWith("key belongs to partition " + right + " of 4, was sent"),
              written.detail());
          assertEquals(0, written.outcome().verdict().version());
        }
      }
      assertTrue(elsewhere > 10, elsewhere + " of 40 belong elsewhere");
    }
  }

  @Test
  void remembers_nothing_of_a_command_in_the_wrong_partition() {
    InputLog log = new InputLog("topic", 2, false);
    try (CommandDriver partition0 =
        new CommandDriver(Journal.JOURNAL, log, Duration.ofHours(1), directory.resolve("2"))) {
      String page = misplaced();
      String first = partition0.send(page, write(1, page, "a")).outcomeText();
      String again = partition0.send(page, write(1, page, "b")).outcomeText();

      assertEquals(first, again);
      assertTrue(partition0.stored().isEmpty());
    }
  }

  @Test
  void looks_at_the_partition_before_anything_else() {
    InputLog log = new InputLog("topic", 2, false);
    try (CommandDriver partition0 =
        new CommandDriver(Journal.JOURNAL, log, Duration.ofHours(1), directory.resolve("2"))) {
      String page = misplaced();
      assertEquals(
          "wrong-partition", partition0.send(page, action(1, "NoSuchAction", "{}")).reason());
    }
  }

  private static String misplaced() {
    for (int i = 0; ; i++) {
      String page = "page " + i;
      if (Utils.toPositive(Utils.murmur2(page.getBytes(UTF_8))) % 2 == 1) {
        return page;
      }
    }
  }

  @Test
  void refuses_an_action_it_does_not_know() {
    Written written = journal.send("p", action(1, "WriteBooks", "{\"page\":\"other\"}"));

    assertEquals("unknown-action", written.reason());
    assertEquals("domain journal has no such action", written.detail());
    assertEquals("unknown-action", journal.send("p", action(2, "LineWritten", "{}")).reason());
    assertEquals("unknown-action", journal.send("p", action(3, "writeLines", "{}")).reason());
    assertEquals("unknown-action", journal.send("p", action(4, "", "{}")).reason());
    assertNotRemembered(1);
  }

  @Test
  void refuses_data_that_addresses_another_aggregate_than_the_key() {
    Written written = journal.send("p", write(1, "q", "a"));

    assertEquals("key-mismatch", written.reason());
    assertEquals("/data/page must be the key of the record", written.detail());
    // Before the schema is looked at.
    assertEquals(
        "key-mismatch", journal.send("p", action(2, "WriteLines", "{\"page\":\"q\"}")).reason());
    assertNotRemembered(1);
  }

  @Test
  void refuses_data_that_does_not_fit_its_schema() {
    assertMisfit("/page is missing", "{\"lines\":[]}");
    assertMisfit("/lines is missing", "{\"page\":\"p\"}");
    assertMisfit("/lines must be an array", "{\"page\":\"p\",\"lines\":\"a\"}");
    assertMisfit("/lines/0 must be a string", "{\"page\":\"p\",\"lines\":[1]}");
    assertMisfit(
        "/ink is not a field of this schema", "{\"page\":\"p\",\"lines\":[],\"ink\":\"blue\"}");
    assertMisfit("/page must be a string", "{\"page\":7,\"lines\":[]}");
    assertNotRemembered(1);
  }

  @Test
  void refuses_a_number_the_record_cannot_hold() {
    Written written =
        journal.send(
            "p", action(1, "Misbehave", "{\"page\":\"p\",\"how\":\"THROW\",\"size\":99999999999}"));

    assertEquals("schema-mismatch", written.reason());
  }

  @Test
  void bears_a_field_whose_name_is_cut_in_the_middle_of_a_character() {
    for (String name : List.of("x".repeat(63) + "😀".repeat(48), "😀".repeat(64))) {
      String data = "{\"page\":\"p\",\"lines\":[],\"" + name + "\":1}";
      assertEquals("schema-mismatch", journal.send("p", action(1, "WriteLines", data)).reason());
    }
  }

  private void assertMisfit(String detail, String data) {
    Written written = journal.send("p", action(1, "WriteLines", data));
    assertEquals("schema-mismatch", written.reason());
    assertEquals(detail, written.detail());
  }

  @Test
  void looks_at_the_action_and_the_data_before_the_deadline_and_the_version() {
    SubmittedCommand late =
        with(write(1, "q", "a"), OptionalLong.of(7), Optional.of(Instant.EPOCH));
    assertEquals("key-mismatch", journal.send("p", late).reason());
    assertEquals("expired", journal.send("q", late).reason());
  }

  @Test
  void refuses_a_command_the_log_received_too_late() {
    Instant now = journal.now();
    Written late = journal.send("p", notAfter(1, now.minusMillis(1)));

    assertEquals("expired", late.reason());
    assertEquals(
        "the log received it at 2026-11-21T10:00:00.012Z, after 2026-11-21T10:00:00.011Z",
        late.detail());
    assertInstanceOf(Accepted.class, journal.send("p", notAfter(2, now)).outcome().verdict());
    assertInstanceOf(
        Accepted.class, journal.send("p", notAfter(3, now.plusSeconds(9))).outcome().verdict());
    assertEquals(
        "expired", journal.send("p", notAfter(4, Instant.parse("0000-01-01T00:00:00Z"))).reason());
    assertRemembered(notAfter(1, now.minusMillis(1)));
  }

  @Test
  void refuses_a_command_that_expects_another_version() {
    assertEquals("version-conflict", journal.send("p", write(1, "p", "a").expecting(1)).reason());
    assertInstanceOf(
        Accepted.class, journal.send("p", write(2, "p", "a").expecting(0)).outcome().verdict());
    Written conflict = journal.send("p", write(3, "p", "b").expecting(0));
    assertEquals("version-conflict", conflict.reason());
    assertEquals("expected version 0, found 1", conflict.detail());
    assertEquals(1, conflict.outcome().verdict().version());
    assertInstanceOf(
        Accepted.class, journal.send("p", write(4, "p", "b").expecting(1)).outcome().verdict());
    assertRemembered(write(1, "p", "a").expecting(1));
    assertRemembered(write(3, "p", "b").expecting(0));
  }

  @Test
  void looks_at_the_version_before_the_rules() {
    journal.send("p", write(1, "p", "a"));
    journal.send("p", command(2, new TearOut("p")));

    assertEquals("version-conflict", journal.send("p", write(3, "p", "b").expecting(1)).reason());
    assertEquals("page-torn-out", journal.send("p", write(4, "p", "b").expecting(2)).reason());
  }

  @Test
  void looks_at_what_it_remembers_before_the_data_the_deadline_and_the_version() {
    SubmittedCommand first =
        with(write(1, "p", "a"), OptionalLong.of(0), Optional.of(journal.now().plusSeconds(1)));
    Outcome decided = journal.send("p", first).outcome();
    journal.pass(Duration.ofMinutes(1));

    assertEquals(decided.answeredAgain(), journal.send("p", first).outcome());
    assertEquals("command-id-reused", journal.send("p", action(1, "NoSuchAction", "{}")).reason());
  }

  @Test
  void names_its_outcome_after_the_command() {
    Outcome outcome = journal.send("p", write(1, "p", "a")).outcome();

    assertEquals(NameBasedId.ofOutcome("journal", "p", new UUID(0, 1)), outcome.id());
    assertEquals(new UUID(0, 1), outcome.parentId());
    assertEquals(journal.now(), outcome.timestamp());
  }

  private void assertRemembered(SubmittedCommand command) {
    assertTrue(journal.send("p", command).outcome().replayed(), command::toString);
  }

  /** The id may be used for a good command afterwards. */
  private void assertNotRemembered(int id) {
    Outcome outcome = journal.send("p", write(id, "p", "a")).outcome();
    assertInstanceOf(Accepted.class, outcome.verdict());
  }

  private SubmittedCommand notAfter(int id, Instant deadline) {
    return with(write(id, "p", "a"), OptionalLong.empty(), Optional.of(deadline));
  }

  private static SubmittedCommand with(
      SubmittedCommand command, OptionalLong expectedVersion, Optional<Instant> notAfter) {
    return new SubmittedCommand(
        command.id(),
        command.action(),
        command.data(),
        command.timestamp(),
        expectedVersion,
        notAfter,
        Optional.empty(),
        Optional.empty(),
        OptionalLong.empty());
  }

  private static SubmittedCommand write(int id, String page, String line) {
    return command(id, new WriteLines(page, List.of(line)));
  }

  private static SubmittedCommand action(int id, String action, String data) {
    return SubmittedCommand.of(
        new UUID(0, id), action, JsonCodec.readObject(data.getBytes(UTF_8)), Instant.EPOCH);
  }
}

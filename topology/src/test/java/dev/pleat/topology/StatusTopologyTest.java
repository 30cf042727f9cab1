package dev.pleat.topology;

import static dev.pleat.topology.CommandDriver.command;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.schemas.CommandStatus;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Verdict;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.topology.journal.Journal;
import dev.pleat.topology.journal.JournalCommand.WriteLines;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.WindowStoreIterator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is known of a command by its id, and for how long. */
class StatusTopologyTest {

  private static final Instant START = Instant.parse("2026-11-21T10:00:00.012Z");
  private static final Duration MEMORY = Duration.ofHours(1);
  private static final UUID ID = new UUID(0, 1);
  private static final SubmittedCommand COMMAND = command(1, new WriteLines("p", List.of("a")));
  private static final Outcome ACCEPTED = outcome(new Accepted(1, List.of(ID)));
  private static final Outcome FAILED = outcome(new Rejected(0, "decision-failed", "no"));
  private static final Outcome REUSED = outcome(new Rejected(1, "command-id-reused", "no"));

  @TempDir Path directory;
  private TopologyTestDriver driver;
  private TestInputTopic<byte[], byte[]> commands;
  private TestInputTopic<byte[], byte[]> outcomes;
  private WindowStore<String, byte[]> statuses;

  @BeforeEach
  void open() {
    driver =
        new TopologyTestDriver(
            StatusTopology.of(Journal.SCHEMA, InputLog.single(), MEMORY),
            CommandDriver.settings(StatusTopology.applicationId(Journal.SCHEMA), directory));
    commands =
        driver.createInputTopic(
            "journal.commands", new ByteArraySerializer(), new ByteArraySerializer());
    outcomes =
        driver.createInputTopic(
            "journal.outcomes", new ByteArraySerializer(), new ByteArraySerializer());
    statuses = driver.getWindowStore(CommandStatus.STORE);
  }

  @AfterEach
  void close() {
    driver.close();
  }

  @Test
  void knows_nothing_of_a_command_that_never_came() {
    assertEquals(List.of(), pending());
    assertEquals(List.of(), decided());
  }

  @Test
  void notes_a_command_as_pending_and_then_as_decided() {
    commands.pipeInput(utf8("p"), JsonCodec.write(COMMAND), START);

    assertEquals(List.of(new CommandStatus("p", Optional.empty())), pending());
    assertEquals(List.of(), decided());
    outcomes.pipeInput(utf8("p"), JsonCodec.write(ACCEPTED), START.plusMillis(5));

    assertEquals(List.of(new CommandStatus("p", Optional.of(ACCEPTED))), decided());
  }

  @Test
  void notes_an_outcome_whose_command_it_has_not_read_yet() {
    outcomes.pipeInput(utf8("p"), JsonCodec.write(ACCEPTED), START);
    commands.pipeInput(utf8("p"), JsonCodec.write(COMMAND), START);

    assertEquals(List.of(new CommandStatus("p", Optional.of(ACCEPTED))), decided());
  }

  @Test
  void lets_no_replayed_outcome_in() {
    outcomes.pipeInput(utf8("p"), JsonCodec.write(ACCEPTED.answeredAgain()), START);
    assertEquals(List.of(), decided());
    outcomes.pipeInput(utf8("p"), JsonCodec.write(ACCEPTED), START);
    outcomes.pipeInput(utf8("p"), JsonCodec.write(ACCEPTED.answeredAgain()), START);
    outcomes.pipeInput(utf8("p"), JsonCodec.write(ACCEPTED.answeredAgain()), START.plusSeconds(1));

    assertEquals(List.of(new CommandStatus("p", Optional.of(ACCEPTED))), decided());
  }

  @Test
  void keeps_the_first_outcome_first_when_its_id_is_used_again() {
    outcomes.pipeInput(utf8("p"), JsonCodec.write(ACCEPTED), START);
    outcomes.pipeInput(utf8("p"), JsonCodec.write(REUSED), START);
    outcomes.pipeInput(utf8("p"), JsonCodec.write(REUSED), START.plusMillis(1));

    assertEquals(new CommandStatus("p", Optional.of(ACCEPTED)), decided().getFirst());
  }

  @Test
  void notes_a_rejection_that_a_retry_may_change_apart_from_the_outcome_that_stays() {
    outcomes.pipeInput(utf8("p"), JsonCodec.write(FAILED), START);
    commands.pipeInput(utf8("p"), JsonCodec.write(COMMAND), START);

    assertEquals(List.of(), decided());
    assertEquals(List.of(new CommandStatus("p", Optional.of(FAILED))), refused());
    outcomes.pipeInput(utf8("p"), JsonCodec.write(ACCEPTED), START.plusSeconds(1));

    assertEquals(List.of(new CommandStatus("p", Optional.of(ACCEPTED))), decided());
  }

  @Test
  void forgets_with_the_memory_of_commands() {
    commands.pipeInput(utf8("p"), JsonCodec.write(COMMAND), START);
    outcomes.pipeInput(utf8("p"), JsonCodec.write(ACCEPTED), START);
    byte[] other = JsonCodec.write(command(2, new WriteLines("q", List.of("a"))));
    commands.pipeInput(utf8("q"), other, START.plus(MEMORY).minusMillis(1));
    assertEquals(1, decided().size());
    assertEquals(1, pending().size());

    commands.pipeInput(utf8("q"), other, START.plus(MEMORY));

    assertEquals(List.of(), decided());
    assertEquals(List.of(), pending());
  }

  @Test
  void ignores_what_it_cannot_read() {
    commands.pipeInput(utf8("p"), utf8("garbage"), START);
    commands.pipeInput(null, JsonCodec.write(COMMAND), START);
    commands.pipeInput(utf8("p"), null, START);
    outcomes.pipeInput(utf8("p"), utf8("garbage"), START);
    outcomes.pipeInput(null, JsonCodec.write(ACCEPTED), START);
    outcomes.pipeInput(utf8("p"), null, START);

    assertEquals(List.of(), pending());
    assertEquals(List.of(), decided());
    commands.pipeInput(utf8("p"), JsonCodec.write(COMMAND), START);
    assertEquals(1, pending().size());
  }

  @Test
  void notes_what_the_write_side_writes() {
    Outcome decided;
    try (CommandDriver journal =
        new CommandDriver(Journal.JOURNAL, directory.resolve("commands"))) {
      var outcome = journal.send("p", COMMAND).outcomes().getFirst();
      decided = JsonCodec.readOutcome(outcome.value());
      outcomes.pipeInput(outcome);
    }

    assertEquals(List.of(new CommandStatus("p", Optional.of(decided))), decided());
  }

  private List<CommandStatus> pending() {
    return read(CommandStatus.pendingKey(ID));
  }

  private List<CommandStatus> refused() {
    return read(CommandStatus.refusedKey(ID));
  }

  private List<CommandStatus> decided() {
    return read(CommandStatus.decidedKey(ID));
  }

  private List<CommandStatus> read(String key) {
    List<CommandStatus> found = new ArrayList<>();
    try (WindowStoreIterator<byte[]> entries =
        statuses.fetch(key, Instant.EPOCH, START.plus(Duration.ofDays(1)))) {
      entries.forEachRemaining(entry -> found.add(JsonCodec.readStatus(entry.value)));
    }
    return found;
  }

  private static Outcome outcome(Verdict verdict) {
    return new Outcome(
        NameBasedId.ofOutcome("journal", "p", ID),
        ID,
        verdict,
        START,
        Optional.empty(),
        Optional.empty(),
        false);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(UTF_8);
  }
}

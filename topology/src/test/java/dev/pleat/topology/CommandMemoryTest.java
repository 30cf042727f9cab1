package dev.pleat.topology;

import static dev.pleat.topology.CommandDriver.command;
import static dev.pleat.topology.calculator.CalculatorDomain.CALCULATOR;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.topology.CommandDriver.Written;
import dev.pleat.topology.journal.Journal;
import dev.pleat.topology.journal.JournalCommand.TearOut;
import dev.pleat.topology.journal.JournalCommand.WriteLines;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.streams.TopologyTestDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How much the memory of commands holds, and what lies in the store of older ones. */
class CommandMemoryTest {

  /** What the journal's refusals and overflowing commands take is a little more than 80 bytes. */
  private static final MemoryLimits ROOM_FOR_TEN = new MemoryLimits(Duration.ofHours(24), 10 * 100);

  @TempDir Path directory;

  @Test
  void refuses_new_commands_rather_than_forget_one_early() {
    try (CommandDriver journal = driver()) {
      List<String> outcomes = new ArrayList<>();
      int sent = 0;
      while (true) {
        Written written = journal.send("p", write(sent));
        if (written.outcome().verdict() instanceof Rejected full) {
          assertEquals("dedupe-full", full.reason());
          break;
        }
        outcomes.add(written.outcomeText());
        sent++;
      }

      assertTrue(sent >= Aggregate.REMEMBERED_HERE + 8, sent + " commands");
      assertTrue(sent <= Aggregate.REMEMBERED_HERE + 14, sent + " commands");
      assertEquals(sent, journal.aggregate("p").version());
      for (int i = 0; i < sent; i++) {
        String again = outcomes.get(i).replaceFirst("}$", ",\"replayed\":true}");
        assertEquals(again, journal.send("p", write(i)).outcomeText());
      }
    }
  }

  @Test
  void a_refused_command_is_decided_once_there_is_room_again() {
    try (CommandDriver journal = driver()) {
      fill(journal);
      assertEquals("dedupe-full", journal.send("p", write(500)).reason());
      journal.pass(Duration.ofHours(36));

      Written later = journal.send("p", write(500));

      assertInstanceOf(Accepted.class, later.outcome().verdict());
      assertFalse(later.outcome().replayed());
    }
  }

  @Test
  void aggregates_with_room_of_their_own_go_on() {
    try (CommandDriver journal = driver()) {
      fill(journal);
      for (int i = 0; i < Aggregate.REMEMBERED_HERE; i++) {
        Written written =
            journal.send("q", command(1_000 + i, new WriteLines("q", List.of("line " + i))));
        assertInstanceOf(Accepted.class, written.outcome().verdict(), "command " + i);
      }
    }
  }

  @Test
  void made_up_ids_cannot_fill_more_than_the_room_there_is() {
    try (CommandDriver journal = driver()) {
      List<String> reasons = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        reasons.add(
            journal
                .send("made-up-" + i, command(i, new TearOut("made-up-" + i)).expecting(5))
                .reason());
      }

      assertEquals("dedupe-full", reasons.getLast());
      assertTrue(reasons.indexOf("dedupe-full") > 2, reasons.toString());
      assertTrue(journal.stored().isEmpty());
    }
  }

  private CommandDriver driver() {
    return new CommandDriver(Journal.JOURNAL, InputLog.single(), ROOM_FOR_TEN, directory);
  }

  private static void fill(CommandDriver journal) {
    for (int i = 0; i < 50; i++) {
      journal.send("p", write(i));
    }
    assertEquals("dedupe-full", journal.send("p", write(499)).reason());
  }

  private static SubmittedCommand write(int id) {
    return command(id, new WriteLines("p", List.of("line " + id)));
  }

  /** Without it Kafka Streams wipes the partition's stores at every start. */
  @Test
  void leaves_one_entry_after_a_start_so_that_the_store_is_not_taken_for_corrupted() {
    try (TopologyTestDriver driver = new TopologyTestDriver(CommandTopology.of(CALCULATOR))) {
      assertEquals(List.of(), keys(driver));

      driver.advanceWallClockTime(Duration.ofSeconds(1));
      driver.advanceWallClockTime(Duration.ofSeconds(1));

      assertEquals(List.of(0), keys(driver));
    }
  }

  /** How long the keys are. */
  private static List<Integer> keys(TopologyTestDriver driver) {
    List<Integer> keys = new ArrayList<>();
    try (var entries = driver.<byte[], byte[]>getWindowStore("decided-commands").all()) {
      entries.forEachRemaining(entry -> keys.add(entry.key.key().length));
    }
    return keys;
  }
}

package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.topology.CommandDriver.Written;
import dev.pleat.topology.journal.Journal;
import dev.pleat.topology.journal.JournalCommand;
import dev.pleat.topology.journal.JournalCommand.Misbehave;
import dev.pleat.topology.journal.JournalCommand.WriteLines;
import dev.pleat.topology.journal.Misbehaviour;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Decisions in memory, held against the write side's on a log. */
class DecisionsInMemoryTest {

  private static final List<String> PAGES = List.of("a", "b", "c");
  private static final int COMMANDS = 150;

  @TempDir Path directory;

  private final DecisionsInMemory<JournalCommand> memory =
      DecisionsInMemory.of(Journal.JOURNAL, MemoryLimits.DEFAULT);

  private static SubmittedCommand random(SplittableRandom random, String page, int i) {
    JournalCommand command =
        switch (random.nextInt(3)) {
          case 0 ->
              new WriteLines(page, Collections.nCopies(random.nextInt(4), "x" + random.nextInt(9)));
          case 1 -> new Misbehave(page, Misbehaviour.PAD_THE_STATE, random.nextInt(999_900));
          default -> {
            Misbehaviour[] all = Misbehaviour.values();
            yield new Misbehave(page, all[random.nextInt(all.length)], random.nextInt(1, 99));
          }
        };
    SubmittedCommand plain = CommandDriver.command(i, (Record) command).by("ann");
    return random.nextInt(5) == 0 ? plain.expecting(random.nextInt(3)) : plain;
  }

  @Test
  void says_to_the_byte_what_the_write_side_says_to_retries_too() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    TreeSet<String> outcomes = new TreeSet<>();
    List<SubmittedCommand> sent = new ArrayList<>();
    try (CommandDriver journal = new CommandDriver(Journal.JOURNAL, directory)) {
      for (int i = 0; i < COMMANDS; i++) {
        journal.pass(Duration.ofMillis(random.nextInt(10)));
        String page = PAGES.get(random.nextInt(PAGES.size()));
        // A retry may also come to another aggregate, or with other data.
        int before = random.nextInt(4) == 0 ? random.nextInt(sent.size() + 1) : i;
        SubmittedCommand command =
            before < sent.size() && random.nextBoolean()
                ? sent.get(before)
                : random(random, page, before);
        sent.add(command);
        String key = command.data().text("page").orElseThrow();

        DecisionsInMemory.Answered answered = memory.decide(key, command, journal.now());
        Written written = journal.send(key, command);

        String what = "seed " + seed + ", command " + i + " " + command.action();
        String outcome = new String(JsonCodec.write(answered.outcome()), UTF_8);
        assertEquals(written.outcomeText(), outcome, what);
        assertEquals(
            written.eventTexts(),
            answered.events().stream().map(event -> new String(event, UTF_8)).toList(),
            what);
        outcomes.add(
            answered.outcome().replayed()
                ? "replayed"
                : outcome.replaceAll(".*\"reason\":\"([^\"]*)\".*|.*", "$1"));
      }
    }
    for (String each : List.of("replayed", "version-conflict", "decision-failed")) {
      assertTrue(outcomes.contains(each), each + " not in " + outcomes + ", seed " + seed);
    }
  }

  @Test
  void forgets_a_command_when_its_time_is_over_and_gives_back_its_room() {
    SubmittedCommand command = CommandDriver.command(1, new WriteLines("a", List.of("x")));
    Instant now = Instant.parse("2026-11-21T10:00:00Z");
    memory.decide("a", command, now);
    assertTrue(memory.remembers("a", command.id()));
    assertTrue(memory.exists("a"));
    long bytes = memory.bytes();

    Instant dayAfter = now.plus(MemoryLimits.DEFAULT.time());
    memory.decide("a", CommandDriver.command(2, new WriteLines("a", List.of())), dayAfter);

    assertFalse(memory.remembers("a", command.id()));
    assertTrue(memory.bytes() <= bytes, "from " + bytes + " to " + memory.bytes());
    assertEquals(2, memory.decide("a", command, dayAfter).outcome().verdict().version());
  }
}

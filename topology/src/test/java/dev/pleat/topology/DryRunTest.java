package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.topology.CommandDriver.Written;
import dev.pleat.topology.journal.Journal;
import dev.pleat.topology.journal.JournalCommand;
import dev.pleat.topology.journal.JournalCommand.Misbehave;
import dev.pleat.topology.journal.JournalCommand.TearOut;
import dev.pleat.topology.journal.JournalCommand.WriteLines;
import dev.pleat.topology.journal.Misbehaviour;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a dry run says, held against what the write side then does. */
class DryRunTest {

  private static final String PAGE = "a";
  private static final int COMMANDS = 100;

  @TempDir Path directory;

  private final DryRun<JournalCommand> dryRun =
      DryRun.of(Journal.JOURNAL, HistoryFold.of(Journal.JOURNAL));

  /** What is on the log. */
  private final List<byte[]> events = new ArrayList<>();

  private DryRun.Tried tried(SubmittedCommand command, Instant now) {
    return dryRun.decide(
        PAGE,
        command,
        now,
        Optional.empty(),
        events.size(),
        (from, to, limit) -> events.subList((int) from - 1, (int) Math.min(to, from + limit - 1)));
  }

  private static JournalCommand random(SplittableRandom random, int i) {
    if (i % 10 == 9) {
      Misbehaviour how = i % 20 == 9 ? Misbehaviour.PAD_THE_STATE : Misbehaviour.WRITE_MANY_LINES;
      return new Misbehave(PAGE, how, 999_900 + random.nextInt(200));
    }
    return switch (random.nextInt(4)) {
      case 0 ->
          new WriteLines(PAGE, Collections.nCopies(random.nextInt(4), "x" + random.nextInt(9)));
      case 1 -> i > COMMANDS - 20 ? new TearOut(PAGE) : new WriteLines(PAGE, List.of("y"));
      default -> {
        Misbehaviour[] all = Misbehaviour.values();
        yield new Misbehave(PAGE, all[random.nextInt(all.length)], random.nextInt(1, 99));
      }
    };
  }

  @Test
  void says_to_the_byte_what_the_write_side_then_writes() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    List<String> verdicts = new ArrayList<>();
    try (CommandDriver journal = new CommandDriver(Journal.JOURNAL, directory)) {
      for (int i = 0; i < COMMANDS; i++) {
        // The clock of the log may go back.
        journal.pass(Duration.ofMillis(random.nextInt(-5, 10)));
        SubmittedCommand plain = CommandDriver.command(i, (Record) random(random, i)).by("ann");
        SubmittedCommand command =
            switch (random.nextInt(6)) {
              case 0 -> plain.expecting(events.size());
              case 1 -> plain.expecting(events.size() + 1);
              default -> plain;
            };

        DryRun.Tried tried = tried(command, journal.now());
        Written written = journal.send(PAGE, command);

        String what = "seed " + seed + ", command " + i + " " + command.action();
        assertEquals(
            written.outcomeText(), new String(JsonCodec.write(tried.outcome()), UTF_8), what);
        assertEquals(
            written.eventTexts(),
            tried.events().stream().map(event -> new String(event, UTF_8)).toList(),
            what);
        written.events().forEach(event -> events.add(event.value()));
        verdicts.add(tried.outcome().verdict().toString().replaceAll(".*reason=([^,]*).*", "$1"));
      }
    }
    for (String reason : List.of("version-conflict", "too-large", "decision-failed")) {
      assertTrue(verdicts.contains(reason), reason + ", seed " + seed);
    }
  }
}

package dev.pleat.topology;

import static dev.pleat.topology.CommandDriver.command;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.Outcome.Verdict;
import dev.pleat.schemas.RecordedEvent;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The write side against a plain model of its promises, on random commands with retries. */
class CommandModelTest {

  private static final Duration MEMORY = Duration.ofMinutes(10);
  private static final List<String> PAGES = List.of("p", "q", "rarely", "ß");

  /** The one page that takes commands to the end; it has half of them. */
  private static final String NEVER_TORN_OUT = "ß";

  private static final Set<String> NOT_REMEMBERED = Set.of("decision-failed", "key-mismatch");

  /** What one page is to whoever reads the documentation. */
  private static final class ModelPage {
    long version;
    long lines;
    boolean tornOut;
    Instant lastEvent = Instant.EPOCH;
    final Map<UUID, Remembered> remembered = new HashMap<>();
    final List<SubmittedCommand> sent = new ArrayList<>();
  }

  private record Remembered(
      String action, Object data, OptionalLong expectedVersion, Instant at, Outcome outcome) {}

  @TempDir Path directory;

  @Test
  void keeps_its_promises_on_random_commands() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, ModelPage> model = new HashMap<>();
    PAGES.forEach(page -> model.put(page, new ModelPage()));
    Map<String, Integer> seen = new HashMap<>();
    try (CommandDriver journal =
        new CommandDriver(Journal.JOURNAL, InputLog.single(), MEMORY, directory)) {
      for (int step = 0; step < 6_000; step++) {
        journal.pass(pause(random));
        String page = PAGES.get(Math.min(random.nextInt(6), 3));
        ModelPage expected = model.get(page);
        SubmittedCommand command = next(page, expected, step, random);
        if (isOnTheVergeOfBeingForgotten(expected, command, journal.now())) {
          continue;
        }
        String shown = "seed " + seed + ", step " + step + ", " + page + ": " + command;

        Written written = journal.send(page, command);

        String what = check(page, expected, command, journal.now(), written, shown);
        seen.merge(what, 1, Integer::sum);
        Aggregate stored = journal.aggregate(page);
        assertEquals(expected.version, stored.version(), shown);
        if (expected.version > 0) {
          assertEquals(
              new Journal.Page(expected.lines, expected.tornOut, ""),
              Journal.JOURNAL.state(stored.state()),
              shown);
        }
      }
    }
    // A model that never saw a case has not tried it.
    for (String what :
        List.of(
            "accepted",
            "unchanged",
            "replayed",
            "version-conflict",
            "command-id-reused",
            "page-torn-out",
            "decision-failed",
            "key-mismatch")) {
      assertTrue(seen.getOrDefault(what, 0) > 20, "seed " + seed + ": " + seen);
    }
  }

  private static Duration pause(SplittableRandom random) {
    return switch (random.nextInt(200)) {
      case 0 -> Duration.ofMinutes(random.nextInt(15));
      case 1, 2, 3 -> Duration.ofMillis(-random.nextInt(20));
      default -> Duration.ofMillis(random.nextInt(2_000));
    };
  }

  private static SubmittedCommand next(
      String page, ModelPage model, int step, SplittableRandom random) {
    SubmittedCommand command;
    int kind = random.nextInt(10);
    if (kind < 3 && !model.sent.isEmpty()) {
      // Mostly a recent one, sometimes any.
      int back = random.nextInt(5) == 0 ? model.sent.size() : Math.min(30, model.sent.size());
      command = model.sent.get(model.sent.size() - 1 - random.nextInt(back));
    } else if (kind == 3 && !model.sent.isEmpty()) {
      int id =
          (int) model.sent.get(random.nextInt(model.sent.size())).id().getLeastSignificantBits();
      command = command(id, data(page, random));
    } else {
      command = command(step, data(page, random));
    }
    if (random.nextInt(8) == 0) {
      command = command.expecting(Math.max(0, model.version - random.nextInt(2)));
    }
    model.sent.add(command);
    return command;
  }

  private static Record data(String page, SplittableRandom random) {
    return switch (random.nextInt(20)) {
      case 0 -> new Misbehave(page, Misbehaviour.THROW, 0);
      case 1 -> new WriteLines("", List.of());
      case 2, 3 -> new WriteLines(page, List.of());
      case 4 ->
          random.nextInt(page.equals("rarely") ? 4 : 60) == 0 && !page.equals(NEVER_TORN_OUT)
              ? new TearOut(page)
              : new WriteLines(page, List.of("torn"));
      default ->
          new WriteLines(
              page,
              IntStream.rangeClosed(0, random.nextInt(3))
                  .mapToObj(i -> "line " + random.nextInt(3))
                  .toList());
    };
  }

  private static boolean isOnTheVergeOfBeingForgotten(
      ModelPage page, SubmittedCommand command, Instant now) {
    Remembered before = page.remembered.get(command.id());
    return before != null
        && Duration.between(before.at(), now).minus(MEMORY).abs().compareTo(Duration.ofSeconds(1))
            < 0;
  }

  /** Says what became of the command by the model, which is changed, and compares. */
  private static String check(
      String page,
      ModelPage model,
      SubmittedCommand command,
      Instant now,
      Written written,
      String shown) {
    Instant time = now.isAfter(model.lastEvent) ? now : model.lastEvent;
    Remembered before = model.remembered.get(command.id());
    if (before != null && Duration.between(before.at(), now).compareTo(MEMORY) < 0) {
      assertEquals(List.of(), written.events(), shown);
      boolean same =
          before.action().equals(command.action())
              && before.data().equals(command.data())
              && before.expectedVersion().equals(command.expectedVersion());
      if (same) {
        assertEquals(before.outcome().answeredAgain(), written.outcome(), shown);
        return "replayed";
      }
      assertEquals("command-id-reused", written.reason(), shown);
      assertEquals(model.version, written.outcome().verdict().version(), shown);
      return "command-id-reused";
    }

    JournalCommand data =
        (JournalCommand)
            JsonCodec.toRecord(
                command.data(), Journal.SCHEMA.action(command.action()).orElseThrow().type());
    String what = decide(page, model, data, command.expectedVersion());
    Verdict verdict = written.outcome().verdict();
    List<UUID> ids = new ArrayList<>();
    if (what.equals("accepted")) {
      long first = model.version + 1;
      apply(model, data);
      for (RecordedEvent event : written.recorded()) {
        assertEquals(first + ids.size(), event.version(), shown);
        assertEquals(model.version, event.through(), shown);
        assertEquals(time, event.timestamp(), shown);
        assertEquals(
            NameBasedId.ofEvent("journal", page, command.id(), ids.size()), event.id(), shown);
        ids.add(event.id());
      }
      assertEquals(model.version, first + ids.size() - 1, shown);
      model.lastEvent = time;
    } else {
      assertEquals(List.of(), written.events(), shown);
    }
    switch (verdict) {
      case Accepted accepted -> assertEquals(ids, accepted.events(), shown);
      case Unchanged unchanged -> assertEquals("unchanged", what, shown);
      case Rejected rejected -> assertEquals(what, rejected.reason(), shown);
    }
    assertEquals(what.equals("accepted"), verdict instanceof Accepted, shown);
    assertEquals(model.version, verdict.version(), shown);
    assertEquals(time, written.outcome().timestamp(), shown);
    assertEquals(false, written.outcome().replayed(), shown);
    if (NOT_REMEMBERED.contains(what)) {
      model.remembered.remove(command.id());
    } else {
      model.remembered.put(
          command.id(),
          new Remembered(
              command.action(), command.data(), command.expectedVersion(), now, written.outcome()));
    }
    return what;
  }

  private static String decide(
      String page, ModelPage model, JournalCommand command, OptionalLong expectedVersion) {
    if (command instanceof WriteLines write && !write.page().equals(page)) {
      return "key-mismatch";
    }
    if (expectedVersion.orElse(model.version) != model.version) {
      return "version-conflict";
    }
    if (model.tornOut) {
      return command instanceof Misbehave ? "misbehaved" : "page-torn-out";
    }
    return switch (command) {
      case WriteLines write -> write.lines().isEmpty() ? "unchanged" : "accepted";
      case TearOut tear -> "accepted";
      case Misbehave bad -> "decision-failed";
    };
  }

  private static void apply(ModelPage model, JournalCommand command) {
    switch (command) {
      case WriteLines write -> {
        model.version += write.lines().size();
        model.lines += write.lines().size();
      }
      case TearOut tear -> {
        model.version++;
        model.tornOut = true;
      }
      case Misbehave bad -> throw new AssertionError("never accepted");
    }
  }
}

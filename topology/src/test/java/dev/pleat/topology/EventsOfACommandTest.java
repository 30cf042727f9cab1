package dev.pleat.topology;

import static dev.pleat.topology.CommandDriver.START;
import static dev.pleat.topology.CommandDriver.command;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.topology.CommandDriver.Written;
import dev.pleat.topology.journal.Journal;
import dev.pleat.topology.journal.JournalCommand.WriteLines;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an accepted command writes. */
class EventsOfACommandTest {

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
  void counts_versions_without_gaps_and_says_where_each_command_ends() {
    List<RecordedEvent> first = journal.send("p", write(1, "a", "b", "c")).recorded();
    List<RecordedEvent> second = journal.send("p", write(2, "d")).recorded();
    List<RecordedEvent> other = journal.send("q", write("q", 3, "e", "f")).recorded();

    assertEquals(List.of(1L, 2L, 3L), first.stream().map(RecordedEvent::version).toList());
    assertEquals(List.of(3L, 3L, 3L), first.stream().map(RecordedEvent::through).toList());
    assertEquals(4, second.getFirst().version());
    assertEquals(4, second.getFirst().through());
    assertEquals(List.of(1L, 2L), other.stream().map(RecordedEvent::version).toList());
  }

  @Test
  void names_its_events_after_the_command() {
    Written written = journal.send("p", write(7, "a", "b"));
    UUID command = new UUID(0, 7);
    List<UUID> ids =
        List.of(
            NameBasedId.ofEvent("journal", "p", command, 0),
            NameBasedId.ofEvent("journal", "p", command, 1));

    assertEquals(ids, written.recorded().stream().map(RecordedEvent::id).toList());
    assertEquals(new Accepted(2, ids), written.outcome().verdict());
    for (RecordedEvent event : written.recorded()) {
      assertEquals(command, event.parentId());
      assertEquals("LineWritten", event.action());
    }
  }

  @Test
  void writes_the_bytes_of_the_contract() {
    assertEquals(
        List.of(
            "{\"id\":\""
                + NameBasedId.ofEvent("journal", "p", new UUID(0, 7), 0)
                + "\",\"parent-id\":\"00000000-0000-0000-0000-000000000007\","
                + "\"action\":\"LineWritten\",\"data\":{\"page\":\"p\",\"line\":\"a\"},"
                + "\"timestamp\":\"2026-11-21T10:00:00.012Z\",\"version\":1,\"through\":1}"),
        journal.send("p", write(7, "a")).eventTexts());
  }

  @Test
  void keys_events_and_outcome_by_the_aggregate() {
    String page = "straße 😀";
    Written written = journal.send(page, write(page, 1, "a", "b"));

    for (var record : written.events()) {
      assertArrayEquals(page.getBytes(UTF_8), record.key());
    }
    assertArrayEquals(page.getBytes(UTF_8), written.outcomes().getFirst().key());
  }

  @Test
  void takes_the_log_s_time_and_never_one_before_the_previous_event() {
    Written first = journal.send("p", write(1, "a"));
    journal.pass(Duration.ofSeconds(-5));
    Written second = journal.send("p", write(2, "b"));
    Written elsewhere = journal.send("q", write("q", 3, "b"));
    journal.pass(Duration.ofSeconds(10));
    Written third = journal.send("p", write(4, "c"));

    assertEquals(START, first.recorded().getFirst().timestamp());
    assertEquals(START, second.recorded().getFirst().timestamp());
    assertEquals(START, second.outcome().timestamp());
    assertEquals(START, second.events().getFirst().getRecordTime());
    assertEquals(START.minusSeconds(5), elsewhere.recorded().getFirst().timestamp());
    assertEquals(START.plusSeconds(5), third.recorded().getFirst().timestamp());
  }

  @Test
  void carries_who_and_what_it_belongs_to() {
    SubmittedCommand plain = write(1, "a", "b");
    SubmittedCommand command =
        new SubmittedCommand(
            plain.id(),
            plain.action(),
            plain.data(),
            plain.timestamp(),
            OptionalLong.empty(),
            Optional.empty(),
            Optional.of("order 17"),
            Optional.of("zoë"),
            OptionalLong.of(1));

    Written written = journal.send("p", command);

    for (RecordedEvent event : written.recorded()) {
      assertEquals(Optional.of("order 17"), event.correlationId());
      assertEquals(Optional.of("zoë"), event.actor());
    }
    assertEquals(Optional.of("order 17"), written.outcome().correlationId());
    assertEquals(Optional.of("zoë"), written.outcome().actor());
    Written refused = journal.send("p", command.expecting(9));
    assertEquals(Optional.of("zoë"), refused.outcome().actor());
  }

  @Test
  void carries_the_trace_to_events_and_outcome_and_the_request_to_the_outcome() {
    Headers headers =
        new RecordHeaders()
            .add("traceparent", "old".getBytes(UTF_8))
            .add("traceparent", "00-trace-span-01".getBytes(UTF_8))
            .add("pleat-request-id", "request 1".getBytes(UTF_8))
            .add("private", "x".getBytes(UTF_8));

    Written written =
        journal.pipe("p".getBytes(UTF_8), JsonCodec.write(write(1, "a", "b")), headers);

    for (var event : written.events()) {
      assertEquals(1, event.headers().toArray().length);
      assertEquals(
          "00-trace-span-01", new String(event.headers().lastHeader("traceparent").value(), UTF_8));
    }
    Headers outcome = written.outcomes().getFirst().headers();
    assertEquals(2, outcome.toArray().length);
    assertEquals("00-trace-span-01", new String(outcome.lastHeader("traceparent").value(), UTF_8));
    assertEquals("request 1", new String(outcome.lastHeader("pleat-request-id").value(), UTF_8));
  }

  @Test
  void answers_a_retry_with_the_retry_s_request_id() {
    byte[] command = JsonCodec.write(write(1, "a"));
    journal.pipe(
        "p".getBytes(UTF_8),
        command,
        new RecordHeaders().add("pleat-request-id", "request 1".getBytes(UTF_8)));

    Written again =
        journal.pipe(
            "p".getBytes(UTF_8),
            command,
            new RecordHeaders().add("pleat-request-id", "request 2".getBytes(UTF_8)));

    assertEquals(
        "request 2",
        new String(
            again.outcomes().getFirst().headers().lastHeader("pleat-request-id").value(), UTF_8));
    assertNull(again.outcomes().getFirst().headers().lastHeader("traceparent"));
  }

  @Test
  void folds_its_events_into_the_state() {
    journal.send("p", write(1, "a", "b"));
    journal.send("p", write(2, "c"));

    Aggregate stored = journal.aggregate("p");

    assertEquals(new Journal.Page(3, false, ""), Journal.JOURNAL.state(stored.state()));
    assertEquals(3, stored.version());
    assertEquals(START.toEpochMilli(), stored.lastEventTime());
    assertNotEquals(0, stored.stateVersion());
  }

  private static SubmittedCommand write(int id, String... lines) {
    return write("p", id, lines);
  }

  private static SubmittedCommand write(String page, int id, String... lines) {
    return command(id, new WriteLines(page, List.of(lines)));
  }
}

package dev.pleat.topology;

import static dev.pleat.topology.errands.Errands.ERRANDS;
import static dev.pleat.topology.errands.Errands.FOLLOWING;
import static dev.pleat.topology.errands.Errands.REMINDED_AFTER;
import static dev.pleat.topology.errands.Errands.SCHEMA;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageHeaders;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.StoppedView;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.topology.errands.Errands.Command.BeginErrand;
import dev.pleat.topology.errands.Errands.Event;
import dev.pleat.topology.errands.Errands.Event.ErrandBegun;
import dev.pleat.topology.errands.Errands.Event.ErrandFinished;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What follows from events, and when. */
class PolicyTopologyTest {

  @TempDir Path directory;

  private PolicyDriver errands;

  @BeforeEach
  void start() {
    errands = new PolicyDriver(ERRANDS, FOLLOWING, directory);
  }

  @AfterEach
  void stop() {
    errands.close();
  }

  private RecordedEvent begun(String errand, String note) {
    return errands.happens(SCHEMA, errand, new ErrandBegun(errand, note));
  }

  private RecordedEvent finished(String errand) {
    return errands.happens(SCHEMA, errand, new ErrandFinished(errand));
  }

  private static Event begin(String errand, String note) {
    return new ErrandBegun(errand, note);
  }

  private static String text(Headers headers, String name) {
    return new String(headers.lastHeader(name).value(), UTF_8);
  }

  // ---- commands

  @Test
  void sends_the_command_that_any_client_would_write() {
    RecordedEvent because = begun("a", "send b");

    List<TestRecord<byte[], byte[]>> records = errands.records(SCHEMA);
    assertEquals(1, records.size());
    assertEquals("b", new String(records.getFirst().key(), UTF_8));
    assertEquals(
        "{\"id\":\"%s\",\"action\":\"BeginErrand\",\"data\":{\"errand\":\"b\",\"note\":\"sent by a\"},\"timestamp\":\"2026-11-21T10:00:00.012Z\",\"correlation-id\":\"%s\",\"actor\":\"policy:errands/following\"}"
            .formatted(
                NameBasedId.ofReaction("errands", "following", because.id(), 0),
                because.parentId()),
        new String(records.getFirst().value(), UTF_8));
    Headers headers = records.getFirst().headers();
    assertEquals(because.id().toString(), text(headers, MessageHeaders.CAUSE));
    assertEquals("1", text(headers, MessageHeaders.HOPS));
  }

  @Test
  void carries_on_what_an_event_was_part_of() {
    RecordedEvent event =
        PolicyDriver.recorded(SCHEMA, "a", 1, begin("a", "send b"), PolicyDriver.START);
    String value =
        new String(JsonCodec.write(event), UTF_8)
            .replaceAll("}$", ",\"correlation-id\":\"order 17\"}");
    Headers headers = new RecordHeaders();
    headers.add(MessageHeaders.TRACEPARENT, "00-trace".getBytes(UTF_8));
    headers.add(MessageHeaders.HOPS, "4".getBytes(UTF_8));
    headers.add(MessageHeaders.CAUSE, UUID.randomUUID().toString().getBytes(UTF_8));

    errands.pipe(SCHEMA, "a", value.getBytes(UTF_8), headers);

    TestRecord<byte[], byte[]> sent = errands.records(SCHEMA).getFirst();
    assertEquals(Optional.of("order 17"), JsonCodec.readCommand(sent.value()).correlationId());
    assertEquals("00-trace", text(sent.headers(), MessageHeaders.TRACEPARENT));
    assertEquals("5", text(sent.headers(), MessageHeaders.HOPS));
    assertEquals(event.id().toString(), text(sent.headers(), MessageHeaders.CAUSE));
  }

  @Test
  void remembers_what_happened_to_each_aggregate_by_itself() {
    begun("a", "one");
    begun("b", "two");
    begun("a", "tell c");

    assertEquals(
        List.of("c BeginErrand {\"errand\":\"c\",\"note\":\"[one, tell c]\"}"),
        errands.shown(SCHEMA));
  }

  @Test
  void an_aggregate_that_came_back_to_its_beginning_takes_no_room() {
    begun("a", "one");
    assertEquals(1, errands.rows("state"));
    finished("a");

    assertEquals(0, errands.rows("state"));
  }

  @Test
  void an_event_that_comes_again_is_not_reacted_to_again() {
    RecordedEvent event = begun("a", "send b");
    begun("a", "remind");
    finished("a");
    assertEquals(1, errands.sent(SCHEMA).size());

    errands.pipe(SCHEMA, "a", JsonCodec.write(event), new RecordHeaders());
    errands.pass(Duration.ofHours(25));

    assertEquals(List.of(), errands.sent(SCHEMA));
  }

  @Test
  void what_follows_from_the_events_of_one_command_is_sent_together() {
    UUID command = UUID.randomUUID();
    for (int version = 1; version <= 2; version++) {
      RecordedEvent event =
          new RecordedEvent(
              NameBasedId.ofEvent("errands", "a", command, version - 1),
              command,
              "ErrandBegun",
              JsonCodec.toObject(begin("a", "send b" + version)),
              PolicyDriver.START,
              version,
              2,
              Optional.empty(),
              Optional.empty());
      assertEquals(List.of(), errands.sent(SCHEMA));
      errands.pipe(SCHEMA, "a", JsonCodec.write(event), new RecordHeaders());
    }

    List<SubmittedCommand> sent = errands.sent(SCHEMA);
    assertEquals(2, sent.size());
    assertFalse(sent.get(0).id().equals(sent.get(1).id()));
  }

  @Test
  void policies_that_feed_each_other_end_in_a_dead_letter() throws Exception {
    int rounds = 0;
    TestRecord<byte[], byte[]> next =
        new TestRecord<>(
            "a".getBytes(UTF_8),
            JsonCodec.write(CommandDriver.command(1, new BeginErrand("a", "loop"))));
    try (CommandDriver decider = new CommandDriver(ERRANDS, directory.resolve("decider"))) {
      while (rounds <= PolicyProcessor.MAX_HOPS) {
        TestRecord<byte[], byte[]> event =
            decider.pipe(next.key(), next.value(), next.headers()).events().getFirst();
        errands.pipe(SCHEMA, "a", event.value(), event.headers());
        List<TestRecord<byte[], byte[]>> sent = errands.records(SCHEMA);
        if (sent.isEmpty()) {
          break;
        }
        rounds++;
        next = sent.getFirst();
      }
    }

    assertEquals(PolicyProcessor.MAX_HOPS, rounds);
    TestRecord<byte[], byte[]> letter = errands.deadLetters(SCHEMA).getFirst();
    assertEquals("too-many-hops", text(letter.headers(), "pleat-reason"));
    assertEquals("errands.events", text(letter.headers(), "pleat-topic"));
    assertEquals("loop", note(letter));
    assertEquals(Optional.empty(), errands.stopped(SCHEMA));
  }

  @Test
  void a_deadline_beyond_the_limit_of_hops_is_a_dead_letter_when_it_is_set() {
    RecordedEvent event =
        PolicyDriver.recorded(SCHEMA, "a", 1, new ErrandBegun("a", "remind"), PolicyDriver.START);
    errands.pipe(
        SCHEMA,
        "a",
        JsonCodec.write(event),
        new RecordHeaders()
            .add(MessageHeaders.HOPS, Integer.toString(PolicyProcessor.MAX_HOPS).getBytes(UTF_8)));
    errands.pass(REMINDED_AFTER);

    assertEquals(List.of(), errands.sent(SCHEMA));
    assertEquals(
        "too-many-hops", text(errands.deadLetters(SCHEMA).getFirst().headers(), "pleat-reason"));
    assertEquals(0, errands.rows("deadlines") + errands.rows("deadline-times"));
  }

  private static String note(TestRecord<byte[], byte[]> command) {
    return JsonCodec.readCommand(command.value()).data().text("note").orElseThrow();
  }

  // ---- where it stops

  private void assertStops(String note, String detail) {
    begun("a", note);
    begun("b", "send c");

    StoppedView mark = errands.stopped(SCHEMA).orElseThrow();
    assertEquals("policy-failed", mark.reason());
    assertTrue(mark.detail().contains(detail), mark.detail());
    assertEquals(List.of(), errands.sent(SCHEMA), "nothing of the partition is reacted to");
    assertEquals(0, errands.rows("state"));
  }

  @Test
  void a_policy_that_throws_stops_at_the_event() {
    assertStops("throw", "the policy following failed on aggregate a at version 1: on purpose");
  }

  @Test
  void a_command_that_does_not_fit_its_schema_stops_the_policy() {
    assertStops("misfit", "BeginErrand does not fit its schema");
  }

  @Test
  void more_than_is_allowed_after_one_event_stops_the_policy() {
    assertStops("flood", "1001 commands and deadlines, 1000 are allowed");
  }

  // ---- deadlines

  @Test
  void sends_a_deadlines_command_when_its_time_has_come_and_once() {
    RecordedEvent because = begun("a", "remind");

    errands.pass(REMINDED_AFTER.minusSeconds(1));
    assertEquals(List.of(), errands.sent(SCHEMA));
    errands.pass(Duration.ofSeconds(1));
    List<TestRecord<byte[], byte[]>> sent = errands.records(SCHEMA);

    assertEquals(1, sent.size());
    SubmittedCommand command = JsonCodec.readCommand(sent.getFirst().value());
    assertEquals("Remind", command.action());
    assertEquals(
        NameBasedId.ofDeadline("errands", FOLLOWING, because.id(), "remind"), command.id());
    assertEquals(PolicyDriver.START.plus(REMINDED_AFTER), command.timestamp());
    assertEquals(Optional.of(because.parentId().toString()), command.correlationId());
    assertEquals("a", new String(sent.getFirst().key(), UTF_8));
    assertEquals(because.id().toString(), text(sent.getFirst().headers(), MessageHeaders.CAUSE));
    errands.pass(Duration.ofHours(25));
    assertEquals(List.of(), errands.sent(SCHEMA));
    assertEquals(0, errands.rows("deadlines") + errands.rows("deadline-times"));
  }

  @Test
  void a_deadline_that_was_cancelled_sends_nothing() {
    begun("a", "remind");
    begun("b", "remind");
    finished("a");

    errands.pass(REMINDED_AFTER);

    assertEquals(List.of("b Remind {\"errand\":\"b\"}"), errands.shown(SCHEMA));
    assertEquals(0, errands.rows("deadlines") + errands.rows("deadline-times"));
  }

  @Test
  void a_deadline_of_the_same_name_takes_the_place_of_the_one_before() {
    begun("a", "remind");
    errands.pass(Duration.ofMinutes(30));
    begun("a", "remind");

    errands.pass(Duration.ofMinutes(30));
    assertEquals(List.of(), errands.shown(SCHEMA));
    errands.pass(Duration.ofMinutes(30));
    assertEquals(List.of("a Remind {\"errand\":\"a\"}"), errands.shown(SCHEMA));
  }

  @Test
  void deadlines_are_fired_in_their_order_and_not_all_at_once() {
    int many = PolicyProcessor.MAX_DUE + 10;
    for (int i = 0; i < many; i++) {
      begun("e" + i, "remind");
    }

    errands.pass(REMINDED_AFTER);
    assertEquals(PolicyProcessor.MAX_DUE, errands.sent(SCHEMA).size());
    errands.pass(Duration.ofSeconds(1));
    assertEquals(10, errands.sent(SCHEMA).size());
  }

  @Test
  void deadlines_wait_while_the_policy_is_stopped() {
    begun("a", "remind");
    begun("b", "throw");

    errands.pass(REMINDED_AFTER.multipliedBy(2));

    assertEquals(List.of(), errands.sent(SCHEMA));
    assertEquals(1, errands.rows("deadlines"));
  }

  // ---- a policy that comes late

  @Test
  void what_happened_before_a_policy_that_begins_now_is_known_to_it_and_sends_nothing() {
    errands.close();
    errands =
        new PolicyDriver(
            ERRANDS,
            FOLLOWING,
            new PolicyStart(
                Map.of("errands", InputLog.single()),
                Map.of(new TopicPartition("errands.events", 0), 3L)),
            new Resumptions(),
            PolicyDriver.START,
            directory);
    begun("a", "one");
    begun("b", "send c");
    begun("d", "remind");
    errands.pass(REMINDED_AFTER);
    assertEquals(List.of(), errands.sent(SCHEMA));

    begun("a", "tell e");

    assertEquals(
        List.of("e BeginErrand {\"errand\":\"e\",\"note\":\"[one, tell e]\"}"),
        errands.shown(SCHEMA));
  }
}

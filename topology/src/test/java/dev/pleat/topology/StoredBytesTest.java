package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.Outcome.Verdict;
import dev.pleat.topology.Aggregate.Overflow;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * The bytes in the stores, held against approved ones: state outlives the release that wrote it.
 */
class StoredBytesTest {

  private static final UUID COMMAND = UUID.fromString("7037a79d-7e6b-4969-9ea5-6d5c28605ac4");
  private static final AggregateName NAME =
      new AggregateName("calculator", "6f9a1c52-2d70-4e2b-8a3f-1a5d0c9b7e11");
  private static final long TIME = Instant.parse("2026-11-21T10:00:00.012Z").toEpochMilli();

  private static final List<RememberedCommand> REMEMBERED =
      List.of(
          remembered(new Accepted(3, NAME.eventsOf(COMMAND, 2)), TIME, Optional.empty()),
          remembered(new Unchanged(3), TIME + 1, Optional.of("ann")),
          remembered(new Rejected(0, "value-not-found", "größer"), TIME, Optional.empty()));

  private static final Aggregate AGGREGATE = aggregate(new Overflow(41234, 2));

  private static Aggregate aggregate(Overflow overflow) {
    RecentCommands commands = RecentCommands.NONE;
    for (RememberedCommand command : REMEMBERED) {
      commands = commands.adding(command, 0, 16, 10_000).commands();
    }
    return new Aggregate(
        3, TIME, overflow, 2, "{\"type\":\"Holding\",\"value\":3.0}".getBytes(UTF_8), commands);
  }

  @Test
  void an_aggregate_has_the_approved_bytes() throws IOException {
    assertEquals(approved("aggregate"), hex(AGGREGATE.bytes()));
    assertSame(AGGREGATE, Aggregate.read(AGGREGATE.bytes()));
  }

  @Test
  void a_remembered_command_has_the_approved_bytes() throws IOException {
    RememberedCommand command = REMEMBERED.get(1);

    assertEquals(approved("remembered-command"), hex(command.entry()));
    assertEquals(command, RememberedCommand.read(ByteBuffer.wrap(command.entry()), NAME));
  }

  @Test
  void an_accepted_command_is_remembered_in_34_bytes_and_its_correlation_id() {
    byte[] entry =
        remembered(new Accepted(300, NAME.eventsOf(COMMAND, 1)), TIME, Optional.empty()).entry();

    assertEquals(34 + 1 + "order 17".length(), entry.length);
  }

  @Test
  void an_absent_aggregate_comes_back_absent() {
    assertSame(Aggregate.absent(), Aggregate.read(Aggregate.absent().bytes()));
  }

  /** What the first release stored is read, and stored in today's format when it changes. */
  @Test
  void reads_an_aggregate_in_the_first_format() throws IOException {
    byte[] first = HexFormat.of().parseHex(approved("aggregate-format-1").replace("\n", ""));

    Aggregate read = Aggregate.read(first);

    assertEquals(3, read.version());
    assertEquals(TIME, read.lastEventTime());
    assertEquals(2, read.stateVersion());
    assertEquals("{\"type\":\"Holding\",\"value\":3.0}", new String(read.state(), UTF_8));
    List<RememberedCommand> remembered = read.remembered().all(NAME);
    assertEquals(
        List.of(
            new Accepted(3, NAME.eventsOf(COMMAND, 2)),
            new Unchanged(3),
            new Rejected(0, "value-not-found", "größer")),
        remembered.stream().map(command -> command.outcome().verdict()).toList());
    for (RememberedCommand command : remembered) {
      assertEquals(COMMAND, command.id());
      assertEquals(0x3031323334353637L, command.fingerprint());
      assertEquals(TIME, command.decidedAt());
      assertEquals(TIME + 1, command.outcome().timestamp().toEpochMilli());
      assertEquals(Optional.of("order 17"), command.outcome().correlationId());
    }
    assertEquals(2, read.bytes()[0]);
    assertSame(read, Aggregate.read(read.bytes()));
    assertThrows(
        IllegalStateException.class, () -> Aggregate.read(Arrays.copyOf(first, first.length - 1)));
  }

  @Test
  void refuses_bytes_of_another_format() {
    byte[] aggregate = AGGREGATE.bytes();
    aggregate[0] = 3;

    assertEquals(
        "an aggregate's state is of format 3; this release reads up to 2",
        assertThrows(IllegalStateException.class, () -> Aggregate.read(aggregate)).getMessage());
  }

  @Test
  void refuses_bytes_that_are_cut_off() {
    byte[] aggregate = AGGREGATE.bytes();
    byte[] command = REMEMBERED.getLast().entry();
    for (int length = 0; length < aggregate.length; length++) {
      byte[] cut = Arrays.copyOf(aggregate, length);
      assertThrows(IllegalStateException.class, () -> Aggregate.read(cut), length + " bytes");
    }
    for (int length = 0; length < command.length; length++) {
      ByteBuffer cut = ByteBuffer.wrap(Arrays.copyOf(command, length));
      assertThrows(
          IllegalStateException.class, () -> RememberedCommand.read(cut, NAME), length + " bytes");
    }
  }

  @Test
  void an_aggregate_knows_in_which_periods_its_older_commands_lie() {
    Overflow overflow = Overflow.NONE.with(100).with(102).with(102);
    assertEquals(List.of(100L, 102L), periods(overflow));
    assertEquals(List.of(102L, 103L), periods(overflow.with(103)));
    assertEquals(List.of(102L, 104L), periods(overflow.with(104)));
    assertEquals(List.of(105L), periods(overflow.with(105)));
    assertEquals(List.of(100L, 101L, 102L), periods(overflow.with(101)));
    assertEquals(List.of(100L, 102L), periods(overflow.with(99)));
    assertEquals(List.of(), periods(Overflow.NONE));
  }

  private static List<Long> periods(Overflow overflow) {
    return LongStream.range(95, 110).filter(overflow::mayHave).boxed().toList();
  }

  private static RememberedCommand remembered(
      Verdict verdict, long outcomeTime, Optional<String> actor) {
    return new RememberedCommand(
        COMMAND,
        0x0123_4567_89AB_CDEFL,
        TIME,
        new Outcome(
            NAME.outcomeOf(COMMAND),
            COMMAND,
            verdict,
            Instant.ofEpochMilli(outcomeTime),
            Optional.of("order 17"),
            actor,
            false));
  }

  private static void assertSame(Aggregate expected, Aggregate actual) {
    assertEquals(expected.version(), actual.version());
    assertEquals(expected.lastEventTime(), actual.lastEventTime());
    assertEquals(expected.overflow(), actual.overflow());
    assertEquals(expected.stateVersion(), actual.stateVersion());
    assertArrayEquals(expected.state(), actual.state());
    assertEquals(expected.remembered().all(NAME), actual.remembered().all(NAME));
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes).replaceAll("(.{64})", "$1\n").strip();
  }

  private static String approved(String name) throws IOException {
    try (InputStream in = StoredBytesTest.class.getResourceAsStream("/approved/" + name + ".hex")) {
      return new String(in.readAllBytes(), UTF_8).strip();
    }
  }
}

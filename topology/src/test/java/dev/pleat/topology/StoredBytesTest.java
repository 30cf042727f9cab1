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
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * The bytes in the stores, held against approved ones: state outlives the release that wrote it.
 */
class StoredBytesTest {

  private static final UUID COMMAND = UUID.fromString("7037a79d-7e6b-4969-9ea5-6d5c28605ac4");
  private static final UUID EVENT = UUID.fromString("173cfdf5-5636-586d-a8fe-04196c1950fb");
  private static final UUID OUTCOME = UUID.fromString("f6b86d32-942c-5ae9-920b-ce1eabdc3b6b");
  private static final long TIME = Instant.parse("2026-11-21T10:00:00.012Z").toEpochMilli();

  private static final Aggregate AGGREGATE =
      new Aggregate(
          3,
          TIME,
          TIME - 1,
          2,
          "{\"type\":\"Holding\",\"value\":3.0}".getBytes(UTF_8),
          List.of(
              remembered(new Accepted(3, List.of(EVENT, OUTCOME))),
              remembered(new Unchanged(3)),
              remembered(new Rejected(0, "value-not-found", "größer"))));

  @Test
  void an_aggregate_has_the_approved_bytes() throws IOException {
    assertEquals(approved("aggregate"), hex(AGGREGATE.bytes()));
    assertSame(AGGREGATE, Aggregate.read(AGGREGATE.bytes()));
  }

  @Test
  void a_remembered_command_has_the_approved_bytes() throws IOException {
    RememberedCommand command = AGGREGATE.remembered().getFirst();

    assertEquals(approved("remembered-command"), hex(command.bytes()));
    assertSame(command, RememberedCommand.read(command.bytes()));
  }

  @Test
  void an_absent_aggregate_comes_back_absent() {
    assertSame(Aggregate.absent(), Aggregate.read(Aggregate.absent().bytes()));
  }

  @Test
  void refuses_bytes_of_another_format() {
    byte[] aggregate = AGGREGATE.bytes();
    aggregate[0] = 2;
    byte[] command = AGGREGATE.remembered().getFirst().bytes();
    command[0] = 0;

    assertEquals(
        "an aggregate's state is of format 2; this release reads 1",
        assertThrows(IllegalStateException.class, () -> Aggregate.read(aggregate)).getMessage());
    assertEquals(
        "a remembered command is of format 0; this release reads 1",
        assertThrows(IllegalStateException.class, () -> RememberedCommand.read(command))
            .getMessage());
  }

  @Test
  void refuses_bytes_that_are_cut_off() {
    byte[] aggregate = AGGREGATE.bytes();
    byte[] command = AGGREGATE.remembered().getLast().bytes();
    for (int length = 0; length < aggregate.length; length++) {
      byte[] cut = java.util.Arrays.copyOf(aggregate, length);
      assertThrows(IllegalStateException.class, () -> Aggregate.read(cut), length + " bytes");
    }
    for (int length = 0; length < command.length; length++) {
      byte[] cut = java.util.Arrays.copyOf(command, length);
      assertThrows(
          IllegalStateException.class, () -> RememberedCommand.read(cut), length + " bytes");
    }
  }

  private static RememberedCommand remembered(Verdict verdict) {
    return new RememberedCommand(
        COMMAND,
        "0123456789abcdef".getBytes(UTF_8),
        TIME,
        new Outcome(
            OUTCOME,
            COMMAND,
            verdict,
            Instant.ofEpochMilli(TIME + 1),
            Optional.of("order 17"),
            Optional.empty(),
            false));
  }

  private static void assertSame(Aggregate expected, Aggregate actual) {
    assertEquals(expected.version(), actual.version());
    assertEquals(expected.lastEventTime(), actual.lastEventTime());
    assertEquals(expected.overflowTime(), actual.overflowTime());
    assertEquals(expected.stateVersion(), actual.stateVersion());
    assertArrayEquals(expected.state(), actual.state());
    assertEquals(expected.remembered().size(), actual.remembered().size());
    for (int i = 0; i < expected.remembered().size(); i++) {
      assertSame(expected.remembered().get(i), actual.remembered().get(i));
    }
  }

  private static void assertSame(RememberedCommand expected, RememberedCommand actual) {
    assertEquals(expected.id(), actual.id());
    assertArrayEquals(expected.fingerprint(), actual.fingerprint());
    assertEquals(expected.decidedAt(), actual.decidedAt());
    assertEquals(expected.outcome(), actual.outcome());
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

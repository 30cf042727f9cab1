package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.deploy.OutcomeComparison.Compared;
import dev.pleat.deploy.OutcomeComparison.Sought;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.Outcome.Verdict;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueCreated;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

/** What became of commands in two logs, compared pair by pair. */
final class OutcomeComparisonTest {

  private static final String DOMAIN = "calculator";

  /** The outcomes of one partition. */
  private static final class Outcomes {
    private final List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();

    Outcomes accepted(String aggregate, int command, long version) {
      UUID event = NameBasedId.ofEvent(DOMAIN, aggregate, command(command), 0);
      return with(aggregate, command, new Accepted(version, List.of(event)), false);
    }

    Outcomes unchanged(String aggregate, int command) {
      return with(aggregate, command, new Unchanged(1), false);
    }

    Outcomes rejected(String aggregate, int command, String reason) {
      return with(aggregate, command, new Rejected(1, reason, "because"), false);
    }

    Outcomes replayed(String aggregate, int command) {
      return with(aggregate, command, new Unchanged(1), true);
    }

    private Outcomes with(String aggregate, int command, Verdict verdict, boolean replayed) {
      Outcome outcome =
          new Outcome(
              NameBasedId.ofOutcome(DOMAIN, aggregate, command(command)),
              command(command),
              verdict,
              Instant.EPOCH,
              Optional.empty(),
              Optional.empty(),
              replayed);
      return with(aggregate, JsonCodec.write(outcome));
    }

    Outcomes with(String aggregate, byte[] value) {
      records.add(
          new ConsumerRecord<>(
              "outcomes",
              0,
              records.size(),
              records.size() * 1_000L,
              TimestampType.CREATE_TIME,
              0,
              0,
              aggregate.getBytes(UTF_8),
              value,
              new ProducerRecord<>("outcomes", value).headers(),
              Optional.empty()));
      return this;
    }
  }

  private static UUID command(int number) {
    return new UUID(0, number);
  }

  private static Optional<Sought> event(String aggregate, int command, long version) {
    return Optional.of(
        new Sought(
            aggregate.getBytes(UTF_8),
            new RecordedEvent(
                NameBasedId.ofEvent(DOMAIN, aggregate, command(command), 0),
                command(command),
                "ValueCreated",
                JsonCodec.toObject(new ValueCreated(aggregate, 3)),
                Instant.EPOCH,
                version,
                version,
                Optional.empty(),
                Optional.empty())));
  }

  private static Compared compared(
      Outcomes live, Outcomes rebuilt, Optional<Sought> liveEvent, Optional<Sought> rebuiltEvent) {
    return OutcomeComparison.between(
        live.records.iterator(), rebuilt.records.iterator(), liveEvent, rebuiltEvent);
  }

  private static Compared compared(Outcomes live, Outcomes rebuilt) {
    return compared(live, rebuilt, Optional.empty(), Optional.empty());
  }

  @Test
  void counts_what_is_another_verdict_or_another_reason() {
    Compared compared =
        compared(
            new Outcomes()
                .accepted("a", 1, 1)
                .unchanged("a", 2)
                .rejected("a", 3, "too-big")
                .rejected("a", 4, "too-big"),
            new Outcomes()
                .accepted("a", 1, 1)
                .rejected("a", 2, "too-big")
                .rejected("a", 3, "too-big")
                .rejected("a", 4, "too-small"));

    assertEquals(new Compared(4, 2, Optional.empty(), false, Optional.empty()), compared);
  }

  @Test
  void what_is_answered_again_does_not_count() {
    Compared compared =
        compared(
            new Outcomes().rejected("a", 1, "schema-mismatch").replayed("a", 1).unchanged("a", 2),
            new Outcomes().unchanged("a", 1).replayed("a", 1).unchanged("a", 2));

    assertEquals(new Compared(2, 1, Optional.empty(), false, Optional.empty()), compared);
  }

  @Test
  void commands_on_a_wrong_partition_may_lie_anywhere() {
    Compared compared =
        compared(
            new Outcomes().rejected("x", 9, "wrong-partition").unchanged("a", 1).unchanged("a", 2),
            new Outcomes().unchanged("a", 1).rejected("x", 9, "wrong-partition").unchanged("a", 2));

    assertEquals(new Compared(2, 0, Optional.empty(), false, Optional.empty()), compared);
  }

  @Test
  void the_live_log_may_go_on() {
    assertEquals(
        new Compared(1, 0, Optional.empty(), false, Optional.empty()),
        compared(
            new Outcomes().unchanged("a", 1).unchanged("a", 2), new Outcomes().unchanged("a", 1)));
  }

  @Test
  void says_where_the_outcomes_are_of_different_commands() {
    Compared other =
        compared(
            new Outcomes().unchanged("a", 1).unchanged("a", 2),
            new Outcomes().unchanged("a", 1).unchanged("b", 2));
    Compared early = compared(new Outcomes(), new Outcomes().unchanged("a", 1));
    Compared garbage =
        compared(new Outcomes().with("a", new byte[] {1}), new Outcomes().unchanged("a", 1));

    assertEquals(
        Optional.of(
            "outcomes-0 offset 1 and outcomes-0 offset 1 are outcomes of different commands"),
        other.trouble());
    assertEquals(1, other.compared());
    assertEquals(Optional.of("the live outcomes end too early"), early.trouble());
    assertTrue(garbage.trouble().orElseThrow().startsWith("an outcome is unreadable"));
  }

  @Test
  void finds_the_command_that_is_refused_now_though_the_next_event_stands_in_its_place() {
    Compared compared =
        compared(
            new Outcomes().accepted("a", 1, 1).accepted("a", 2, 2).accepted("b", 3, 1),
            new Outcomes().accepted("a", 1, 1).rejected("a", 2, "too-big").accepted("b", 3, 1),
            event("a", 2, 2),
            event("b", 3, 1));

    assertEquals(command(2), compared.command().orElseThrow().live().parentId());
    assertEquals("a", compared.command().orElseThrow().aggregateId());
    assertEquals(1_000, compared.command().orElseThrow().timestamp());
    assertEquals(
        new Rejected(1, "too-big", "because"),
        compared.command().orElseThrow().rebuilt().verdict());
  }

  @Test
  void finds_the_command_that_is_accepted_now_before_the_live_event_in_its_place() {
    Compared compared =
        compared(
            new Outcomes().unchanged("a", 1).accepted("b", 2, 1),
            new Outcomes().accepted("a", 1, 2).accepted("b", 2, 1),
            event("b", 2, 1),
            event("a", 1, 2));

    assertEquals(command(1), compared.command().orElseThrow().live().parentId());
    assertEquals(new Unchanged(1), compared.command().orElseThrow().live().verdict());
  }

  @Test
  void an_id_that_was_used_long_before_is_not_taken_for_the_command() {
    Compared compared =
        compared(
            new Outcomes().accepted("a", 1, 1).accepted("a", 1, 2),
            new Outcomes().accepted("a", 1, 1).unchanged("a", 1),
            event("a", 1, 2),
            Optional.empty());

    assertEquals(1_000, compared.command().orElseThrow().timestamp());
  }

  @Test
  void an_event_of_a_command_that_the_other_log_has_not_come_to_is_no_difference() {
    Outcomes rebuilt = new Outcomes().accepted("a", 1, 1);
    Compared notYet =
        compared(
            new Outcomes().accepted("a", 1, 1).unchanged("a", 2).accepted("a", 3, 2),
            rebuilt,
            event("a", 3, 2),
            Optional.empty());
    Compared forged =
        compared(
            new Outcomes().accepted("a", 1, 1).unchanged("a", 2),
            rebuilt,
            event("a", 3, 2),
            Optional.empty());

    assertEquals(new Compared(1, 0, Optional.empty(), true, Optional.empty()), notYet);
    assertEquals(new Compared(1, 0, Optional.empty(), false, Optional.empty()), forged);
  }
}

package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.Outcome.Verdict;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.UnreadableMessage;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Compares what became of the commands of one partition in two logs. Every command has an outcome
 * in both, in the order of the commands, whatever the rules are: so they are read in pairs, and the
 * first pair that belongs to a differing event says which command was decided otherwise. Pure.
 *
 * <p>Commands on a wrong partition are left out: their outcomes lie among those of another
 * partition, in no certain order.
 */
final class OutcomeComparison {

  private static final String WRONG_PARTITION = "wrong-partition";

  private OutcomeComparison() {}

  /**
   * What was found.
   *
   * @param compared pairs, without those that were answered again in either log
   * @param different how many of them have another verdict, or another reason
   * @param command what became of the command whose events differ
   * @param undecided whether the live event came of a command that the other log has not come to
   * @param trouble why it went no further
   */
  record Compared(
      long compared,
      long different,
      Optional<Verdicts> command,
      boolean undecided,
      Optional<String> trouble) {}

  /** What became of one command in both logs. */
  record Verdicts(String aggregateId, long timestamp, Outcome live, Outcome rebuilt) {}

  /** An event by which its command is found: that of this key and these versions. */
  record Sought(byte[] key, RecordedEvent event) {}

  /**
   * Compares all that the rebuilt log has.
   *
   * @param liveEvent where the events differ first, the one in the live log
   * @param rebuiltEvent the one in the other log
   */
  static Compared between(
      Iterator<ConsumerRecord<byte[], byte[]>> live,
      Iterator<ConsumerRecord<byte[], byte[]>> rebuilt,
      Optional<Sought> liveEvent,
      Optional<Sought> rebuiltEvent) {
    long compared = 0;
    long different = 0;
    Optional<Verdicts> command = Optional.empty();
    boolean undecided = false;
    Optional<String> trouble = Optional.empty();
    Next first = new Next(live);
    Next again = new Next(rebuilt);
    try {
      while (trouble.isEmpty() && again.advance()) {
        if (!first.advance()) {
          trouble = Optional.of("the live outcomes end too early");
        } else if (!first.isOfTheCommandOf(again)) {
          trouble =
              Optional.of(
                  first.place() + " and " + again.place() + " are outcomes of different commands");
        } else if (!first.outcome.replayed() && !again.outcome.replayed()) {
          compared++;
          different += isSame(first.outcome.verdict(), again.outcome.verdict()) ? 0 : 1;
          if (command.isEmpty() && (first.brought(liveEvent) || again.brought(rebuiltEvent))) {
            command = Optional.of(verdicts(first, again));
          }
        }
      }
      boolean isToBeFound = trouble.isEmpty() && command.isEmpty() && liveEvent.isPresent();
      while (isToBeFound && !undecided && first.advance()) {
        undecided = first.brought(liveEvent);
      }
    } catch (UnreadableMessage e) {
      trouble = Optional.of("an outcome is unreadable: " + e.detail());
    }
    return new Compared(compared, different, command, undecided, trouble);
  }

  private static Verdicts verdicts(Next first, Next again) {
    return new Verdicts(
        new String(first.record.key(), UTF_8),
        first.record.timestamp(),
        first.outcome,
        again.outcome);
  }

  private static boolean isSame(Verdict live, Verdict rebuilt) {
    return switch (live) {
      case Accepted accepted -> rebuilt instanceof Accepted;
      case Unchanged unchanged -> rebuilt instanceof Unchanged;
      case Rejected rejected ->
          rebuilt instanceof Rejected other && rejected.reason().equals(other.reason());
    };
  }

  /** The outcome that is compared next. */
  private static final class Next {
    private final Iterator<ConsumerRecord<byte[], byte[]>> records;
    private ConsumerRecord<byte[], byte[]> record;
    private Outcome outcome;

    @SuppressWarnings("NullAway.Init") // advance comes first
    Next(Iterator<ConsumerRecord<byte[], byte[]>> records) {
      this.records = records;
    }

    /** Goes to the next one that counts; false if there is none. */
    boolean advance() {
      while (records.hasNext()) {
        record = records.next();
        outcome = JsonCodec.readOutcome(record.value());
        if (!(outcome.verdict() instanceof Rejected rejected
            && rejected.reason().equals(WRONG_PARTITION))) {
          return true;
        }
      }
      return false;
    }

    boolean isOfTheCommandOf(Next other) {
      return outcome.parentId().equals(other.outcome.parentId())
          && Arrays.equals(record.key(), other.record.key());
    }

    /** Whether the event came with this outcome. */
    boolean brought(Optional<Sought> sought) {
      return sought
          .filter(
              it ->
                  outcome.verdict() instanceof Accepted accepted
                      && !outcome.replayed()
                      && accepted.version() == it.event().through()
                      && outcome.parentId().equals(it.event().parentId())
                      && Arrays.equals(record.key(), it.key()))
          .isPresent();
    }

    String place() {
      return record.topic() + "-" + record.partition() + " offset " + record.offset();
    }
  }
}

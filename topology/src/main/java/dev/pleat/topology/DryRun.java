package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageCodec;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.topology.Decisions.Case;
import dev.pleat.topology.Decisions.Decided;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Says what a command would do to an aggregate, from its history: by the same decision as the write
 * side's, with nothing written and nothing remembered. Safe for use by many threads.
 *
 * <p>The memory of commands is not asked: an id that was used before is not noticed.
 */
public final class DryRun<C> {

  /** A dry run has the log to itself: every key is on the right partition. */
  private static final int PARTITIONS = 1;

  private final Rules<?, C, ?> rules;

  private DryRun(Rules<?, C, ?> rules) {
    this.rules = rules;
  }

  /** Dry runs by the rules of a domain. */
  public static <S, C, E> DryRun<C> of(Domain<S, C, E> domain, HistoryFold<S, E> fold) {
    MessageCodec<C, E> messages = MessageCodec.of(domain.schema());
    return new DryRun<>(
        new Rules<>(
            domain.schema().name(),
            new CommandReader<>(domain.schema(), messages, PARTITIONS),
            new Decisions<>(domain, messages),
            fold));
  }

  private record Rules<S, C, E>(
      String domain,
      CommandReader<C> reader,
      Decisions<S, C, E> decisions,
      HistoryFold<S, E> fold) {}

  /**
   * What would be written.
   *
   * @param events the bytes of the events, in order; none unless the outcome is accepted
   */
  public record Tried(Outcome outcome, List<byte[]> events) {
    /** Keeps its own copy of the list. */
    public Tried {
      events = List.copyOf(events);
    }
  }

  /**
   * What the command would do to the aggregate as it was at a version, or at the last one before it
   * at which a command was whole.
   *
   * @param now what the log's clock would say
   * @param nearest the last snapshot up to the version, if there is one
   * @param version 0 for an aggregate that does not exist yet
   * @throws HistoryFold.Broken if the events cannot be folded
   */
  public Tried decide(
      String aggregateId,
      SubmittedCommand command,
      Instant now,
      Optional<byte[]> nearest,
      long version,
      HistoryFold.Events events) {
    byte[] key = aggregateId.getBytes(UTF_8);
    return switch (rules.reader().read(key, JsonCodec.write(command), 0)) {
      case CommandReader.Addressed<C> addressed -> {
        Case<C> turn =
            new Case<>(
                new AggregateName(rules.domain(), addressed.aggregateId()),
                rules.fold().aggregate(nearest, version, events),
                addressed.command(),
                now.toEpochMilli());
        Decided decided = rules.decisions().decide(turn);
        yield decided.aggregate().roomForMemory(Decisions.MAX_RECORD_BYTES - key.length) < 0
            ? new Tried(turn.tooLarge(), List.of())
            : new Tried(decided.outcome(), decided.events());
      }
      case CommandReader.Misplaced<C> misplaced ->
          throw new IllegalStateException(misplaced.detail());
      case CommandReader.Unreadable<C> unreadable ->
          throw new IllegalArgumentException(unreadable.letter().detail());
    };
  }
}

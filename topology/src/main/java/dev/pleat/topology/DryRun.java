package dev.pleat.topology;

import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.SubmittedCommand;
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

  private final DirectCommands<C> commands;
  private final HistoryFold<?, ?> fold;

  private DryRun(DirectCommands<C> commands, HistoryFold<?, ?> fold) {
    this.commands = commands;
    this.fold = fold;
  }

  /** Dry runs by the rules of a domain. */
  public static <S, C, E> DryRun<C> of(Domain<S, C, E> domain, HistoryFold<S, E> fold) {
    return new DryRun<>(DirectCommands.of(domain), fold);
  }

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
    Decided decided =
        commands.decide(
            commands.turn(aggregateId, command, fold.aggregate(nearest, version, events), now));
    return new Tried(decided.outcome(), decided.events());
  }
}

package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.History.State;
import dev.pleat.interactivequeries.History.Step;
import dev.pleat.interactivequeries.History.Tried;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.SubmittedCommand;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What the rules of a domain make of what was recorded of an aggregate. Safe for use by many
 * threads.
 */
public interface Folds {

  /** Where the events of one aggregate lie. */
  @FunctionalInterface
  interface Recorded {
    /**
     * Those from one version to another, both included, in order; as many as the limit at most, and
     * at least those of one command if there are as many.
     */
    List<byte[]> between(long from, long to, int limit);
  }

  /** Thrown when what was recorded cannot be folded. */
  final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Says which version cannot be folded, and why. */
    public Broken(String detail, Throwable cause) {
      super(detail, cause);
    }
  }

  /**
   * The row at a version; empty if there was none.
   *
   * @param nearest the last snapshot up to there, if there is one
   * @throws Broken if an event is missing or cannot be folded
   */
  Optional<byte[]> row(
      DomainSchema<?, ?> schema,
      View view,
      Optional<byte[]> nearest,
      long version,
      Recorded events);

  /**
   * What a command would do to the aggregate as it was at a version, or at the last one before it
   * at which a command was whole.
   *
   * @param now what the log's clock would say
   * @param nearest the last snapshot up to there, if there is one
   * @param version 0 for an aggregate that does not exist yet
   * @throws Broken if an event is missing or cannot be folded
   */
  Tried dryRun(
      DomainSchema<?, ?> schema,
      String aggregateId,
      SubmittedCommand command,
      Instant now,
      Optional<byte[]> nearest,
      long version,
      Recorded events);

  /**
   * The decider's state at a version, or at the last one before it at which a command was whole;
   * empty if there was none.
   *
   * @param nearest the last snapshot up to there, if there is one
   * @throws Broken if an event is missing or cannot be folded
   */
  Optional<State> state(
      DomainSchema<?, ?> schema, Optional<byte[]> nearest, long version, Recorded events);

  /**
   * Shows what came of each event.
   *
   * @param nearest the last snapshot before the first of them, if there is one
   * @param from the version of the first event that is shown
   * @param to that of the last one; there are as many
   * @param more is given each step and says whether the next one is wanted
   * @throws Broken if an event is missing or cannot be folded; steps before may have been shown
   */
  void replay(
      DomainSchema<?, ?> schema,
      Optional<byte[]> nearest,
      long from,
      long to,
      Recorded events,
      Predicate<Step> more);
}

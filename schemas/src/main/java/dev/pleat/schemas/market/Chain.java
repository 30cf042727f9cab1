package dev.pleat.schemas.market;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A row of the view of chains: what came of one command, over all domains, in the order of causes.
 *
 * @param correlationId what all of it is part of; the id of the command that began it, unless that
 *     said otherwise
 * @param steps what happened
 * @param omitted how many steps more there were than are kept
 */
public record Chain(String correlationId, List<ChainStep> steps, long omitted) {

  /**
   * An event, or a command that was rejected.
   *
   * @param action the event, or {@code CommandRejected}
   * @param id of the event or the outcome
   * @param commandId of the command it derives from
   * @param cause the event that caused the command; without it somebody sent it
   * @param hops how many policies lie before it
   * @param reason why it was rejected
   */
  public record ChainStep(
      String domain,
      String aggregateId,
      String action,
      String id,
      String commandId,
      Optional<String> cause,
      long hops,
      Optional<String> reason,
      Instant time) {}
}

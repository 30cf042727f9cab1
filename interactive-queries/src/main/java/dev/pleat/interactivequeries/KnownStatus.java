package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Verdict;
import java.time.Instant;
import java.util.Optional;

/**
 * What is known of a command.
 *
 * @param aggregateId the aggregate it addresses; may be empty if it was rejected
 * @param verdict what became of it; empty while it is pending
 * @param time when the log got the command this is known from
 */
public record KnownStatus(Optional<String> aggregateId, Optional<Verdict> verdict, Instant time) {

  /** Something is known of no aggregate only if the command was rejected. */
  public KnownStatus {
    if (aggregateId.isEmpty() && !(verdict.orElse(null) instanceof Rejected)) {
      throw new IllegalArgumentException("only a rejection may name no aggregate");
    }
  }

  /** Whether this is the answer to every retry. */
  boolean isFinal() {
    return verdict.filter(Verdict::isRemembered).isPresent();
  }

  /**
   * The one that counts of two statuses of the same command: a final one, the earlier of two;
   * otherwise the newer one, because a retry after a refusal is pending again.
   */
  static KnownStatus prevailing(KnownStatus one, KnownStatus other) {
    if (one.isFinal() != other.isFinal()) {
      return one.isFinal() ? one : other;
    }
    int order = one.time().compareTo(other.time());
    if (one.isFinal()) {
      return order <= 0 ? one : other;
    }
    if (order != 0) {
      return order > 0 ? one : other;
    }
    // A refusal has the time of the command it is about.
    return one.verdict().isPresent() ? one : other;
  }

  /**
   * One answer out of two about different partitions. What is known anywhere counts; that nothing
   * is known counts only if all say so.
   */
  static Answer<KnownStatus> together(Answer<KnownStatus> one, Answer<KnownStatus> other) {
    if (one instanceof Found<KnownStatus> here && other instanceof Found<KnownStatus> there) {
      return new Found<>(prevailing(here.value(), there.value()));
    }
    if (one instanceof Found<KnownStatus> || other instanceof NotFound<KnownStatus>) {
      return one;
    }
    return other instanceof Found<KnownStatus> || one instanceof NotFound<KnownStatus>
        ? other
        : one;
  }
}

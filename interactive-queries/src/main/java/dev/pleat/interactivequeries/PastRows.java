package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.util.List;
import java.util.Optional;

/** Folds what was recorded of an aggregate into a row as it was. Safe for use by many threads. */
@FunctionalInterface
public interface PastRows {

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
  Optional<byte[]> at(
      DomainSchema<?, ?> schema,
      View view,
      Optional<byte[]> nearest,
      long version,
      Recorded events);
}

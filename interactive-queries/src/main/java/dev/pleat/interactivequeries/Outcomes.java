package dev.pleat.interactivequeries;

import dev.pleat.schemas.Outcome;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/** Where it is heard that a command got an outcome. Safe for use by many threads. */
@FunctionalInterface
public interface Outcomes {

  /**
   * Begins to listen for the outcomes of a command, whoever sent it, in every domain. What came
   * before is not told.
   *
   * @param key the aggregate it addresses, when that is known: then the others' are not told
   * @return empty if too many listen or wait already
   */
  Optional<Following> follow(UUID commandId, Optional<String> key);

  /** Somebody who listens. Used by one thread, but for {@link #wake}; closed by who listened. */
  interface Following extends AutoCloseable {
    /**
     * Waits for the next outcome. It may leave some out that are not {@linkplain Heard#isFinal
     * final}.
     *
     * @return empty after this time, or when woken
     */
    Optional<Heard> next(Duration patience) throws InterruptedException;

    /** Ends a wait, now or the next one. */
    void wake();

    @Override
    void close();
  }

  /**
   * An outcome as it came.
   *
   * @param topic the outcomes topic it lies on
   * @param aggregateId the aggregate it is about
   * @param time when the log got what it is the outcome of, in milliseconds since 1970
   */
  record Heard(String topic, String aggregateId, Outcome outcome, long time) {

    /** Whether it is the one answer to every retry. */
    boolean isFinal() {
      return !outcome.replayed() && outcome.verdict().isRemembered();
    }
  }
}

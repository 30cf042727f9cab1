package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.SubmittedCommand;
import java.time.Duration;
import java.util.Optional;

/** Where commands are handed over. Safe for use by many threads. */
@FunctionalInterface
public interface Commands {

  /**
   * Hands a command to the log and waits for its outcome.
   *
   * <p>Blocks the calling thread, at least until the log has acknowledged the command or failed to:
   * no answer but {@link Submission.Refused} and {@link Submission.Unknown} is given before.
   *
   * @param aggregateId the aggregate, and the record key
   * @param traceparent the trace the command belongs to, passed on as it is
   * @param wait how long to wait for the outcome; zero to be told of the acknowledgement only
   */
  Submission submit(
      DomainSchema<?, ?> schema,
      String aggregateId,
      SubmittedCommand command,
      Optional<String> traceparent,
      Duration wait);
}

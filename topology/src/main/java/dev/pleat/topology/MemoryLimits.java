package dev.pleat.topology;

import java.time.Duration;

/**
 * How long command ids are remembered, and how much room that may take.
 *
 * @param time for how long an id is remembered after the log received its command, at least a
 *     minute; later the same id is a new command
 * @param bytes how much room the commands of one partition may take that do not lie beside their
 *     aggregate, at least 0; what finds no room is refused rather than another one forgotten early
 */
public record MemoryLimits(Duration time, long bytes) {

  private static final Duration LEAST_TIME = Duration.ofMinutes(1);

  /** A day, and a GiB for each partition: some eight million commands. */
  public static final MemoryLimits DEFAULT = new MemoryLimits(Duration.ofHours(24), 1L << 30);

  /** Checks both limits. */
  public MemoryLimits {
    if (time.compareTo(LEAST_TIME) < 0 || bytes < 0) {
      throw new IllegalArgumentException(
          "a memory of " + time + " in " + bytes + " bytes: it takes a minute at least");
    }
  }
}

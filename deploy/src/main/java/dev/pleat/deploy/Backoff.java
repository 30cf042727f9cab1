package dev.pleat.deploy;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before something is tried again: twice as long each time up to a limit, and of
 * that a random part of at least a half, so that not all who failed together come together again.
 *
 * @param first before the second try
 * @param longest at most
 */
record Backoff(Duration first, Duration longest) {

  private static final int MOST_DOUBLINGS = 30;

  /**
   * The wait after so many tries.
   *
   * @param tries from 1
   */
  Duration after(int tries, RandomGenerator random) {
    long wholeMs =
        Math.min(
            longest.toMillis(),
            Math.multiplyExact(first.toMillis(), 1L << Math.min(tries - 1, MOST_DOUBLINGS)));
    long half = Duration.ofMillis(wholeMs).toNanos() / 2;
    return Duration.ofNanos(half + random.nextLong(half + 1));
  }
}

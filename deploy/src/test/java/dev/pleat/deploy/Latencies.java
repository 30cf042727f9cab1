package dev.pleat.deploy;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.LongStream;

/**
 * Times that were measured, in ns, ready to be asked for percentiles. What was missed is longer
 * than anything that was measured, so that it cannot make a percentile better.
 */
final class Latencies {

  /** The time of what never came. */
  static final long MISSED = Long.MAX_VALUE;

  private final long[] sorted;

  private Latencies(long[] sorted) {
    this.sorted = sorted;
  }

  static Latencies of(LongStream nanos) {
    long[] sorted = nanos.toArray();
    Arrays.sort(sorted);
    return new Latencies(sorted);
  }

  int count() {
    return sorted.length;
  }

  int missed() {
    int missed = 0;
    while (missed < sorted.length && sorted[sorted.length - 1 - missed] == MISSED) {
      missed++;
    }
    return missed;
  }

  /**
   * The smallest time that this percentage of all is not longer than (nearest rank), in ms.
   *
   * @return infinity where that was missed, NaN if there is nothing
   */
  double percentileMs(double percent) {
    if (sorted.length == 0) {
      return Double.NaN;
    }
    int rank = (int) Math.ceil(percent / 100 * sorted.length);
    return ms(sorted[Math.clamp(rank - 1, 0, sorted.length - 1)]);
  }

  /** The longest that was measured, in ms: what was missed has its own count. */
  double maxMs() {
    int measured = sorted.length - missed();
    return measured == 0 ? Double.NaN : ms(sorted[measured - 1]);
  }

  private static double ms(long nanos) {
    return nanos == MISSED ? Double.POSITIVE_INFINITY : nanos / 1e6;
  }

  static String text(double ms) {
    if (Double.isNaN(ms)) {
      return "-";
    }
    return Double.isInfinite(ms) ? "missed" : String.format(Locale.ROOT, "%.2f", ms);
  }
}

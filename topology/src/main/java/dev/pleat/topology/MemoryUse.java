package dev.pleat.topology;

import dev.pleat.topology.Aggregate.Overflow;
import java.nio.ByteBuffer;

/**
 * How many bytes the overflow store of one partition holds, by period. Used by one stream thread at
 * a time.
 */
final class MemoryUse {

  /** What {@link #writeTo} writes. */
  static final int BYTES = Long.BYTES * (1 + Overflow.PERIODS);

  private long newest;
  private final long[] bytes = new long[Overflow.PERIODS];

  void add(long period, long count) {
    advanceTo(period);
    long back = newest - period;
    if (back < bytes.length) {
      bytes[(int) back] += count;
    }
  }

  /** What is held of a period and those before it, as far as they are of interest then. */
  long total(long period) {
    advanceTo(period);
    long total = 0;
    for (long each : bytes) {
      total += each;
    }
    return total;
  }

  /** What is too old to be of interest has been dropped. */
  private void advanceTo(long period) {
    long steps = period - newest;
    if (steps <= 0) {
      return;
    }
    newest = period;
    for (int i = bytes.length - 1; i >= 0; i--) {
      bytes[i] = i - steps >= 0 ? bytes[(int) (i - steps)] : 0;
    }
  }

  void writeTo(ByteBuffer out) {
    out.putLong(newest);
    for (long each : bytes) {
      out.putLong(each);
    }
  }

  void readFrom(ByteBuffer in) {
    newest = in.getLong();
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = in.getLong();
    }
  }
}

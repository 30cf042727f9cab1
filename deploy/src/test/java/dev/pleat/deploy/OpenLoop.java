package dev.pleat.deploy;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Commands that are meant to be sent at given times, whatever became of those before, and what
 * became of each: its latency is counted from the time it was meant to be sent.
 *
 * <p>Each command is recorded by one thread, several threads may record different ones; the figures
 * are read when all of them have ended.
 */
final class OpenLoop implements HttpLoad.Schedule {

  private static final int MANY_PER_SECOND = 5_000;
  private static final long TICK_NANOS = 1_000_000;

  private final long[] offsets;
  private final long[] latencies;
  private final long[] lateness;
  private final int warmUp;
  private final long tick;
  private long start;

  private OpenLoop(long[] offsets, Duration warmUp, long tick) {
    this.offsets = offsets;
    this.tick = tick;
    this.latencies = new long[offsets.length];
    this.lateness = new long[offsets.length];
    this.warmUp =
        (int) Arrays.stream(offsets).takeWhile(offset -> offset < warmUp.toNanos()).count();
    Arrays.fill(latencies, Latencies.MISSED);
    Arrays.fill(lateness, Latencies.MISSED);
  }

  /**
   * One after the other, evenly; those of the warm-up are not in the figures. At high rates a
   * command is sent up to 1 ms late, with those due meanwhile, which is in its latency: waking up
   * for each would take the processor from what is measured.
   */
  static OpenLoop steady(int perSecond, Duration time, Duration warmUp) {
    int count = Math.toIntExact(perSecond * time.toMillis() / 1_000);
    return new OpenLoop(
        IntStream.range(0, count).mapToLong(i -> i * 1_000_000_000L / perSecond).toArray(),
        warmUp,
        perSecond < MANY_PER_SECOND ? 0 : TICK_NANOS);
  }

  /** Two to five at once, then nothing for half a second to a second. */
  static OpenLoop bursts(Duration time, Duration warmUp, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    LongStream.Builder offsets = LongStream.builder();
    long at = 0;
    while (at < time.toNanos()) {
      int commands = random.nextInt(2, 6);
      for (int i = 0; i < commands; i++) {
        offsets.add(at);
      }
      at += random.nextLong(500_000_000, 1_000_000_001);
    }
    return new OpenLoop(offsets.build().toArray(), warmUp, 0);
  }

  /** Only the first so many of it. */
  OpenLoop upTo(int count) {
    OpenLoop part = new OpenLoop(Arrays.copyOf(offsets, count), Duration.ZERO, tick);
    System.arraycopy(latencies, 0, part.latencies, 0, count);
    System.arraycopy(lateness, 0, part.lateness, 0, count);
    part.start = start;
    return part;
  }

  @Override
  public int count() {
    return offsets.length;
  }

  /** The clock starts now; before any other thread records. */
  void start() {
    start = System.nanoTime();
  }

  @Override
  public void awaitTurn(int command) {
    long intended = intended(command);
    for (long left = intended - System.nanoTime(); left > 0; left = intended - System.nanoTime()) {
      LockSupport.parkNanos(Math.max(left, tick));
    }
  }

  long intended(int command) {
    return start + offsets[command];
  }

  /** It is sent now, however late. */
  @Override
  public boolean begin(int command) {
    lateness[command] = Math.max(0, System.nanoTime() - intended(command));
    return true;
  }

  /** It was done with at this time; what is never done is missed. */
  void done(int command, long nanoTime) {
    latencies[command] = nanoTime - intended(command);
  }

  Latencies latencies() {
    return pooled(List.of(this));
  }

  /** Of all the commands of several loops together. */
  static Latencies pooled(List<OpenLoop> loops) {
    return Latencies.of(
        loops.stream()
            .flatMapToLong(loop -> Arrays.stream(loop.latencies, loop.warmUp, loop.count())));
  }

  /** How much later than intended the commands of these loops were sent. */
  static Latencies lateness(List<OpenLoop> loops) {
    return Latencies.of(
        loops.stream()
            .flatMapToLong(loop -> Arrays.stream(loop.lateness, loop.warmUp, loop.count())));
  }

  Latencies firstThird() {
    return of(latencies, warmUp, warmUp + (offsets.length - warmUp) / 3);
  }

  Latencies lastThird() {
    return of(latencies, offsets.length - (offsets.length - warmUp) / 3, offsets.length);
  }

  private static Latencies of(long[] nanos, int from, int to) {
    return Latencies.of(Arrays.stream(nanos, from, to));
  }

  /** How many were done a second, from when the first was due until the last was done. */
  double perSecond() {
    long done =
        IntStream.range(warmUp, count()).filter(i -> latencies[i] != Latencies.MISSED).count();
    long end =
        IntStream.range(warmUp, count())
            .filter(i -> latencies[i] != Latencies.MISSED)
            .mapToLong(i -> offsets[i] + latencies[i])
            .max()
            .orElse(0);
    return done == 0 ? 0 : done * 1e9 / (end - offsets[warmUp]);
  }
}

package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * How long {@code pleat try} takes by the launcher until it answers, beside the start of a bare JVM
 * in the same run. Medians of five, after one start that keeps the loaded classes. Not part of
 * {@code verify}: the profile {@code measure} runs it.
 */
final class TrialStartMeasurement {

  private static final int REPETITIONS = 5;
  private static final Duration BAR = Duration.ofSeconds(2);

  @Test
  void is_ready_within_two_seconds() throws Exception {
    Files.deleteIfExists(
        Path.of("target", "pleat-try-java" + Runtime.version().feature() + ".jsa"));
    double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    long first = started();
    List<Long> tries = new ArrayList<>();
    List<Long> bare = new ArrayList<>();
    for (int i = 0; i < REPETITIONS; i++) {
      bare.add(bareStart());
      tries.add(started());
    }
    System.out.printf(
        """
        | start | median ms | all ms |
        |---|---|---|
        | bare JVM, to its end | %d | %s |
        | pleat try, without kept classes (one) | %d | |
        | pleat try | %d | %s |
        ratio %.1f, load average before %.1f, %d processors
        """,
        median(bare),
        bare,
        first,
        median(tries),
        tries,
        (double) median(tries) / median(bare),
        load,
        Runtime.getRuntime().availableProcessors());
    assertTrue(median(tries) <= BAR.toMillis(), "ready after " + tries + " ms, a bare JVM " + bare);
  }

  private static long started() {
    long begun = System.nanoTime();
    try (PleatProcess pleat = PleatProcess.trial("trial-start-times")) {
      long took = millisSince(begun);
      assertEquals(0, pleat.stop());
      return took;
    }
  }

  private static long bareStart() throws IOException, InterruptedException {
    long begun = System.nanoTime();
    Process java =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-version")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertEquals(0, java.waitFor());
    return millisSince(begun);
  }

  private static long millisSince(long nanoTime) {
    return (System.nanoTime() - nanoTime) / 1_000_000;
  }

  private static long median(List<Long> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }
}

package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** What the operating system says of a process. */
final class ProcessFigures {

  private static final int SETTLING_SECONDS = 10;

  private ProcessFigures() {}

  /** The memory of a process that is resident, in KiB; on Linux. */
  static long residentKilobytes(long pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc", String.valueOf(pid), "status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a process has taken of the cores so far, in ns. */
  static long cpuNanos(long pid) {
    return ProcessHandle.of(pid)
        .flatMap(process -> process.info().totalCpuDuration())
        .orElseThrow()
        .toNanos();
  }

  /**
   * Lets other processes have the cores before this one, from now on: a load generator would not be
   * on the machine of what it measures. Needs {@code renice}.
   */
  static void stepBack() throws InterruptedException {
    List<String> command = new ArrayList<>(List.of("renice", "-n", "10", "-p"));
    // Linux gives each thread a priority of its own, and a new one that of the thread it is from.
    try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
      threads.forEach(thread -> command.add(thread.getFileName().toString()));
      Process renice = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said = new String(renice.getInputStream().readAllBytes(), UTF_8);
      // A thread may have ended meanwhile.
      if (renice.waitFor() != 0 && said.lines().noneMatch(line -> line.contains("new priority"))) {
        throw new IllegalStateException(said);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a process takes of a core, in percent, when it is left alone for so long. */
  static double idlePercent(long pid, int seconds) {
    // What the start left to compile is compiled first.
    pass(Duration.ofSeconds(Math.min(SETTLING_SECONDS, seconds)));
    long before = cpuNanos(pid);
    long begun = System.nanoTime();
    pass(Duration.ofSeconds(seconds));
    return 100.0 * (cpuNanos(pid) - before) / (System.nanoTime() - begun);
  }

  private static void pass(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    for (long left = time.toNanos(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}

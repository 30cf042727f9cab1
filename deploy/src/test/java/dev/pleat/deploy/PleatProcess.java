package dev.pleat.deploy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * {@code pleat serve} of the calculator, unless told otherwise, in a JVM of its own, with this
 * test's class path and Java, for tests that stop or kill it. What it logs is in {@code
 * target/<name>.log}.
 */
final class PleatProcess implements AutoCloseable {

  private static final String MAX_HEAP = "-Xmx768m";

  /** It is stopped before what the compiler and the collector could do better would pay. */
  static final List<String> SHORT_LIVED = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  private static final long DEADLINE_SECONDS = 90;

  private final Process process;
  private final CompletableFuture<List<String>> welcome;

  private PleatProcess(Process process, CompletableFuture<List<String>> welcome) {
    this.process = process;
    this.welcome = welcome;
  }

  /** Starts {@code pleat serve} on a free HTTP port and returns at once. */
  static PleatProcess launch(String name, Path dataDir, String... flags) {
    return launch(Main.class, name, dataDir, flags);
  }

  /** The same of another main class, which takes the same flags. */
  static PleatProcess launch(Class<?> main, String name, Path dataDir, String... flags) {
    return launch(SHORT_LIVED, main, name, dataDir, flags);
  }

  private static PleatProcess launch(
      List<String> jvmFlags, Class<?> main, String name, Path dataDir, String... flags) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add(MAX_HEAP);
    command.addAll(jvmFlags);
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            main.getName(),
            "serve",
            "--data-dir",
            dataDir.toString()));
    return launch(command, name, flags);
  }

  /** Starts {@code deploy/bin/pleat serve}, as people do, and returns when everything is ready. */
  static PleatProcess launcher(String name, Path dataDir, String... flags) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of("bin", "pleat").toAbsolutePath().toString(),
                "serve",
                "--data-dir",
                dataDir.toString()));
    PleatProcess started = launch(command, name, flags);
    started.awaitReady();
    return started;
  }

  /** Starts {@code deploy/bin/pleat try}, as people do, and returns when it answers. */
  static PleatProcess trial(String name) {
    PleatProcess started =
        begin(
            List.of(Path.of("bin", "pleat").toAbsolutePath().toString(), "try", "--port", "0"),
            name);
    started.awaitReady();
    return started;
  }

  private static PleatProcess launch(List<String> command, String name, String... flags) {
    command.addAll(List.of(flags));
    if (!command.contains("--port")) {
      command.addAll(List.of("--port", "0"));
    }
    if (!command.contains("--domains")) {
      command.addAll(List.of("--domains", "calculator"));
    }
    return begin(command, name);
  }

  private static PleatProcess begin(List<String> command, String name) {
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectError(
                  ProcessBuilder.Redirect.appendTo(Path.of("target", name + ".log").toFile()));
      // As the launcher does.
      builder.environment().putIfAbsent("MALLOC_ARENA_MAX", "2");
      builder.environment().putIfAbsent("MALLOC_MMAP_THRESHOLD_", "65536");
      builder.environment().putIfAbsent("JAVA_HOME", System.getProperty("java.home"));
      Process process = builder.start();
      return new PleatProcess(process, CompletableFuture.supplyAsync(() -> welcome(process)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Starts {@code pleat serve} with its whole heap from the start, as a server is run, and returns
   * when everything is ready: what the process takes later, it takes for something else.
   */
  static PleatProcess startWithWholeHeap(
      Class<?> main, String name, Path dataDir, String... flags) {
    PleatProcess started =
        launch(
            List.of("-Xms" + MAX_HEAP.substring("-Xmx".length()), "-XX:+AlwaysPreTouch"),
            main,
            name,
            dataDir,
            flags);
    started.awaitReady();
    return started;
  }

  /** The same as {@link #start}, but compiled and collected as by default: to be measured. */
  static PleatProcess startForLong(String name, Path dataDir, String... flags) {
    PleatProcess started = launch(List.of(), Main.class, name, dataDir, flags);
    started.awaitReady();
    return started;
  }

  /** Starts {@code pleat serve} and returns when everything is ready. */
  static PleatProcess start(String name, Path dataDir, String... flags) {
    PleatProcess started = launch(name, dataDir, flags);
    started.awaitReady();
    return started;
  }

  private static List<String> welcome(Process process) {
    List<String> lines = new ArrayList<>();
    try {
      BufferedReader out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        lines.add(line);
        if (line.startsWith("Stop it with")) {
          return lines;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new IllegalStateException("pleat ended before it was ready: " + lines);
  }

  /** Waits until it says that it is ready, and returns what it said. */
  List<String> awaitReady() {
    return welcome.orTimeout(DEADLINE_SECONDS, TimeUnit.SECONDS).join();
  }

  URI http() {
    return URI.create(said("HTTP").orElseThrow());
  }

  /** Where {@link BesideAConstant} always answers the same. */
  URI constant() {
    return URI.create(said(BesideAConstant.LABEL).orElseThrow());
  }

  String bootstrapServers() {
    return said("Kafka").orElseThrow();
  }

  private Optional<String> said(String label) {
    return awaitReady().stream()
        .map(String::strip)
        .filter(line -> line.startsWith(label + " "))
        .map(line -> line.substring(label.length()).strip().split(" ")[0])
        .findFirst();
  }

  /** Ends it as {@code kill -9} does, and returns when it is gone. */
  void kill() {
    process.destroyForcibly();
    await();
  }

  /** Stops it as SIGTERM does, and returns its exit code. */
  int stop() {
    process.destroy();
    await();
    return process.exitValue();
  }

  long pid() {
    return process.pid();
  }

  private void await() {
    try {
      if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("process " + process.pid() + " does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      kill();
    }
  }
}

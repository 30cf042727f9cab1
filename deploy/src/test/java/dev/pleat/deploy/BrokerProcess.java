package dev.pleat.deploy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;

/**
 * A real Kafka broker in a JVM of its own, for tests that kill it.
 *
 * <p>It is the {@link EmbeddedBroker} with this test's class path and Java, so what is killed is
 * what is shipped. What it logs is in {@code target/broker-<port>.log}. It ends by itself when the
 * test's JVM does.
 */
final class BrokerProcess implements AutoCloseable {

  private static final String READY = "ready ";
  private static final long DEADLINE_SECONDS = 60;

  private final Path directory;
  private Process process;
  private String bootstrapServers;

  private BrokerProcess(Path directory, Process process, String bootstrapServers) {
    this.directory = directory;
    this.process = process;
    this.bootstrapServers = bootstrapServers;
  }

  /** Starts a broker on a free port and returns when it answers. */
  static BrokerProcess start(Path directory) {
    return start(directory, 0);
  }

  /** Starts a broker on this port (0 for a free one) and returns when it answers. */
  static BrokerProcess start(Path directory, int port) {
    Process process = launch(directory, port);
    return new BrokerProcess(directory, process, awaitAnswer(process));
  }

  String bootstrapServers() {
    return bootstrapServers;
  }

  /** The process, for whoever measures what it uses. */
  long pid() {
    return process.pid();
  }

  int port() {
    return Integer.parseInt(bootstrapServers.substring(bootstrapServers.lastIndexOf(':') + 1));
  }

  /** Kills the broker as {@code kill -9} does, and returns when it is gone. */
  void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /**
   * Starts the broker again on the same records and the same port; it must have been killed or
   * closed.
   */
  void restart() {
    if (process.isAlive()) {
      throw new IllegalStateException("the broker is still running");
    }
    process = launch(directory, port());
    bootstrapServers = awaitAnswer(process);
  }

  /** Shuts the broker down in good order, and returns when it is gone. */
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
    } catch (IOException alreadyGone) {
      // The end of a dead process's input may not be there to close.
    }
    awaitEnd();
  }

  private void awaitEnd() {
    try {
      process.onExit().get(DEADLINE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      process.destroyForcibly();
      throw new IllegalStateException("the broker did not end", e);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private static Process launch(Path directory, int port) {
    try {
      Path output =
          Files.createDirectories(Path.of("target"))
              .resolve("broker-" + (port == 0 ? "any" : port) + ".log");
      return new ProcessBuilder(
              ProcessHandle.current()
                  .info()
                  .command()
                  .orElse(Path.of(System.getProperty("java.home"), "bin", "java").toString()),
              // As Kafka's own scripts give it.
              "-Xmx1g",
              "-cp",
              System.getProperty("java.class.path"),
              BrokerProcess.class.getName(),
              directory.toString(),
              String.valueOf(port))
          .redirectError(ProcessBuilder.Redirect.appendTo(output.toFile()))
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns where the broker listens, once it said that it is ready and has answered a request. */
  private static String awaitAnswer(Process process) {
    try {
      String address =
          CompletableFuture.supplyAsync(() -> readAddress(process))
              .get(DEADLINE_SECONDS, TimeUnit.SECONDS);
      try (Admin admin =
          Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, address))) {
        admin.describeCluster().nodes().get(DEADLINE_SECONDS, TimeUnit.SECONDS);
      }
      return address;
    } catch (ExecutionException | TimeoutException e) {
      process.destroyForcibly();
      throw new IllegalStateException("the broker did not start: see target/broker-*.log", e);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String readAddress(Process process) {
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    return output
        .lines()
        .filter(line -> line.startsWith(READY))
        .findFirst()
        .map(line -> line.substring(READY.length()))
        .orElseThrow(() -> new IllegalStateException("the broker ended before it was ready"));
  }

  /**
   * The other process: a broker until its input ends, which it also does when the test's JVM dies.
   */
  public static void main(String[] arguments) throws IOException {
    try (Broker broker =
        EmbeddedBroker.start(Path.of(arguments[0]), Integer.parseInt(arguments[1]))) {
      System.out.println(READY + broker.bootstrapServers());
      // Nobody reads standard output any more; writing there would block in the end.
      System.setOut(System.err);
      System.in.transferTo(OutputStream.nullOutputStream());
    }
    System.exit(0);
  }
}

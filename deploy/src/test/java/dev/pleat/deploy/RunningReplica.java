package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.topology.Domain;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** A replica in this JVM, and a client of it. */
final class RunningReplica implements AutoCloseable {

  private final Path directory;
  private final Replica replica;
  private final ApiClient http;

  RunningReplica(
      Path directory,
      String bootstrapServers,
      List<String> views,
      List<Domain<?, ?, ?>> domains,
      InstantSource clock) {
    this.directory = directory;
    this.replica =
        Replica.start(
            new ReplicaSettings("127.0.0.1", 0, directory, bootstrapServers, views, false),
            domains,
            clock);
    this.http = new ApiClient(replica.url());
  }

  static void await(String what, Duration patience, BooleanSupplier condition) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, what);
      LockSupport.parkNanos(20_000_000);
    }
  }

  ApiClient http() {
    return http;
  }

  HttpResponse<String> get(String path) {
    return http.get(path);
  }

  /** How old the copy is, in seconds, as an answer of it says. */
  long age(String path) {
    HttpResponse<String> answer = get(path);
    assertEquals(200, answer.statusCode(), path + " " + answer.body());
    assertTrue(header(answer, "Pleat-Position").matches("g[0-9]+:[0-9,]+"));
    return Long.parseLong(header(answer, "Age"));
  }

  /** The generation of the copy that answers, like g1. */
  String generation(String path) {
    return header(get(path), "Pleat-Position").split(":")[0];
  }

  /** The copies of a view that lie on disk. */
  List<String> copies(String view) {
    try (Stream<Path> all =
        Files.list(directory.resolve("copies").resolve(view.replace('/', '.')))) {
      return all.map(each -> each.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Reads a row again and again until it is closed. */
  Reader reads(String path) {
    return new Reader(path);
  }

  /** Asks again and again; every answer must be a row of the copy. */
  final class Reader implements AutoCloseable {
    private final AtomicBoolean stop = new AtomicBoolean();
    private final List<String> wrong = new ArrayList<>();
    private final Thread thread;

    private Reader(String path) {
      thread =
          Thread.ofPlatform()
              .start(
                  () -> {
                    while (!stop.get()) {
                      HttpResponse<String> answer = get(path);
                      if (answer.statusCode() != 200
                          || answer.headers().firstValue("Age").isEmpty()) {
                        wrong.add(answer.statusCode() + " " + answer.body());
                      }
                    }
                  });
    }

    @Override
    public void close() {
      stop.set(true);
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      assertEquals(List.of(), wrong);
    }
  }

  @Override
  public void close() {
    http.close();
    replica.close();
  }
}

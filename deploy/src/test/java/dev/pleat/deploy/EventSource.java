package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/** A client of Server-Sent Events that can be cut at any time, also by another thread. */
final class EventSource implements AutoCloseable {

  /** An event of which everything came. */
  record Event(String name, Optional<String> id, String data) {}

  private final Socket socket;
  private final BufferedReader in;

  /**
   * Follows a path.
   *
   * @param lastEventId of the last event that came before it was cut, if there was one
   */
  EventSource(String url, String path, Optional<String> lastEventId) {
    URI base = URI.create(url);
    try {
      socket = new Socket(base.getHost(), base.getPort());
      String id = lastEventId.map(text -> "Last-Event-ID: " + text + "\r\n").orElse("");
      socket
          .getOutputStream()
          .write(
              ("GET %s HTTP/1.0\r\nHost: pleat\r\nAccept: text/event-stream\r\n%s\r\n")
                  .formatted(path, id)
                  .getBytes(UTF_8));
      in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The next event; empty when it was cut, has ended, or nothing came in time. */
  Optional<Event> next(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    String name = "";
    String data = "";
    Optional<String> id = Optional.empty();
    try {
      while (true) {
        long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
        if (left <= 0) {
          return Optional.empty();
        }
        socket.setSoTimeout((int) left);
        String line = in.readLine();
        if (line == null) {
          return Optional.empty();
        }
        if (line.startsWith("HTTP/1.1 ") && !line.startsWith("HTTP/1.1 200")) {
          throw new AssertionError(line);
        } else if (line.startsWith("event: ")) {
          name = line.substring("event: ".length());
        } else if (line.startsWith("id: ")) {
          id = Optional.of(line.substring("id: ".length()));
        } else if (line.startsWith("data: ")) {
          data = line.substring("data: ".length());
        } else if (line.isEmpty() && !name.isEmpty()) {
          return Optional.of(new Event(name, id, data));
        }
      }
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

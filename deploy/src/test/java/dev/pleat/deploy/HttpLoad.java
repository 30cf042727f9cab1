package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Sends commands over HTTP at the times a schedule says, over a fixed number of connections, each
 * served by a virtual thread: it shares two cores with what it measures, so it does little more
 * than write bytes and read them. A command whose time has come when all connections are busy
 * waits, and its latency counts from when it was due.
 */
final class HttpLoad {

  /** When commands are due. */
  interface Schedule {
    int count();

    /** Waits until it is time for this command, if it is not yet. */
    void awaitTurn(int command);

    /** Asked when it is about to be sent: false if it is not to be sent any more. */
    boolean begin(int command);
  }

  /** Told what became of each command; called by many threads. */
  interface Listener {
    void answered(int command, Answer answer);
  }

  /**
   * An answer.
   *
   * @param status 0 if there was none, because the connection broke
   * @param retryAfter whether it says when to try again
   */
  record Answer(int status, boolean retryAfter) {
    static final Answer NONE = new Answer(0, false);
  }

  private static final int PATIENCE_MS = 60_000;
  private static final String BODY = "{\"operation\":\"ADD\",\"value\":1}";

  private final URI http;
  private final List<String> values;
  private final Schedule schedule;
  private final Listener listener;
  private final AtomicInteger next = new AtomicInteger();

  private HttpLoad(URI http, List<String> values, Schedule schedule, Listener listener) {
    this.http = http;
    this.values = values;
    this.schedule = schedule;
    this.listener = listener;
  }

  /**
   * Adds 1 to these values in turn, and returns when every command is answered.
   *
   * @param start called when all connections stand
   */
  static void run(
      URI http,
      List<String> values,
      int connections,
      Schedule schedule,
      Listener listener,
      Runnable start)
      throws InterruptedException, ExecutionException {
    HttpLoad load = new HttpLoad(http, values, schedule, listener);
    CountDownLatch connected = new CountDownLatch(connections);
    CountDownLatch begun = new CountDownLatch(1);
    try (ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<? extends Future<?>> ends =
          IntStream.range(0, connections)
              .mapToObj(i -> workers.submit(() -> load.work(connected, begun)))
              .toList();
      connected.await();
      start.run();
      begun.countDown();
      for (Future<?> end : ends) {
        end.get();
      }
    }
  }

  private void work(CountDownLatch connected, CountDownLatch begun) {
    try (Connection connection = new Connection(http)) {
      connection.reopenIfClosed();
      connected.countDown();
      begun.await();
      for (int i = next.getAndIncrement(); i < schedule.count(); i = next.getAndIncrement()) {
        schedule.awaitTurn(i);
        if (schedule.begin(i)) {
          listener.answered(i, connection.send(values.get(i % values.size())));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      connected.countDown();
    }
  }

  /** One keep-alive connection; it is opened again when it broke. */
  private static final class Connection implements AutoCloseable {
    private final InetAddress address = InetAddress.getLoopbackAddress();
    private final URI http;
    private final byte[] buffer = new byte[16 * 1024];
    private Socket socket = new Socket();
    private boolean open;

    Connection(URI http) {
      this.http = http;
    }

    boolean reopenIfClosed() {
      if (open) {
        return true;
      }
      try {
        socket.close();
        socket = new Socket(address, http.getPort());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MS);
        open = true;
      } catch (IOException e) {
        open = false;
      }
      return open;
    }

    Answer send(String value) {
      if (!reopenIfClosed()) {
        return Answer.NONE;
      }
      try {
        socket.getOutputStream().write(request(value).getBytes(ISO_8859_1));
        return read(socket.getInputStream());
      } catch (IOException e) {
        open = false;
        return Answer.NONE;
      }
    }

    private String request(String value) {
      ThreadLocalRandom random = ThreadLocalRandom.current();
      UUID key =
          new UUID(
              random.nextLong() & ~0xf000L | 0x4000L,
              random.nextLong() >>> 2 | 0x8000_0000_0000_0000L);
      return "PUT /values/"
          + value
          + " HTTP/1.1\r\nHost: "
          + http.getAuthority()
          + "\r\nContent-Type: application/json\r\nIdempotency-Key: "
          + key
          + "\r\nContent-Length: "
          + BODY.length()
          + "\r\n\r\n"
          + BODY;
    }

    private Answer read(InputStream in) throws IOException {
      int filled = 0;
      int bodyAt = -1;
      while (bodyAt < 0) {
        int n = in.read(buffer, filled, buffer.length - filled);
        if (n <= 0) {
          throw new EOFException("no whole answer");
        }
        filled += n;
        bodyAt = endOfHead(filled);
      }
      String head = new String(buffer, 0, bodyAt, ISO_8859_1).toLowerCase(Locale.ROOT);
      int left = length(head) - (filled - bodyAt);
      while (left > 0) {
        int n = in.read(buffer, 0, Math.min(left, buffer.length));
        if (n < 0) {
          throw new EOFException("no whole body");
        }
        left -= n;
      }
      if (head.contains("\r\nconnection: close")) {
        open = false;
      }
      return new Answer(
          Integer.parseInt(head.substring(9, 12)), head.contains("\r\nretry-after: "));
    }

    private int endOfHead(int filled) {
      for (int i = 3; i < filled; i++) {
        if (buffer[i] == '\n' && buffer[i - 1] == '\r' && buffer[i - 2] == '\n') {
          return i + 1;
        }
      }
      return -1;
    }

    private static int length(String head) throws IOException {
      String name = "\r\ncontent-length: ";
      int at = head.indexOf(name);
      if (at < 0) {
        throw new IOException("an answer without its length: " + head);
      }
      return Integer.parseInt(
          head.substring(at + name.length(), head.indexOf('\r', at + name.length())).strip());
    }

    @Override
    public void close() {
      try {
        socket.close();
      } catch (IOException e) {
        open = false;
      }
    }
  }
}

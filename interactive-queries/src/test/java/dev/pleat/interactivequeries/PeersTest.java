package dev.pleat.interactivequeries;

import static dev.pleat.interactivequeries.RunningApi.COMMAND_ID;
import static dev.pleat.interactivequeries.RunningApi.LOG_ID;
import static dev.pleat.interactivequeries.RunningApi.VALUE_ID;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.interactivequeries.Answer.Unavailable;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.Outcome.Verdict;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.streams.state.HostInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Another instance is asked, and may be anything. */
@Timeout(60)
final class PeersTest {

  private static final UUID ID = UUID.fromString(COMMAND_ID);
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final RunningApi other = new RunningApi();

  @AfterEach
  void close() {
    other.close();
  }

  private static Answer<KnownStatus> ask(
      Map<HostInfo, Set<Integer>> holders, Optional<String> key) {
    return ask(holders, key, PATIENCE);
  }

  private static Answer<KnownStatus> ask(
      Map<HostInfo, Set<Integer>> holders, Optional<String> key, Duration patience) {
    try (Peers peers = new Peers((schema, asked) -> holders, domain -> LOG_ID, patience, 10)) {
      return peers.ask(CalculatorSchema.SCHEMA, ID, key, Set.of(0));
    }
  }

  private static Answer<KnownStatus> ask(int port) {
    return ask(port, PATIENCE);
  }

  private static Answer<KnownStatus> ask(int port, Duration patience) {
    return ask(Map.of(new HostInfo("127.0.0.1", port), Set.of(0)), Optional.of(VALUE_ID), patience);
  }

  private static void isNotNow(Answer<KnownStatus> answer, String about) {
    Unavailable<KnownStatus> not = assertInstanceOf(Unavailable.class, answer, about);
    assertEquals(Answer.NOT_NOW, not.code(), about);
  }

  private void decided(Verdict verdict) {
    other.statuses.decided(ID, VALUE_ID, verdict);
  }

  @Test
  void every_status_comes_back_as_the_other_instance_has_it() {
    assertInstanceOf(NotFound.class, ask(other.api.port()));
    other.statuses.pending(ID, VALUE_ID);
    assertEquals(
        new Found<>(
            new KnownStatus(Optional.of(VALUE_ID), Optional.empty(), InMemoryStatuses.TIME)),
        ask(other.api.port()));
    for (Verdict verdict :
        List.of(new Accepted(4, List.of(UUID.randomUUID(), UUID.randomUUID())), new Unchanged(0))) {
      decided(verdict);
      assertEquals(
          new Found<>(
              new KnownStatus(Optional.of(VALUE_ID), Optional.of(verdict), InMemoryStatuses.TIME)),
          ask(other.api.port()));
    }
    Rejected rejected = new Rejected(4, "value-not-found", "no \"x\"");
    decided(rejected);
    assertEquals(
        new Found<>(
            new KnownStatus(Optional.empty(), Optional.of(rejected), InMemoryStatuses.TIME)),
        ask(other.api.port()));
  }

  @Test
  void a_partition_the_other_does_not_hold_is_not_now() {
    Map<HostInfo, Set<Integer>> wrong =
        Map.of(new HostInfo("127.0.0.1", other.api.port()), Set.of(0, 1));
    isNotNow(ask(wrong, Optional.empty()), "a partition it does not hold");
  }

  @Test
  void a_partition_nobody_is_known_to_hold_is_not_now() {
    isNotNow(ask(Map.of(), Optional.empty()), "no holder");
  }

  @Test
  void addresses_nobody_can_use_are_not_now() throws IOException {
    int unused;
    try (Listener listener = Listener.open("127.0.0.1", 0)) {
      unused = listener.port();
    }
    isNotNow(ask(unused), "nobody listens");
    for (HostInfo host :
        List.of(
            new HostInfo("user@127.0.0.1", 80),
            new HostInfo("127.0.0.1/x?", 80),
            new HostInfo("a b", 80),
            new HostInfo("127.0.0.1", -1),
            new HostInfo("127.0.0.1", 70_000))) {
      isNotNow(ask(Map.of(host, Set.of(0)), Optional.empty()), host.toString());
    }
  }

  @Test
  void an_answer_that_is_not_one_to_this_question_is_not_now() throws IOException {
    String good =
        "{\"command-id\":\"%s\",\"status\":\"unchanged\",\"value-id\":\"%s\",\"version\":4}"
            .formatted(COMMAND_ID, VALUE_ID);
    String time = "Pleat-Status-Time: 2026-11-21T10:00:00.123Z\r\n";
    assertInstanceOf(Found.class, answered(200, time, good));
    isNotNow(answered(200, "", good), "no time");
    isNotNow(answered(200, "Pleat-Status-Time: yesterday\r\n", good), "no such time");
    isNotNow(answered(201, time, good), "another status");
    isNotNow(answered(302, "Location: http://127.0.0.1:1/\r\n", good), "a redirect");
    isNotNow(answered(500, time, good), "a failure");
    isNotNow(answered(404, time, "not found"), "a 404 of somebody else");
    isNotNow(answered(404, time, "{\"code\":\"not-found\"}"), "a 404 of another route");
    isNotNow(
        answered(404, time, "{\"code\":\"command-not-found\",\"command-id\":\"" + VALUE_ID + "\"}"),
        "a 404 of another command");
    for (String[] change :
        List.of(
            new String[] {COMMAND_ID, VALUE_ID},
            new String[] {VALUE_ID, COMMAND_ID},
            new String[] {"unchanged", "accepted"},
            new String[] {"unchanged", "rejected"},
            new String[] {"unchanged", "done"},
            new String[] {":4", ":-4"},
            new String[] {":4", ":4.5"},
            new String[] {":4", ":\"4\""},
            new String[] {":4", ":99999999999999999999"},
            new String[] {"unchanged\"", "accepted\",\"events\":[]"},
            new String[] {"}", ""},
            new String[] {"}", "}{}"})) {
      String changed = good.replace(change[0], change[1]);
      isNotNow(answered(200, time, changed), changed);
    }
  }

  @Test
  void an_answer_without_end_is_not_read_to_the_end_of_patience() throws IOException {
    byte[] part = new byte[8192];
    Arrays.fill(part, (byte) ' ');
    long start = System.nanoTime();
    isNotNow(
        served(
            Duration.ofSeconds(20),
            out -> {
              out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(UTF_8));
              while (true) {
                out.write(part);
              }
            }),
        "endless");
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    assertTrue(took.compareTo(Duration.ofSeconds(10)) < 0, took::toString);
  }

  @Test
  void an_answer_that_does_not_come_or_comes_drop_by_drop_is_not_waited_for() throws IOException {
    for (String begin : List.of("", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")) {
      long start = System.nanoTime();
      isNotNow(
          served(
              PATIENCE,
              out -> {
                out.write(begin.getBytes(UTF_8));
                out.flush();
                LockSupport.parkNanos(Duration.ofSeconds(20).toNanos());
              }),
          "slow: " + begin);
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      assertTrue(took.compareTo(PATIENCE.multipliedBy(3)) < 0, took::toString);
    }
  }

  @Test
  void no_more_than_so_many_are_asked_at_once() {
    try (Peers peers =
        new Peers(
            (schema, asked) -> Map.of(new HostInfo("127.0.0.1", other.api.port()), asked),
            domain -> LOG_ID,
            PATIENCE,
            0)) {
      Unavailable<KnownStatus> not =
          assertInstanceOf(
              Unavailable.class,
              peers.ask(CalculatorSchema.SCHEMA, ID, Optional.empty(), Set.of(0)));
      assertEquals(Answer.OVERLOADED, not.code());
    }
    try (Peers peers =
        new Peers(
            (schema, asked) -> Map.of(new HostInfo("127.0.0.1", other.api.port()), asked),
            domain -> LOG_ID,
            PATIENCE,
            1)) {
      for (int i = 0; i < 200; i++) {
        assertInstanceOf(
            NotFound.class, peers.ask(CalculatorSchema.SCHEMA, ID, Optional.empty(), Set.of(0)));
      }
    }
  }

  private static Answer<KnownStatus> answered(int status, String headers, String body)
      throws IOException {
    return served(
        PATIENCE,
        out ->
            out.write(
                ("HTTP/1.1 "
                        + status
                        + " x\r\n"
                        + headers
                        + "Content-Length: "
                        + body.getBytes(UTF_8).length
                        + "\r\n\r\n"
                        + body)
                    .getBytes(UTF_8)));
  }

  private interface Writing {
    void to(OutputStream out) throws IOException;
  }

  /** What is made of the answer of a server that writes this whatever it is asked. */
  private static Answer<KnownStatus> served(Duration patience, Writing writing) throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread serving =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try (Socket socket = server.accept()) {
                      int lines = 0;
                      for (int c = 0; lines < 2 && c >= 0; ) {
                        c = socket.getInputStream().read();
                        lines = c == '\n' ? lines + 1 : c == '\r' ? lines : 0;
                      }
                      writing.to(socket.getOutputStream());
                      socket.getOutputStream().flush();
                      socket.shutdownOutput();
                      socket.getInputStream().readAllBytes();
                    } catch (IOException e) {
                      // The client has seen enough.
                    }
                  });
      Answer<KnownStatus> answer = ask(server.getLocalPort(), patience);
      serving.interrupt();
      return answer;
    }
  }
}

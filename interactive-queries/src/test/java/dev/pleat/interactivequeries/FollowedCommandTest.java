package dev.pleat.interactivequeries;

import static dev.pleat.interactivequeries.RunningApi.COMMAND_ID;
import static dev.pleat.interactivequeries.RunningApi.LOG_ID;
import static dev.pleat.interactivequeries.RunningApi.VALUE_ID;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.interactivequeries.RunningApi.Answered;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.Outcome.Verdict;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The status of a command as Server-Sent Events. */
@Timeout(60)
final class FollowedCommandTest {

  private static final UUID ID = UUID.fromString(COMMAND_ID);
  private static final String PATH = "/commands/" + COMMAND_ID;
  private static final String PENDING =
      "{\"command-id\":\"%s\",\"status\":\"pending\",\"value-id\":\"%s\"}"
          .formatted(COMMAND_ID, VALUE_ID);
  private static final String UNCHANGED =
      "{\"command-id\":\"%s\",\"status\":\"unchanged\",\"value-id\":\"%s\",\"version\":4,\"token\":\"%s\"}"
          .formatted(COMMAND_ID, VALUE_ID, new Token("calculator", LOG_ID, VALUE_ID, 4).text());

  private final RunningApi api = new RunningApi();

  @AfterEach
  void close() {
    api.close();
  }

  private static Outcome outcome(Verdict verdict) {
    return new Outcome(
        UUID.randomUUID(), ID, verdict, Instant.EPOCH, Optional.empty(), Optional.empty(), false);
  }

  /** A client that reads line by line. */
  private static final class Client implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader in;
    private final List<String> head = new ArrayList<>();

    Client(RunningApi api, String path) throws IOException {
      socket = new Socket("127.0.0.1", api.api.port());
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.0\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
                  .getBytes(UTF_8));
      in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
        head.add(line);
      }
    }

    /** The data of the next event; empty at the end of the stream. */
    Optional<String> event() throws IOException {
      long deadline = System.nanoTime() + Duration.ofSeconds(15).toNanos();
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        assertTrue(System.nanoTime() < deadline, "nothing but signs of life");
        if (line.equals("event: status")) {
          String data = in.readLine();
          assertTrue(data.startsWith("data: "), data);
          assertEquals("", in.readLine());
          return Optional.of(data.substring("data: ".length()));
        }
        assertTrue(line.isEmpty() || line.startsWith(":"), line);
      }
      return Optional.empty();
    }

    String comment() throws IOException {
      return in.readLine();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "it did not come about");
      LockSupport.parkNanos(5_000_000);
    }
  }

  @Test
  void tells_the_status_then_the_outcome_and_ends() throws Exception {
    api.statuses.pending(ID, VALUE_ID);
    try (Client client = new Client(api, PATH)) {
      assertEquals("HTTP/1.1 200 OK", client.head.get(0));
      assertTrue(
          client.head.stream()
              .anyMatch(line -> line.matches("(?i)content-type: text/event-stream.*")),
          client.head::toString);
      assertEquals(Optional.of(PENDING), client.event());
      api.outcomes.tell(VALUE_ID, outcome(new Unchanged(4)));
      assertEquals(Optional.of(UNCHANGED), client.event());
      assertEquals(Optional.empty(), client.event());
    }
    await(() -> api.outcomes.followers() == 0);
  }

  @Test
  void an_outcome_that_is_there_is_all_that_is_told() throws Exception {
    api.statuses.decided(ID, VALUE_ID, new Unchanged(4));
    try (Client client = new Client(api, PATH + "?key=" + VALUE_ID)) {
      assertEquals(Optional.of(UNCHANGED), client.event());
      assertEquals(Optional.empty(), client.event());
    }
    await(() -> api.outcomes.followers() == 0);
  }

  @Test
  void an_outcome_that_comes_while_the_status_is_read_is_not_missed() throws Exception {
    api.statuses.pending(ID, VALUE_ID);
    api.statuses.whenRead(
        () -> {
          api.statuses.whenRead(() -> {});
          api.outcomes.tell(VALUE_ID, outcome(new Unchanged(4)));
        });
    try (Client client = new Client(api, PATH)) {
      assertEquals(Optional.of(PENDING), client.event());
      assertEquals(Optional.of(UNCHANGED), client.event());
    }
  }

  @Test
  void an_outcome_from_before_that_the_index_notes_late_is_told() throws Exception {
    api.statuses.pending(ID, VALUE_ID);
    try (Client client = new Client(api, PATH)) {
      assertEquals(Optional.of(PENDING), client.event());
      api.statuses.decided(ID, VALUE_ID, new Unchanged(4));
      assertEquals(Optional.of(UNCHANGED), client.event());
    }
  }

  @Test
  void a_refusal_of_a_second_delivery_and_a_replay_are_not_taken_for_the_outcome()
      throws Exception {
    api.statuses.pending(ID, VALUE_ID);
    try (Client client = new Client(api, PATH)) {
      assertEquals(Optional.of(PENDING), client.event());
      api.outcomes.tell(
          VALUE_ID, outcome(new Rejected(4, "command-id-reused", "used for another command")));
      api.outcomes.tell(VALUE_ID, outcome(new Unchanged(9)).answeredAgain());
      api.statuses.decided(ID, VALUE_ID, new Unchanged(4));
      assertEquals(Optional.of(UNCHANGED), client.event());
      assertEquals(Optional.empty(), client.event());
    }
  }

  @Test
  void a_refusal_ends_it_once_it_is_the_status() throws Exception {
    api.statuses.pending(ID, VALUE_ID);
    try (Client client = new Client(api, PATH)) {
      assertEquals(Optional.of(PENDING), client.event());
      Outcome refused = outcome(new Rejected(4, "decision-failed", "no"));
      api.outcomes.tell(VALUE_ID, refused);
      api.statuses.decided(ID, VALUE_ID, refused.verdict());
      assertTrue(client.event().orElseThrow().contains("\"reason\":\"decision-failed\""));
      assertEquals(Optional.empty(), client.event());
    }
  }

  @Test
  void while_the_index_cannot_be_read_the_last_status_stands() throws Exception {
    api.statuses.pending(ID, VALUE_ID);
    try (Client client = new Client(api, PATH)) {
      assertEquals(Optional.of(PENDING), client.event());
      api.statuses.unavailable("held by another instance");
      // It has been looked up since, in vain.
      client.comment();
      client.comment();
      api.outcomes.tell(VALUE_ID, outcome(new Unchanged(4)));
      assertEquals(Optional.of(UNCHANGED), client.event());
    }
  }

  @Test
  void what_is_not_known_is_a_problem_and_no_stream() throws Exception {
    api.get(PATH, "Accept", "text/event-stream").isProblem(404, "command-not-found");
    api.get("/commands/x", "Accept", "text/event-stream").isProblem(400, "invalid-command-id");
    api.statuses.unavailable("held by another instance");
    api.get(PATH, "Accept", "text/event-stream").isProblem(503, "not-now");
    assertEquals(0, api.outcomes.followers());
  }

  @Test
  void too_many_are_told_to_come_back() throws Exception {
    api.statuses.pending(ID, VALUE_ID);
    api.outcomes.allow(1);
    try (Client client = new Client(api, PATH)) {
      client.event();
      api.get(PATH, "Accept", "text/event-stream").isProblem(503, "overloaded");
      assertEquals(200, api.get(PATH).status());
    }
    // Who hangs up makes room.
    await(() -> api.outcomes.followers() == 0);
    try (Client client = new Client(api, PATH)) {
      assertEquals(Optional.of(PENDING), client.event());
    }
  }

  @Test
  void ends_with_the_last_status_when_its_time_is_up() throws Exception {
    try (RunningApi brief =
        new RunningApi(new HttpApi.Limits(10, Duration.ofMillis(600), Duration.ofSeconds(30)))) {
      brief.statuses.pending(ID, VALUE_ID);
      try (Client client = new Client(brief, PATH)) {
        assertEquals(Optional.of(PENDING), client.event());
        assertEquals(Optional.of(PENDING), client.event());
        assertEquals(Optional.empty(), client.event());
      }
      assertEquals(0, brief.outcomes.followers());
    }
  }

  @Test
  void a_server_that_closes_ends_it_at_once() throws Exception {
    api.statuses.pending(ID, VALUE_ID);
    try (Client client = new Client(api, PATH)) {
      assertEquals(Optional.of(PENDING), client.event());
      long start = System.nanoTime();
      CompletableFuture<Void> closed = CompletableFuture.runAsync(api.api::close);
      assertEquals(Optional.of(PENDING), client.event());
      assertEquals(Optional.empty(), client.event());
      closed.get(20, TimeUnit.SECONDS);
      assertTrue(api.outcomes.woken() > 0, "it was not woken");
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      assertTrue(took.compareTo(Duration.ofSeconds(4)) < 0, took::toString);
    }
  }

  @Test
  void says_now_and_then_that_it_is_still_there() throws Exception {
    api.statuses.pending(ID, VALUE_ID);
    try (Client client = new Client(api, PATH)) {
      client.event();
      assertEquals(": still pending", client.comment());
      assertEquals("", client.comment());
      assertEquals(": still pending", client.comment());
    }
  }

  @Test
  void events_are_sent_only_to_who_wants_them_most() {
    api.statuses.decided(ID, VALUE_ID, new Unchanged(4));
    for (String accept :
        List.of(
            "text/event-stream",
            "TEXT/EVENT-STREAM; q=0.5",
            "text/event-stream, application/json;q=0.9",
            "text/event-stream, */*")) {
      Answered events = api.get(PATH, "Accept", accept);
      assertEquals("event: status\ndata: " + UNCHANGED + "\n\n", events.body(), accept);
      assertEquals(Optional.of("no-store"), events.header("Cache-Control"));
    }
    for (String accept :
        List.of(
            "*/*",
            "application/json",
            "application/json, text/event-stream;q=0.9",
            "text/event-stream;q=0, */*")) {
      assertEquals(UNCHANGED, api.get(PATH, "Accept", accept).body(), accept);
    }
    for (String accept : List.of("text/event-stream;q=0", "text/html", "text/*")) {
      api.get(PATH, "Accept", accept).isProblem(406, "not-acceptable");
    }
    api.get("/domains", "Accept", "text/event-stream").isProblem(406, "not-acceptable");
  }
}

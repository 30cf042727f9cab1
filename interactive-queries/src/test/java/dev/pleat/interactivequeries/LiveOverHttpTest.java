package dev.pleat.interactivequeries;

import static dev.pleat.interactivequeries.RunningApi.VALUE_ID;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rows, lists and events as Server-Sent Events. */
@Timeout(60)
final class LiveOverHttpTest {

  private static final String OTHER_ID = "ffffffff-5a7a-4c31-8d28-2eb92643a154";
  private static final String ROW = "/values/" + VALUE_ID;
  private static final String ROWS = "/domains/calculator/views/values";
  private static final String[] ACCEPT = {"Accept", "text/event-stream"};

  private final RunningApi api =
      new RunningApi(new HttpApi.Limits(10, Duration.ofSeconds(60), Duration.ofSeconds(2)));

  @AfterEach
  void close() {
    api.close();
  }

  /** An event as it came. */
  private record Event(String name, Optional<String> id, String data) {
    boolean is(String expectedName, String part) {
      return name.equals(expectedName) && data.contains(part);
    }
  }

  /** A client that follows. */
  private final class Client implements AutoCloseable {
    private final Socket socket = new Socket("127.0.0.1", api.api.port());
    private final BufferedReader in;

    Client(String path, Optional<String> lastEventId) throws IOException {
      socket.setSoTimeout(20_000);
      String id = lastEventId.map(text -> "Last-Event-ID: " + text + "\r\n").orElse("");
      socket
          .getOutputStream()
          .write(
              ("GET "
                      + path
                      + " HTTP/1.0\r\nHost: x\r\nAccept: text/event-stream\r\n"
                      + id
                      + "\r\n")
                  .getBytes(UTF_8));
      in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      assertEquals("HTTP/1.1 200 OK", in.readLine());
      for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {}
    }

    /** The next event; empty at the end of the stream. */
    Optional<Event> next() throws IOException {
      String name = "";
      Optional<String> id = Optional.empty();
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith("event: ")) {
          name = line.substring("event: ".length());
        } else if (line.startsWith("id: ")) {
          id = Optional.of(line.substring("id: ".length()));
        } else if (line.startsWith("data: ")) {
          assertEquals("", in.readLine());
          return Optional.of(new Event(name, id, line.substring("data: ".length())));
        }
      }
      return Optional.empty();
    }

    Event is(String name, String part) throws IOException {
      Event event = next().orElseThrow();
      assertTrue(event.is(name, part), () -> name + " " + part + ": " + event);
      return event;
    }

    /** A comment that says nothing but that the connection lives. */
    void isAlive() throws IOException {
      String line = in.readLine();
      while (line != null && !line.startsWith(":")) {
        assertTrue(line.isEmpty() || line.startsWith("retry"), line);
        line = in.readLine();
      }
      assertTrue(line != null, "the end");
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private Client follow(String path) throws IOException {
    return new Client(path, Optional.empty());
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "it did not come about");
      LockSupport.parkNanos(5_000_000);
    }
  }

  private void put(long version) {
    api.views.putRow(VALUE_ID, version, version);
    api.live.tell();
  }

  // ---- one row

  @Test
  void a_row_is_sent_as_it_is_and_as_it_becomes_and_none_twice() throws Exception {
    put(1);
    try (Client client = follow(ROW)) {
      client.is("row", "\"version\":1}");
      api.live.tell();
      put(1);
      put(2);
      client.is("row", "\"version\":2}");
      put(5);
      client.is("row", "\"version\":5}");
    }
    await(
        () -> {
          put(5);
          return api.live.followers() == 0;
        });
  }

  @Test
  void an_older_row_is_not_sent_after_a_newer_one() throws Exception {
    put(5);
    try (Client client = follow(ROW)) {
      client.is("row", "\"version\":5}");
      put(4);
      put(6);
      client.is("row", "\"version\":6}");
    }
  }

  @Test
  void a_row_that_is_not_there_yet_is_awaited() throws Exception {
    try (Client client = follow(ROW)) {
      client.is("no-row", "{\"value-id\":\"" + VALUE_ID + "\"}");
      put(1);
      client.is("row", "\"version\":1}");
    }
  }

  @Test
  void who_comes_back_is_sent_only_what_is_new() throws Exception {
    put(1);
    Optional<String> id;
    try (Client client = follow(ROW)) {
      id = client.is("row", "\"version\":1}").id();
    }
    try (Client client = new Client(ROW, id)) {
      client.isAlive();
      put(2);
      client.is("row", "\"version\":2}");
    }
    try (Client client = new Client(ROW, id)) {
      client.is("row", "\"version\":2}");
    }
  }

  @Test
  void who_comes_back_with_a_place_elsewhere_is_told_so() throws Exception {
    put(1);
    api.views.putRow(OTHER_ID, 1, 1);
    Optional<String> id;
    try (Client client = follow("/values/" + OTHER_ID)) {
      id = client.is("row", OTHER_ID).id();
    }
    for (String place : new String[] {id.orElseThrow(), "17", "nonsense"}) {
      try (Client client = new Client(ROW, Optional.of(place))) {
        client.is("resync", "reason");
        client.is("row", "\"version\":1}");
      }
    }
  }

  @Test
  void another_generation_is_told_and_its_row_sent_whatever_its_version() throws Exception {
    put(3);
    try (Client client = follow(ROW)) {
      client.is("row", "\"value\":3.0");
      api.live.serve(Optional.of("rows-2"));
      api.views.putRow(VALUE_ID, 3, 30);
      api.live.tell();
      client.is("resync", "made anew");
      client.is("row", "\"value\":30.0");
    }
  }

  @Test
  void a_view_that_cannot_be_read_any_more_is_a_problem_and_the_end() throws Exception {
    put(1);
    try (Client client = follow(ROW)) {
      client.is("row", "\"version\":1}");
      api.views.unavailable("view-stopped", "stopped at offset 7");
      api.live.tell();
      client.is("problem", "\"code\":\"view-stopped\"");
      assertEquals(Optional.empty(), client.next());
    }
    await(() -> api.live.followers() == 0);
    api.get(ROW, ACCEPT).isProblem(503, "view-stopped");
    assertEquals(0, api.live.followers());
  }

  // ---- a list

  @Test
  void a_list_is_sent_as_it_is_and_then_what_changes() throws Exception {
    api.live.write("a", "{\"value-id\":\"a\",\"version\":1}");
    api.live.write("b", "{\"value-id\":\"b\",\"version\":1}");
    api.live.write("a", "{\"value-id\":\"a\",\"version\":2}");
    try (Client client = follow(ROWS)) {
      client.is("row", "\"b\",\"version\":1}");
      client.is("row", "\"a\",\"version\":2}");
      client.is("up-to-date", "{}");
      api.live.delete("b");
      client.is("no-row", "{\"value-id\":\"b\"}");
      api.live.write("c", "{\"value-id\":\"c\",\"version\":1}");
      client.is("row", "\"c\",\"version\":1}");
    }
  }

  @Test
  void a_list_goes_on_after_any_of_its_events() throws Exception {
    api.live.write("a", "{\"value-id\":\"a\",\"version\":1}");
    api.live.write("b", "{\"value-id\":\"b\",\"version\":1}");
    Optional<String> id;
    try (Client client = follow(ROWS)) {
      id = client.is("row", "\"a\"").id();
    }
    try (Client client = new Client(ROWS, id)) {
      id = client.is("row", "\"b\"").id();
      client.is("up-to-date", "{}");
    }
    api.live.write("a", "{\"value-id\":\"a\",\"version\":2}");
    try (Client client = new Client(ROWS, id)) {
      client.is("row", "\"a\",\"version\":2}");
      client.is("up-to-date", "{}");
    }
    api.live.forgetBefore(3);
    try (Client client = new Client(ROWS, id)) {
      client.is("resync", "any more");
      client.is("up-to-date", "{}");
    }
    try (Client client = new Client(ROWS + "?prefix=a", id)) {
      client.is("resync", "any more");
    }
  }

  @Test
  void a_list_is_selected_by_keys() throws Exception {
    for (String key : new String[] {"aa", "ab", "b", "c"}) {
      api.live.write(key, "{\"value-id\":\"" + key + "\",\"version\":1}");
    }
    try (Client client = follow(ROWS + "?prefix=a")) {
      client.is("row", "\"aa\"");
      client.is("row", "\"ab\"");
      client.is("up-to-date", "{}");
      api.live.delete("b");
      api.live.delete("ab");
      client.is("no-row", "\"ab\"");
    }
    try (Client client = follow(ROWS + "?from=ab&before=c")) {
      client.is("no-row", "\"b\"");
      client.is("no-row", "\"ab\"");
    }
  }

  @Test
  void a_list_of_another_generation_is_sent_from_the_beginning() throws Exception {
    api.live.write("a", "{\"value-id\":\"a\",\"version\":1}");
    try (Client client = follow(ROWS)) {
      client.is("row", "\"a\"");
      client.is("up-to-date", "{}");
      api.live.serve(Optional.of("rows-2"));
      api.live.write("b", "{\"value-id\":\"b\",\"version\":1}");
      client.is("resync", "made anew");
      client.is("row", "\"b\"");
      client.is("up-to-date", "{}");
    }
  }

  // ---- events

  @Test
  void events_are_sent_each_once_and_the_id_is_the_version() throws Exception {
    api.history.record(VALUE_ID, 250);
    try (Client client = follow(ROW + "/events")) {
      for (int version = 1; version <= 250; version++) {
        Event event = client.is("event", "{\"version\":" + version + "}");
        assertEquals(Optional.of(Integer.toString(version)), event.id());
      }
      api.history.record(VALUE_ID, 252);
      api.live.tell();
      client.is("event", "{\"version\":251}");
      client.is("event", "{\"version\":252}");
    }
    try (Client client = new Client(ROW + "/events", Optional.of("251"))) {
      client.is("event", "{\"version\":252}");
    }
  }

  @Test
  void events_of_an_aggregate_that_is_to_come_are_awaited() throws Exception {
    try (Client client = follow(ROW + "/events")) {
      client.isAlive();
      api.history.record(VALUE_ID, 1);
      api.live.tell();
      client.is("event", "{\"version\":1}");
    }
  }

  @Test
  void a_version_that_is_not_recorded_here_is_not_gone_on_from() {
    api.history.record(VALUE_ID, 3);
    api.get(ROW + "/events?wait=0s", "Accept", "text/event-stream", "Last-Event-ID", "4")
        .isProblem(503, "position-not-reached");
  }

  // ---- all

  @Test
  void what_cannot_be_followed_is_refused() {
    api.get(ROW + "?as-of-version=1", ACCEPT).isProblem(400, "invalid-parameter");
    api.get(ROW + "?as-of=2026-11-21T10:00:00Z", ACCEPT).isProblem(400, "invalid-parameter");
    api.get(ROWS + "?limit=1", ACCEPT).isProblem(400, "invalid-parameter");
    api.get(ROWS + "?colour=red", ACCEPT).isProblem(400, "invalid-parameter");
    api.get(ROWS, "Accept", "text/event-stream", "Pleat-Token", "x")
        .isProblem(400, "invalid-parameter");
    api.get(ROW + "/events?order=desc", ACCEPT).isProblem(400, "invalid-parameter");
    api.get(ROW + "/events", "Accept", "text/event-stream", "Last-Event-ID", "last")
        .isProblem(400, "invalid-parameter");
    api.get("/values/nonsense", ACCEPT).isProblem(400, "invalid-id");
    assertEquals(0, api.live.followers());
  }

  @Test
  void too_many_who_follow_are_refused() {
    api.live.unavailable("overloaded", "too many follow rows or events");
    for (String path : new String[] {ROW, ROWS, ROW + "/events"}) {
      api.get(path, ACCEPT).isProblem(503, "overloaded");
    }
  }

  @Test
  void a_view_that_does_not_serve_yet_is_not_followed() {
    api.live.serve(Optional.empty());
    api.get(ROW, ACCEPT).isProblem(503, "not-now");
    api.get(ROWS, ACCEPT).isProblem(503, "not-now");
  }

  @Test
  void a_client_that_does_not_read_is_dropped() throws Exception {
    String row = "{\"value-id\":\"a\",\"text\":\"" + "x".repeat(500_000) + "\",\"version\":1}";
    try (Client client = follow(ROWS)) {
      client.is("up-to-date", "{}");
      await(() -> api.live.followers() == 1);
      for (int i = 0; i < 40; i++) {
        api.live.write("a" + i, row);
      }
      await(() -> api.live.followers() == 0);
    }
  }

  @Test
  void streams_end_when_the_server_closes() throws Exception {
    put(1);
    try (Client row = follow(ROW);
        Client rows = follow(ROWS);
        Client events = follow(ROW + "/events")) {
      row.is("row", "\"version\":1}");
      rows.is("up-to-date", "{}");
      long began = System.nanoTime();
      api.api.close();
      assertEquals(Optional.empty(), row.next());
      assertEquals(Optional.empty(), rows.next());
      assertEquals(Optional.empty(), events.next());
      assertTrue(System.nanoTime() - began < Duration.ofSeconds(4).toNanos());
    }
  }
}

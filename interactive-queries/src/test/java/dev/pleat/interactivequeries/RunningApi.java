package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The HTTP API on a free port of the loopback address, joined to what is kept in memory. */
final class RunningApi implements AutoCloseable {

  static final String LOG_ID = "Zk2UmYcRTJ2w8lbNdqSH5A";
  static final String COMMAND_ID = "7037a79d-7e6b-4969-9ea5-6d5c28605ac4";
  static final String VALUE_ID = "d35e95f5-2a7a-4c31-8d28-2eb92643a154";

  /** What was answered. */
  record Answered(int status, Map<String, List<String>> headers, String body) {

    Optional<String> header(String name) {
      return headers.entrySet().stream()
          .filter(header -> header.getKey().equalsIgnoreCase(name))
          .map(header -> header.getValue().get(0))
          .findFirst();
    }

    Map<?, ?> json() {
      return JsonCodec.toRecord(JsonCodec.readObject(body.getBytes(UTF_8)), Map.class);
    }

    Object field(String name) {
      return json().get(name);
    }

    /** Fails unless this is a problem of this status and code that gives nothing away. */
    Answered isProblem(int expectedStatus, String code) {
      assertEquals(expectedStatus, status, body);
      assertEquals(Optional.of("application/problem+json"), header("Content-Type"), body);
      assertEquals("urn:pleat:problem:" + code, field("type"));
      assertEquals(code, field("code"));
      assertEquals(expectedStatus, field("status"));
      assertTrue(field("title") instanceof String title && !title.isEmpty(), body);
      assertTrue(field("detail") instanceof String detail && !detail.isEmpty(), body);
      assertEquals(expectedStatus == 503, header("Retry-After").isPresent(), body);
      givesNothingAway();
      return this;
    }

    void givesNothingAway() {
      for (String word : List.of("Exception", "java.", "dev.pleat", "jackson", "jetty", "\tat ")) {
        assertTrue(!body.contains(word), () -> word + " in " + body);
      }
      assertEquals(Optional.empty(), header("Server"));
      assertEquals(Optional.of("nosniff"), header("X-Content-Type-Options"));
    }
  }

  final InMemoryViews views = new InMemoryViews();
  final InMemoryStatuses statuses = new InMemoryStatuses();
  final InMemoryHistory history = new InMemoryHistory();
  final InMemoryLiveTopics live = new InMemoryLiveTopics();
  final InMemoryOutcomes outcomes = new InMemoryOutcomes();
  final InMemoryOperations operations = new InMemoryOperations();
  final InMemoryLog log = new InMemoryLog();
  final InMemoryCommands commands = new InMemoryCommands(views, statuses);
  volatile List<Health.Role> roles = List.of();
  final HttpApi api;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  RunningApi() {
    this(HttpApi.Limits.DEFAULT);
  }

  RunningApi(HttpApi.Limits limits) {
    api =
        new HttpApi(
            new HttpApi.Parts(
                List.of(CalculatorSchema.SCHEMA),
                commands,
                outcomes,
                views,
                statuses,
                history,
                live,
                domain -> LOG_ID,
                () -> roles,
                operations,
                log,
                (schema, policy, skip) -> List.of()),
            Listener.open("127.0.0.1", 0),
            limits,
            InstantSource.fixed(Instant.parse("2026-11-21T10:00:00.000Z")));
    api.start();
  }

  Answered get(String path, String... headers) {
    return send("GET", path, BodyPublishers.noBody(), headers);
  }

  Answered post(String path, String json, String... headers) {
    return json("POST", path, json, headers);
  }

  Answered put(String path, String json, String... headers) {
    return json("PUT", path, json, headers);
  }

  /** Creates a value with {@link #COMMAND_ID} and returns its id. */
  String created(double value) {
    Answered created = post("/values", "{\"value\":" + value + "}", "Idempotency-Key", COMMAND_ID);
    assertEquals(201, created.status(), created.body());
    return (String) created.field("value-id");
  }

  private Answered json(String method, String path, String json, String... headers) {
    String[] all = new String[headers.length + 2];
    System.arraycopy(headers, 0, all, 0, headers.length);
    all[headers.length] = "Content-Type";
    all[headers.length + 1] = "application/json";
    return send(method, path, BodyPublishers.ofString(json), all);
  }

  Answered send(String method, String path, BodyPublisher body, String... headers) {
    return send(client, api.port(), method, path, body, headers);
  }

  /** Sends a request to any API on this port. */
  static Answered send(
      HttpClient client,
      int port,
      String method,
      String path,
      BodyPublisher body,
      String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(60))
            .method(method, body);
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      HttpResponse<byte[]> response = client.send(request.build(), BodyHandlers.ofByteArray());
      return new Answered(
          response.statusCode(), response.headers().map(), new String(response.body(), UTF_8));
    } catch (IOException e) {
      throw new AssertionError("no answer to " + method + " " + path, e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Sends bytes as they are and returns all that comes back until the server closes. */
  String raw(byte[] request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", api.port())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request);
      socket.getOutputStream().flush();
      return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    }
  }

  @Override
  public void close() {
    client.close();
    api.close();
  }
}

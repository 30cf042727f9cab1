package dev.pleat.deploy;

import dev.pleat.deploy.guarantees.Sent;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A client that sends a command again, with the same id, until it has a definite answer. Safe for
 * use by many threads.
 */
final class StubbornClient implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final Duration PAUSE = Duration.ofMillis(50);

  /** The answers that say what became of a command. */
  private static final Set<Integer> DEFINITE = Set.of(200, 201, 409, 412);

  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private final URI base;

  StubbornClient(URI base) {
    this.base = base;
  }

  Sent create(UUID commandId, double value) {
    HttpResponse<String> response =
        untilDefinite(
            request("/values", commandId, OptionalLong.empty())
                .POST(BodyPublishers.ofString("{\"value\":" + value + "}"))
                .build());
    JsonNode body = JSON.readTree(response.body());
    return new Sent(
        body.get("value-id").asString(),
        commandId,
        response.statusCode(),
        body.get("version").asLong());
  }

  Sent update(
      String valueId, UUID commandId, String operation, double value, OptionalLong version) {
    HttpResponse<String> response =
        untilDefinite(
            request("/values/" + valueId, commandId, version)
                .PUT(
                    BodyPublishers.ofString(
                        "{\"operation\":\"" + operation + "\",\"value\":" + value + "}"))
                .build());
    return new Sent(
        valueId,
        commandId,
        response.statusCode(),
        JSON.readTree(response.body()).get("version").asLong());
  }

  private HttpRequest.Builder request(String path, UUID commandId, OptionalLong version) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve(path))
            .timeout(Duration.ofSeconds(10))
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", commandId.toString());
    version.ifPresent(expected -> request.header("If-Match", "\"" + expected + "\""));
    return request;
  }

  private HttpResponse<String> untilDefinite(HttpRequest request) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    String last = "nothing";
    while (System.nanoTime() < deadline) {
      try {
        HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
        if (DEFINITE.contains(response.statusCode())) {
          return response;
        }
        last = response.statusCode() + " " + response.body();
        if (response.statusCode() != 202 && response.statusCode() != 503) {
          throw new AssertionError(request + " was answered " + last);
        }
      } catch (IOException e) {
        last = e.toString();
      } catch (InterruptedException e) {
        throw new AssertionError("interrupted", e);
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
    throw new AssertionError(request + " had no definite answer; last: " + last);
  }

  @Override
  public void close() {
    http.close();
  }
}

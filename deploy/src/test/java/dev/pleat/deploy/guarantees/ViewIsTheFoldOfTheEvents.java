package dev.pleat.deploy.guarantees;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.schemas.RecordedEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a GET answers is the fold of the events: worked out here by hand from the raw JSON, without
 * the engine or its projection.
 */
final class ViewIsTheFoldOfTheEvents implements Guarantee {

  private static final JsonMapper JSON = new JsonMapper();

  @Override
  public void check(Run run) {
    try (HttpClient client = HttpClient.newHttpClient()) {
      run.events().forEach((key, events) -> check(client, run, key, events));
    }
  }

  private static void check(HttpClient client, Run run, String key, List<RecordedEvent> events) {
    double value = 0;
    for (RecordedEvent event : events) {
      JsonNode data = JSON.readTree(event.data().bytes());
      value =
          switch (event.action()) {
            case "ValueCreated" -> data.get("value").asDouble();
            case "ValueUpdated" -> {
              double operand = data.get("value").asDouble();
              double result =
                  data.get("operation").asString().equals("ADD")
                      ? value + operand
                      : value * operand;
              assertEquals(data.get("result").asDouble(), result, "result of " + event);
              yield result;
            }
            default -> throw new AssertionError("unknown event " + event);
          };
    }
    HttpResponse<String> response;
    try {
      response =
          client.send(
              HttpRequest.newBuilder(run.http().resolve("/values/" + key)).build(),
              HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
    assertEquals(200, response.statusCode(), response.body());
    JsonNode row = JSON.readTree(response.body());
    assertEquals(value, row.get("value").asDouble(), "row of " + key + ": " + row);
    assertEquals(events.size(), row.get("version").asLong(), "row of " + key + ": " + row);
  }
}

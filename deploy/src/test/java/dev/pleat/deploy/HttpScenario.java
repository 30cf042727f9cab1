package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.deploy.guarantees.Log;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.topology.Scenario;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Runs a scenario over HTTP, on a running instance and its real Kafka broker.
 *
 * <p>Events cannot be given over HTTP, so each given event is brought about by the command that
 * causes it; that it was that event and no other is asserted.
 */
final class HttpScenario<C, E> extends Scenario<C, E> {

  private static final JsonMapper JSON = new JsonMapper();

  private final HttpClient http = HttpClient.newHttpClient();
  private final URI base;
  private final String bootstrapServers;
  private final Function<E, C> causedBy;

  /** The token of the last answer: the row is read at or after it. */
  private String token = "";

  /**
   * For a running instance.
   *
   * @param causedBy the command that brings an event about, the events before it given
   */
  HttpScenario(DomainSchema<C, E> schema, Instance instance, Function<E, C> causedBy) {
    super(schema);
    this.base = URI.create(instance.url());
    this.bootstrapServers = instance.bootstrapServers();
    this.causedBy = causedBy;
  }

  @Override
  protected Result<E> run(Trial<C, E> trial) {
    if (trial.actor().isPresent()) {
      throw new IllegalArgumentException("there is no authenticated gateway to say who sends this");
    }
    for (E event : trial.given()) {
      Result<E> caused = send(trial.aggregateId(), causedBy.apply(event), OptionalLong.empty());
      if (!caused.events().equals(List.of(event))) {
        throw new AssertionError("given " + event + " but the command for it gave " + caused);
      }
    }
    return send(trial.aggregateId(), trial.command(), trial.expectedVersion());
  }

  private Result<E> send(String aggregateId, C command, OptionalLong expectedVersion) {
    UUID id = UUID.randomUUID();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                base.resolve(
                    "/domains/"
                        + schema().name()
                        + "/commands/"
                        + command.getClass().getSimpleName()))
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", id.toString())
            .POST(BodyPublishers.ofByteArray(JsonCodec.toObject(command).bytes()));
    expectedVersion.ifPresent(version -> request.header("If-Match", "\"" + version + "\""));
    HttpResponse<String> response = answer(request.build());
    token = response.headers().firstValue("Pleat-Token").orElse("");
    JsonNode body = JSON.readTree(response.body());
    List<RecordedEvent> events = eventsOf(aggregateId, id);
    long version = body.get("version").asLong();
    Outcome.Verdict verdict =
        switch (response.statusCode()) {
          case 200 ->
              body.get("status").asString().equals("accepted")
                  ? new Outcome.Accepted(version, events.stream().map(RecordedEvent::id).toList())
                  : new Outcome.Unchanged(version);
          case 409, 412 ->
              new Outcome.Rejected(
                  version, body.get("code").asString(), body.get("detail").asString());
          default -> throw new AssertionError(response.statusCode() + " " + response.body());
        };
    return new Result<>(verdict, events.stream().map(this::event).toList());
  }

  private List<RecordedEvent> eventsOf(String aggregateId, UUID commandId) {
    List<RecordedEvent> events = new ArrayList<>();
    for (var record : Log.committed(bootstrapServers, schema().eventsTopic())) {
      if (new String(record.key(), UTF_8).equals(aggregateId)) {
        RecordedEvent event = JsonCodec.readEvent(record.value());
        if (event.parentId().equals(commandId)) {
          events.add(event);
        }
      }
    }
    return events;
  }

  private E event(RecordedEvent event) {
    return JsonCodec.toRecord(event.data(), schema().event(event.action()).orElseThrow());
  }

  @Override
  protected Optional<Row> row(View view, Trial<C, E> trial) {
    HttpResponse<String> response =
        answer(
            HttpRequest.newBuilder(
                    base.resolve(
                        "/domains/"
                            + schema().name()
                            + "/views/"
                            + view.name()
                            + "/"
                            + trial.aggregateId()))
                .header("Pleat-Token", token)
                .build());
    return switch (response.statusCode()) {
      case 200 -> {
        byte[] body = response.body().getBytes(UTF_8);
        yield Optional.of(
            new Row(
                JsonCodec.toRecord(JsonCodec.readObject(body), view.row()),
                JSON.readTree(body).get("version").asLong()));
      }
      case 404 -> Optional.empty();
      default -> throw new AssertionError(response.statusCode() + " " + response.body());
    };
  }

  private HttpResponse<String> answer(HttpRequest request) {
    try {
      return http.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  @Override
  public void close() {
    http.close();
  }
}

package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.deploy.guarantees.Log;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.topology.Scenario;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Function;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
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
  private static final Duration PATIENCE = Duration.ofSeconds(20);

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
    for (E event : trial.given()) {
      Result<E> caused = send(trial.aggregateId(), causedBy.apply(event), OptionalLong.empty());
      if (!caused.events().equals(List.of(event))) {
        throw new AssertionError("given " + event + " but the command for it gave " + caused);
      }
    }
    return trial.actor().isPresent()
        ? write(trial, trial.actor().get())
        : send(trial.aggregateId(), trial.command(), trial.expectedVersion());
  }

  /**
   * There is no authenticated gateway yet to say who sends a command, so one by somebody is written
   * to the topic; what became of it is asked over HTTP.
   */
  private Result<E> write(Trial<C, E> trial, String actor) {
    UUID id = UUID.randomUUID();
    SubmittedCommand command =
        SubmittedCommand.of(
                id,
                trial.command().getClass().getSimpleName(),
                JsonCodec.toObject(trial.command()),
                Instant.now())
            .by(actor);
    SubmittedCommand sent =
        trial.expectedVersion().isPresent()
            ? command.expecting(trial.expectedVersion().getAsLong())
            : command;
    try (Producer<String, byte[]> producer =
        new KafkaProducer<>(
            Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers),
            new StringSerializer(),
            new ByteArraySerializer())) {
      producer.send(
          new ProducerRecord<>(
              schema().commandsTopic(), trial.aggregateId(), JsonCodec.write(sent)));
    }
    HttpRequest status =
        HttpRequest.newBuilder(base.resolve("/commands/" + id + "?key=" + trial.aggregateId()))
            .build();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      HttpResponse<String> response = answer(status);
      JsonNode body = JSON.readTree(response.body());
      if (response.statusCode() == 200 && !body.get("status").asString().equals("pending")) {
        token = body.path("token").asString("");
        List<RecordedEvent> events = eventsOf(trial.aggregateId(), id);
        return new Result<>(verdict(body, events), events.stream().map(this::event).toList());
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError("no outcome in time: " + response.statusCode() + " " + body);
      }
    }
  }

  private static Outcome.Verdict verdict(JsonNode body, List<RecordedEvent> events) {
    long version = body.get("version").asLong();
    return switch (body.get("status").asString()) {
      case "accepted" ->
          new Outcome.Accepted(version, events.stream().map(RecordedEvent::id).toList());
      case "unchanged" -> new Outcome.Unchanged(version);
      default ->
          new Outcome.Rejected(
              version, body.get("reason").asString(), body.get("detail").asString());
    };
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
    Outcome.Verdict verdict =
        switch (response.statusCode()) {
          case 200 -> verdict(body, events);
          case 409, 412 ->
              new Outcome.Rejected(
                  body.get("version").asLong(),
                  body.get("code").asString(),
                  body.get("detail").asString());
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

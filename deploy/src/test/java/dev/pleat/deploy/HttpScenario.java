package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.topology.Scenario;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Runs a scenario over HTTP, on a running instance and whatever that runs on.
 *
 * <p>Events cannot be given over HTTP, so each given event is brought about by the command that
 * causes it; that it was that event and no other is asserted.
 */
final class HttpScenario<C, E> extends Scenario<C, E> {

  private static final JsonMapper JSON = new JsonMapper();

  private final HttpClient http = HttpClient.newHttpClient();
  private final URI base;
  private final ServedRuntime runtime;
  private final Function<E, Cause<C>> causedBy;
  private final UnaryOperator<Record> foretold;

  /** The token of the last answer: the row is read at or after it. */
  private String token = "";

  /** A command, and who sends it. */
  record Cause<C>(C command, Optional<String> actor) {

    static <C> Cause<C> of(C command) {
      return new Cause<>(command, Optional.empty());
    }
  }

  /**
   * For a running instance.
   *
   * @param causedBy what brings an event about, the events before it given
   * @param foretold puts what a scenario foretells in the place of what only a running instance
   *     knows, such as the time, in events and rows
   */
  HttpScenario(
      DomainSchema<C, E> schema,
      ServedRuntime runtime,
      Function<E, Cause<C>> causedBy,
      UnaryOperator<Record> foretold) {
    super(schema);
    this.base = URI.create(runtime.url());
    this.runtime = runtime;
    this.causedBy = causedBy;
    this.foretold = foretold;
  }

  @Override
  protected Result<E> run(Trial<C, E> trial) {
    for (E event : trial.given()) {
      Result<E> caused = send(trial.aggregateId(), causedBy.apply(event), OptionalLong.empty(), 0);
      if (!caused.events().equals(List.of(event))) {
        throw new AssertionError("given " + event + " but the command for it gave " + caused);
      }
    }
    return send(
        trial.aggregateId(),
        new Cause<>(trial.command(), trial.actor()),
        trial.expectedVersion(),
        trial.given().size());
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

  private Result<E> send(
      String aggregateId, Cause<C> cause, OptionalLong expectedVersion, long versionBefore) {
    UUID id = UUID.randomUUID();
    C command = cause.command();
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
    cause.actor().ifPresent(actor -> request.header("Pleat-Actor", actor));
    expectedVersion.ifPresent(version -> request.header("If-Match", "\"" + version + "\""));
    HttpResponse<String> response = answer(request.build());
    token = response.headers().firstValue("Pleat-Token").orElse("");
    JsonNode body = JSON.readTree(response.body());
    List<RecordedEvent> events = eventsOf(aggregateId, id);
    Outcome.Verdict verdict =
        switch (response.statusCode()) {
          case 200 -> verdict(body, events);
          // What never comes to the log does not know a version.
          case 403, 409, 412, 422 ->
              new Outcome.Rejected(
                  body.path("version").asLong(versionBefore),
                  body.get("code").asString(),
                  body.get("detail").asString());
          default -> throw new AssertionError(response.statusCode() + " " + response.body());
        };
    return new Result<>(verdict, events.stream().map(this::event).toList());
  }

  private List<RecordedEvent> eventsOf(String aggregateId, UUID commandId) {
    return runtime.events(schema(), aggregateId).stream()
        .filter(event -> event.parentId().equals(commandId))
        .toList();
  }

  private E event(RecordedEvent event) {
    Class<? extends E> type = schema().event(event.action()).orElseThrow();
    return type.cast(foretold.apply((Record) JsonCodec.toRecord(event.data(), type)));
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
                            + encoded(trial.aggregateId())))
                .header("Pleat-Token", token)
                .build());
    return switch (response.statusCode()) {
      case 200 -> {
        byte[] body = response.body().getBytes(UTF_8);
        yield Optional.of(
            new Row(
                foretold.apply(JsonCodec.toRecord(JsonCodec.readObject(body), view.row())),
                JSON.readTree(body).get("version").asLong()));
      }
      case 404 -> Optional.empty();
      default -> throw new AssertionError(response.statusCode() + " " + response.body());
    };
  }

  /** An id as it stands in a path. */
  static String encoded(String aggregateId) {
    return URLEncoder.encode(aggregateId, UTF_8).replace("+", "%20");
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

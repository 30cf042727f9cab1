package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.interactivequeries.Answer.NotYet;
import dev.pleat.interactivequeries.Answer.Unavailable;
import dev.pleat.interactivequeries.Outcomes.Following;
import dev.pleat.interactivequeries.Outcomes.Heard;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.Outcome.Verdict;
import io.javalin.http.Context;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** Tells what became of a command, at once or as it happens. Safe for use by many threads. */
final class StatusRoute implements AutoCloseable {

  private final List<DomainSchema<?, ?>> schemas;
  private final CommandStatuses statuses;
  private final Outcomes outcomes;
  private final Function<String, String> logId;
  private final PendingCommands pending;
  private final Duration streamTime;
  private final Set<StatusStream> streams = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * A route over what the API is joined to.
   *
   * @param streamTime how long a stream lasts at most
   */
  StatusRoute(HttpApi.Parts parts, PendingCommands pending, Duration streamTime) {
    this.schemas = parts.schemas().stream().filter(DomainSchema::takesCommands).toList();
    this.statuses = parts.statuses();
    this.outcomes = parts.outcomes();
    this.logId = parts.logId();
    this.pending = pending;
    this.streamTime = streamTime;
  }

  /** What is known of a command, and the domain it belongs to. */
  record Told(DomainSchema<?, ?> schema, KnownStatus status) {}

  /** {@code GET /commands/{id}}. */
  Response status(Context request) {
    UUID commandId = RequestHeaders.commandId(request.pathParam("id"), "the id in the path");
    Optional<String> key = RequestHeaders.parameter(request, "key");
    Optional<Forwarded> forwarded = Forwarded.of(request, schemas, logId);
    if (forwarded.isPresent()) {
      return reply(commandId, held(forwarded.get(), commandId, key));
    }
    return RequestHeaders.wantsEvents(request)
        ? follow(commandId, key)
        : reply(commandId, told(commandId, key));
  }

  private StatusStream follow(UUID commandId, Optional<String> key) {
    // First of all: an outcome that comes after the status was read must not be missed.
    Following following =
        outcomes
            .follow(commandId, key)
            .orElseThrow(
                () -> Refusal.of(Problem.OVERLOADED, "too many wait for outcomes of commands"));
    try {
      StatusStream stream =
          new StatusStream(this, commandId, key, told(commandId, key), following, streamTime);
      streams.add(stream);
      if (closed) {
        following.wake();
      }
      return stream;
    } catch (RuntimeException e) {
      following.close();
      throw e;
    }
  }

  /** An outcome in one domain wins over "pending" in another. */
  Told told(UUID commandId, Optional<String> key) {
    Optional<Told> waiting = Optional.empty();
    Optional<Problem> unavailable = Optional.empty();
    for (DomainSchema<?, ?> schema : schemas) {
      Optional<String> aggregateId = key.map(schema::aggregateId);
      if (aggregateId.filter(id -> !schema.idFormat().accepts(id)).isPresent()) {
        continue;
      }
      switch (statuses.status(schema, commandId, aggregateId)) {
        case Found<KnownStatus> found -> {
          Told told = new Told(schema, found.value());
          if (found.value().verdict().isPresent()) {
            return told;
          }
          waiting = waiting.or(() -> Optional.of(told));
        }
        case NotFound<KnownStatus> notFound -> {}
        case NotYet<KnownStatus> notYet ->
            unavailable = Optional.of(Problem.of(Answer.NOT_NOW, notYet.detail()));
        case Unavailable<KnownStatus> not ->
            unavailable = Optional.of(Problem.of(not.code(), not.detail()));
      }
    }
    Optional<Problem> why = unavailable;
    return waiting
        .or(() -> pending.find(commandId, key))
        .orElseThrow(() -> new Refusal(why.orElseGet(StatusRoute::notFound).about(commandId)));
  }

  /** What this instance holds, for another one. */
  private Told held(Forwarded forwarded, UUID commandId, Optional<String> key) {
    DomainSchema<?, ?> schema = forwarded.schema();
    return switch (statuses.held(schema, commandId, key, forwarded.partitions())) {
      case Found<KnownStatus> found -> new Told(schema, found.value());
      case NotFound<KnownStatus> nothing -> throw new Refusal(notFound().about(commandId));
      case NotYet<KnownStatus> notYet ->
          throw new Refusal(Problem.of(Answer.NOT_NOW, notYet.detail()).about(commandId));
      case Unavailable<KnownStatus> not ->
          throw new Refusal(Problem.of(not.code(), not.detail()).about(commandId));
    };
  }

  private static Problem notFound() {
    return Problem.of(
        Problem.COMMAND_NOT_FOUND, "it was never received, or is not remembered any more");
  }

  private Reply reply(UUID commandId, Told told) {
    return Reply.json(200, body(commandId, told))
        .with(StatusBody.TIME, told.status().time().toString());
  }

  /** One line of JSON. */
  byte[] body(UUID commandId, Told told) {
    DomainSchema<?, ?> schema = told.schema();
    return StatusBody.of(schema, commandId, told.status(), logId.apply(schema.name())).bytes();
  }

  /** What a final outcome tells; empty if it is of a domain that is not served. */
  Optional<Told> told(Heard heard) {
    Verdict verdict = heard.outcome().verdict();
    return schemas.stream()
        .filter(schema -> schema.outcomesTopic().equals(heard.topic()))
        .findFirst()
        .map(
            schema ->
                new Told(
                    schema,
                    new KnownStatus(
                        Optional.of(heard.aggregateId()),
                        Optional.of(verdict),
                        Instant.ofEpochMilli(heard.time()))));
  }

  boolean isClosed() {
    return closed;
  }

  void ended(StatusStream stream) {
    streams.remove(stream);
  }

  /** Ends the streams there are, each with the last that is known, and those to come. */
  @Override
  public void close() {
    closed = true;
    streams.forEach(StatusStream::wake);
  }
}

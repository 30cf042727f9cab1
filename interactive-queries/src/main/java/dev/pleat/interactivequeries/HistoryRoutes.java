package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.interactivequeries.Checked.Kind;
import dev.pleat.interactivequeries.History.AsOf;
import dev.pleat.interactivequeries.History.Events;
import dev.pleat.interactivequeries.History.EventsRequest;
import dev.pleat.interactivequeries.History.Place;
import dev.pleat.interactivequeries.History.ReplayRequest;
import dev.pleat.interactivequeries.History.State;
import dev.pleat.interactivequeries.History.Step;
import dev.pleat.interactivequeries.History.Steps;
import dev.pleat.interactivequeries.History.Subject;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import io.javalin.http.Context;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * Answers what happened to an aggregate, and what was known of it. Safe for use by many threads.
 */
final class HistoryRoutes {

  private static final String AS_OF_VERSION = "as-of-version";
  private static final String AS_OF = "as-of";
  private static final String CURSOR = "cursor";
  private static final String KEY = "key";
  private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,17}");

  private final History history;
  private final ViewRoutes views;

  HistoryRoutes(History history, ViewRoutes views) {
    this.history = history;
    this.views = views;
  }

  /** A row as it is, or as it was if the request says when. */
  Reply row(Context request, DomainSchema<?, ?> schema, View view, String keyParameter) {
    Optional<AsOf> asOf = asOf(request);
    if (asOf.isEmpty()) {
      return views.row(request, schema, view, keyParameter);
    }
    if (view.derived().isPresent()) {
      throw Refusal.of(
          Problem.INVALID_PARAMETER,
          "the view "
              + view.name()
              + " is made from several aggregates: only rows of one can be had as they were");
    }
    String id = Paths.id(request, schema, keyParameter);
    Row row =
        Refusal.found(
            history.row(subject(request, schema, id), view, asOf.get()),
            "the view " + view.name() + " had no row of this key then, or that is to come");
    return Reply.json(200, row.json());
  }

  /** The decider's state as it is or was, for operators. */
  Reply state(Context request, DomainSchema<?, ?> schema) {
    RequestHeaders.requireOperator(request);
    String id = Paths.id(request, schema, KEY);
    Optional<AsOf> asOf = asOf(request);
    State state =
        Refusal.found(
            history.state(subject(request, schema, id), asOf),
            "there was no aggregate of this id then, or that is to come");
    return Reply.json(
        200,
        new JsonParts()
            .fields(Map.of(schema.idField(), id))
            .fields(Map.of("version", state.version()))
            .field("state", state.json())
            .toBytes());
  }

  /** Each event with what had come of all up to it, for operators. */
  Reply replay(Context request, DomainSchema<?, ?> schema) {
    RequestHeaders.requireOperator(request);
    String id = Paths.id(request, schema, KEY);
    OptionalLong until = version(request, "until-version");
    byte[] scope = scope(schema.name(), id, "replay", until.toString());
    long from =
        RequestHeaders.parameter(request, CURSOR)
            .map(text -> place(text, scope).version())
            .orElseGet(() -> version(request, "from-version").orElse(1));
    ReplayRequest asked = new ReplayRequest(from, until, ViewRoutes.limit(Parameters.of(request)));
    Steps steps =
        Refusal.found(
            history.replay(subject(request, schema, id), asked),
            "the aggregate of this id has no events from version " + from + " on to where you ask");
    JsonParts answer =
        new JsonParts().field("steps", steps.steps().stream().map(HistoryRoutes::json).toList());
    Optional<Place> next =
        steps.next().isPresent()
            ? Optional.of(new Place(steps.next().getAsLong(), 0))
            : Optional.empty();
    return Reply.json(200, paged(answer, next, scope));
  }

  private static byte[] json(Step step) {
    JsonParts rows = new JsonParts();
    new TreeMap<>(step.rows()).forEach(rows::field);
    return new JsonParts()
        .field("event", step.event())
        .field("state", step.state())
        .field("rows", rows.toBytes())
        .toBytes();
  }

  private Subject subject(Context request, DomainSchema<?, ?> schema, String id) {
    return views.seen(Parameters.of(request), schema, id).in(schema, id);
  }

  /** Refuses a question about the past where nobody can answer it. */
  static void refuseAsOf(Context request, String why) {
    if (asOf(request).isPresent()) {
      throw Refusal.of(Problem.INVALID_PARAMETER, why);
    }
  }

  private static Optional<AsOf> asOf(Context request) {
    OptionalLong version = version(request, AS_OF_VERSION);
    Optional<String> time = RequestHeaders.parameter(request, AS_OF);
    if (version.isPresent() && time.isPresent()) {
      throw Refusal.of(Problem.INVALID_PARAMETER, "send either as-of-version or as-of");
    }
    return version.isPresent()
        ? Optional.of(new History.Version(version.getAsLong()))
        : time.map(HistoryRoutes::time);
  }

  private static OptionalLong version(Context request, String name) {
    Optional<String> text = RequestHeaders.parameter(request, name);
    if (text.isEmpty()) {
      return OptionalLong.empty();
    }
    if (!VERSION.matcher(text.get()).matches()) {
      throw Refusal.of(Problem.INVALID_PARAMETER, name + " must be a number from 1");
    }
    return OptionalLong.of(Long.parseLong(text.get()));
  }

  private static AsOf time(String text) {
    try {
      return new History.Time(Instant.parse(text));
    } catch (DateTimeParseException e) {
      throw Refusal.of(
          Problem.INVALID_PARAMETER, "as-of must be an instant like 2026-11-21T10:00:00.000Z");
    }
  }

  /** The events of an aggregate, page by page. */
  Reply events(Context request, DomainSchema<?, ?> schema, String idParameter) {
    String id = Paths.id(request, schema, idParameter);
    boolean ascending =
        switch (RequestHeaders.parameter(request, "order").orElse("asc")) {
          case "asc" -> true;
          case "desc" -> false;
          default -> throw Refusal.of(Problem.INVALID_PARAMETER, "order must be asc or desc");
        };
    boolean outcomes = withOutcomes(request);
    byte[] scope = scope(schema.name(), id, String.valueOf(ascending), String.valueOf(outcomes));
    EventsRequest page =
        new EventsRequest(
            RequestHeaders.parameter(request, CURSOR).map(text -> place(text, scope)),
            ascending,
            ViewRoutes.limit(Parameters.of(request)),
            outcomes);
    Events events =
        Refusal.found(
            history.events(subject(request, schema, id), page),
            "nothing has happened to an aggregate of this id");
    JsonParts answer = new JsonParts().field("events", events.events());
    events
        .outcomesThrough()
        .ifPresent(version -> answer.fields(Map.of("outcomes-through", version)));
    return Reply.json(200, paged(answer, events.next(), scope));
  }

  private static boolean withOutcomes(Context request) {
    Optional<String> include = RequestHeaders.parameter(request, "include");
    if (include.isPresent() && !include.get().equals("outcomes")) {
      throw Refusal.of(Problem.INVALID_PARAMETER, "include must be outcomes");
    }
    return include.isPresent();
  }

  /** A cursor goes on with the list it came from and no other. */
  private static byte[] scope(String... list) {
    CRC32C sum = new CRC32C();
    sum.update(String.join("\n", list).getBytes(UTF_8));
    return ByteBuffer.allocate(Integer.BYTES).putInt((int) sum.getValue()).array();
  }

  private static Place place(String cursor, byte[] scope) {
    return Checked.payload(Kind.CURSOR, cursor)
        .filter(bytes -> bytes.length == scope.length + 2 * Long.BYTES)
        .map(ByteBuffer::wrap)
        .filter(bytes -> bytes.getInt() == ByteBuffer.wrap(scope).getInt())
        .map(bytes -> new Place(bytes.getLong(), bytes.getLong()))
        // Anybody may make one: a step further must still be a number.
        .filter(place -> place.version() >= 0 && place.version() < Long.MAX_VALUE)
        .filter(place -> place.order() >= 0 && place.order() < Long.MAX_VALUE)
        .orElseThrow(
            () ->
                Refusal.of(
                    Problem.INVALID_PARAMETER, "cursor is not one that this list has answered"));
  }

  /** The answer with a cursor, if there is more of it. */
  private static byte[] paged(JsonParts answer, Optional<Place> next, byte[] scope) {
    next.ifPresent(
        place -> {
          byte[] bytes =
              ByteBuffer.allocate(scope.length + 2 * Long.BYTES)
                  .put(scope)
                  .putLong(place.version())
                  .putLong(place.order())
                  .array();
          answer.fields(Map.of(CURSOR, Checked.text(Kind.CURSOR, bytes)));
        });
    return answer.toBytes();
  }
}

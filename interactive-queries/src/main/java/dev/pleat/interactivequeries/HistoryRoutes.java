package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.interactivequeries.Answer.NotYet;
import dev.pleat.interactivequeries.Answer.Unavailable;
import dev.pleat.interactivequeries.Checked.Kind;
import dev.pleat.interactivequeries.History.AsOf;
import dev.pleat.interactivequeries.History.Events;
import dev.pleat.interactivequeries.History.EventsRequest;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import io.javalin.http.Context;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * Answers what happened to an aggregate, and what was known of it. Safe for use by many threads.
 */
final class HistoryRoutes {

  private static final String AS_OF_VERSION = "as-of-version";
  private static final String AS_OF = "as-of";
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
    ViewRoutes.Seen seen = views.seen(request, schema, id);
    return switch (history.row(schema, view, id, asOf.get(), seen.version(), seen.patience())) {
      case Found<Row> found -> Reply.json(200, found.value().json());
      case NotFound<Row> notFound ->
          Problem.of(
                  Problem.NOT_FOUND,
                  "the view " + view.name() + " had no row of this key then, or that is to come")
              .reply();
      case NotYet<Row> notYet -> Problem.of(Problem.POSITION_NOT_REACHED, notYet.detail()).reply();
      case Unavailable<Row> unavailable ->
          Problem.of(unavailable.code(), unavailable.detail()).reply();
    };
  }

  /** Refuses a question about the past where nobody can answer it. */
  static void refuseAsOf(Context request, String why) {
    if (asOf(request).isPresent()) {
      throw Refusal.of(Problem.INVALID_PARAMETER, why);
    }
  }

  private static Optional<AsOf> asOf(Context request) {
    Optional<String> version = RequestHeaders.parameter(request, AS_OF_VERSION);
    Optional<String> time = RequestHeaders.parameter(request, AS_OF);
    if (version.isPresent() && time.isPresent()) {
      throw Refusal.of(Problem.INVALID_PARAMETER, "send either as-of-version or as-of");
    }
    if (version.isPresent()) {
      if (!VERSION.matcher(version.get()).matches()) {
        throw Refusal.of(Problem.INVALID_PARAMETER, "as-of-version must be a number from 1");
      }
      return Optional.of(new History.Version(Long.parseLong(version.get())));
    }
    return time.map(HistoryRoutes::time);
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
    byte[] scope = scope(schema, id, ascending);
    EventsRequest page =
        new EventsRequest(
            RequestHeaders.parameter(request, "cursor")
                .map(text -> OptionalLong.of(place(text, scope)))
                .orElse(OptionalLong.empty()),
            ascending,
            ViewRoutes.limit(request));
    ViewRoutes.Seen seen = views.seen(request, schema, id);
    return switch (history.events(schema, id, page, seen.version(), seen.patience())) {
      case Found<Events> found -> Reply.json(200, json(found.value(), scope));
      case NotFound<Events> notFound ->
          Problem.of(Problem.NOT_FOUND, "nothing has happened to an aggregate of this id").reply();
      case NotYet<Events> notYet ->
          Problem.of(Problem.POSITION_NOT_REACHED, notYet.detail()).reply();
      case Unavailable<Events> unavailable ->
          Problem.of(unavailable.code(), unavailable.detail()).reply();
    };
  }

  /** A cursor goes on with the events it came from and no others. */
  private static byte[] scope(DomainSchema<?, ?> schema, String id, boolean ascending) {
    CRC32C sum = new CRC32C();
    sum.update((schema.name() + "\n" + id + "\n" + ascending).getBytes(UTF_8));
    return ByteBuffer.allocate(Integer.BYTES).putInt((int) sum.getValue()).array();
  }

  private static long place(String cursor, byte[] scope) {
    return Checked.payload(Kind.CURSOR, cursor)
        .filter(bytes -> bytes.length == scope.length + Long.BYTES)
        .map(ByteBuffer::wrap)
        .filter(bytes -> bytes.getInt() == ByteBuffer.wrap(scope).getInt())
        .map(ByteBuffer::getLong)
        .orElseThrow(
            () ->
                Refusal.of(
                    Problem.INVALID_PARAMETER, "cursor is not one that this list has answered"));
  }

  /** Events are answered as they lie on the log. */
  private static byte[] json(Events events, byte[] scope) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String separator = "{\"events\":[";
    for (byte[] event : events.events()) {
      out.writeBytes(separator.getBytes(UTF_8));
      out.writeBytes(event);
      separator = ",";
    }
    out.writeBytes((events.events().isEmpty() ? separator + "]" : "]").getBytes(UTF_8));
    if (events.next().isPresent()) {
      byte[] place =
          ByteBuffer.allocate(scope.length + Long.BYTES)
              .put(scope)
              .putLong(events.next().getAsLong())
              .array();
      byte[] cursor = JsonCodec.object(Map.of("cursor", Checked.text(Kind.CURSOR, place))).bytes();
      out.write(',');
      out.write(cursor, 1, cursor.length - 1);
    } else {
      out.write('}');
    }
    return out.toByteArray();
  }
}

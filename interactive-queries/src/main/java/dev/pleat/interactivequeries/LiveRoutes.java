package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.interactivequeries.Answer.NotYet;
import dev.pleat.interactivequeries.Answer.Unavailable;
import dev.pleat.interactivequeries.Checked.Kind;
import dev.pleat.interactivequeries.LiveTopics.Changes;
import dev.pleat.interactivequeries.LiveTopics.Listening;
import dev.pleat.interactivequeries.LiveTopics.Reading;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import io.javalin.http.Context;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Lets clients follow a row, the rows of a view and the events of an aggregate, as Server-Sent
 * Events. Safe for use by many threads.
 */
final class LiveRoutes implements AutoCloseable {

  private static final String LAST_EVENT_ID = "Last-Event-ID";
  private static final Pattern VERSION = Pattern.compile("0|[1-9][0-9]{0,17}");

  private final Views views;
  private final History history;
  private final LiveTopics topics;
  private final Function<String, String> logId;
  private final ViewRoutes viewRoutes;
  private final InstantSource clock;
  private final Set<LiveStream> streams = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  LiveRoutes(HttpApi.Parts parts, ViewRoutes viewRoutes, InstantSource clock) {
    this.views = parts.views();
    this.history = parts.history();
    this.topics = parts.live();
    this.logId = parts.logId();
    this.viewRoutes = viewRoutes;
    this.clock = clock;
  }

  /** A row as it changes. */
  LiveStream row(Context request, DomainSchema<?, ?> schema, View view, String keyParameter) {
    refuse(
        request,
        List.of("as-of", "as-of-version"),
        "what was does not change: it cannot be followed");
    return row(
        Parameters.of(request),
        schema,
        view,
        Paths.key(request.pathParam(keyParameter), schema, view),
        lastEventId(request));
  }

  /** The row of a key as it changes. */
  LiveStream row(
      Parameters asked,
      DomainSchema<?, ?> schema,
      View view,
      String key,
      Optional<String> lastEventId) {
    ViewRoutes.Writes writes = viewRoutes.writes(asked, schema, view, key);
    return begun(new RowStream(this, schema, view, key, writes, lastEventId));
  }

  /** The rows of a view as they change. */
  LiveStream rows(Context request, DomainSchema<?, ?> schema, View view) {
    refuse(
        request,
        List.of("limit", "cursor", "after", "wait"),
        "a list that is followed has neither pages nor tokens; leave out limit, cursor, after and"
            + " wait");
    if (!RequestHeaders.all(request, "Pleat-Token").isEmpty()) {
      throw Refusal.of(Problem.INVALID_PARAMETER, "a list that is followed takes no Pleat-Token");
    }
    return rows(Parameters.of(request), schema, view, lastEventId(request));
  }

  /** The rows that are selected as they change. */
  LiveStream rows(
      Parameters asked, DomainSchema<?, ?> schema, View view, Optional<String> lastEventId) {
    if (!(ViewRoutes.selection(asked, view) instanceof Selection.ByKey selection)) {
      throw Refusal.of(
          Problem.INVALID_PARAMETER,
          "a list that is followed is selected by prefix, from and before only");
    }
    return begun(new RowsStream(this, schema, view, selection, lastEventId));
  }

  /** The events of an aggregate as they come. */
  LiveStream events(Context request, DomainSchema<?, ?> schema, String idParameter) {
    refuse(
        request,
        List.of("limit", "cursor", "order", "include"),
        "events that are followed come in the order of versions; leave out limit, cursor, order and include");
    return events(
        Parameters.of(request),
        schema,
        Paths.id(request, schema, idParameter),
        lastEventId(request));
  }

  /** The events of the aggregate of an id as they come. */
  LiveStream events(
      Parameters asked, DomainSchema<?, ?> schema, String id, Optional<String> lastEventId) {
    ViewRoutes.Seen seen = viewRoutes.seen(asked, schema, id);
    long after =
        lastEventId
            .map(
                text -> {
                  if (!VERSION.matcher(text).matches()) {
                    throw Refusal.of(
                        Problem.INVALID_PARAMETER, LAST_EVENT_ID + " must be a version");
                  }
                  return Long.parseLong(text);
                })
            .orElse(0L);
    return begun(new EventsStream(this, schema, id, seen, after));
  }

  private static void refuse(Context request, List<String> parameters, String why) {
    if (parameters.stream().anyMatch(name -> RequestHeaders.parameter(request, name).isPresent())) {
      throw Refusal.of(Problem.INVALID_PARAMETER, why);
    }
  }

  private static Optional<String> lastEventId(Context request) {
    return RequestHeaders.all(request, LAST_EVENT_ID).stream()
        .filter(text -> !text.isEmpty())
        .findFirst();
  }

  private LiveStream begun(LiveStream stream) {
    streams.add(stream);
    if (closed) {
      stream.end();
    }
    return stream;
  }

  void ended(LiveStream stream) {
    streams.remove(stream);
  }

  /** Ends the streams there are, and those to come. */
  @Override
  public void close() {
    closed = true;
    streams.forEach(LiveStream::end);
  }

  // ---- what the streams ask

  Views views() {
    return views;
  }

  History history() {
    return history;
  }

  InstantSource clock() {
    return clock;
  }

  /**
   * The changes of a view's rows.
   *
   * @throws Refusal while no generation of it serves
   */
  Changes changes(DomainSchema<?, ?> schema, View view) {
    return topics
        .changes(schema, view)
        .orElseThrow(
            () -> Refusal.of(Answer.NOT_NOW, "the view " + view.name() + " cannot be read here"));
  }

  Listening listen(Changes changes, String key) {
    return found(topics.listen(changes, key)).orElseThrow();
  }

  Listening listen(DomainSchema<?, ?> schema, String aggregateId) {
    return found(topics.listen(schema, aggregateId)).orElseThrow();
  }

  /** Reads changes from the beginning. */
  Reading read(Changes changes) {
    return found(topics.read(changes, Optional.empty())).orElseThrow();
  }

  /** Reads changes from there; empty if they do not reach from there on. */
  Optional<Reading> read(Changes changes, List<Long> from) {
    return found(topics.read(changes, Optional.of(from)));
  }

  private static <T> Optional<T> found(Answer<T> answer) {
    refuseUnlessKnown(answer);
    return answer instanceof Found<T> found ? Optional.of(found.value()) : Optional.empty();
  }

  /**
   * Passes what is there, or known not to be there.
   *
   * @throws Refusal otherwise
   */
  static void refuseUnlessKnown(Answer<?> answer) {
    switch (answer) {
      case Found<?> found -> {}
      case NotFound<?> notFound -> {}
      case NotYet<?> notYet -> throw Refusal.of(Problem.POSITION_NOT_REACHED, notYet.detail());
      case Unavailable<?> why -> throw Refusal.of(why.code(), why.detail());
    }
  }

  /** Ids of events of one stream: of the generation that serves, over these logs. */
  Scoped ids(Changes changes, String what) {
    String logs =
        changes.schema().sources(changes.view()).stream()
            .map(source -> logId.apply(source.name()))
            .collect(Collectors.joining(","));
    return Scoped.of(Kind.EVENT_ID, changes.topic() + "\n" + logs + "\n" + what);
  }

  /** What stands for a row that is not there. */
  static byte[] noRow(DomainSchema<?, ?> schema, View view, String key) {
    return JsonCodec.object(Map.of(schema.keyField(view), key)).bytes();
  }
}

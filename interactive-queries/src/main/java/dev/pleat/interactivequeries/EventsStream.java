package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.History.Events;
import dev.pleat.interactivequeries.History.EventsRequest;
import dev.pleat.interactivequeries.History.Place;
import dev.pleat.interactivequeries.History.Subject;
import dev.pleat.interactivequeries.LiveTopics.Listening;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * The events of an aggregate, each exactly once and in order: those there are, then those that
 * come. An event's id is its version.
 *
 * <p>They are read from the history, page by page; the events topic only says when to look.
 */
final class EventsStream extends LiveStream {

  private static final int PAGE = 100;

  private record Versioned(long version) {}

  private final LiveRoutes routes;
  private final DomainSchema<?, ?> schema;
  private final String id;
  private final Listening listening;
  private long version;
  private Optional<Answer<Events>> first;

  /**
   * A stream that has sent nothing yet.
   *
   * @param after the version of the last event that the client has
   * @throws Refusal if the events cannot be read or followed now
   */
  EventsStream(
      LiveRoutes routes, DomainSchema<?, ?> schema, String id, ViewRoutes.Seen seen, long after) {
    super(routes);
    this.routes = routes;
    this.schema = schema;
    this.id = id;
    this.version = after;
    this.listening = routes.listen(schema, id);
    try {
      this.first = Optional.of(read(Math.max(seen.version(), after), seen.patience()));
    } catch (RuntimeException e) {
      listening.close();
      throw e;
    }
  }

  private Answer<Events> read(long seen, Duration patience) {
    Answer<Events> events =
        routes
            .history()
            .events(
                new Subject(schema, id, seen, patience),
                new EventsRequest(Optional.of(new Place(version, 0)), true, PAGE, false));
    LiveRoutes.refuseUnlessKnown(events);
    return events;
  }

  @Override
  void follow() throws IOException, InterruptedException {
    boolean more = show(first.orElseThrow());
    first = Optional.empty();
    Pauses pauses = new Pauses();
    while (!hasEnded()) {
      if (!more && listening.heard(pauses.next())) {
        pauses = new Pauses();
      }
      if (!hasEnded()) {
        more = show(read(0, LiveStream.HEARTBEAT));
        beat();
      }
    }
  }

  /** Sends a page; whether there is another one. */
  private boolean show(Answer<Events> answer) throws IOException {
    if (!(answer instanceof Found<Events> found)) {
      return false;
    }
    for (byte[] event : found.value().events()) {
      version++;
      if (JsonCodec.readValue(event, Versioned.class).version() != version) {
        throw Refusal.of(Answer.VIEW_STOPPED, "version " + version + " is not in the history");
      }
      send("event", Optional.of(Long.toString(version)), event);
    }
    return found.value().next().isPresent();
  }

  @Override
  void wake() {
    listening.wake();
  }

  @Override
  void release() {
    listening.close();
  }
}

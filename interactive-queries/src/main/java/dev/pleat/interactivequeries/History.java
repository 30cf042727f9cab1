package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.SubmittedCommand;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** What happened to aggregates, and what was known of them. Safe for use by many threads. */
public interface History {

  /**
   * The aggregate that is asked about.
   *
   * @param seen the version that must have been recorded here; 0 for any
   * @param patience how long an answer may take
   */
  record Subject(DomainSchema<?, ?> schema, String aggregateId, long seen, Duration patience) {

    /** The same, answered without a wait. */
    Subject atOnce() {
      return new Subject(schema, aggregateId, seen, Duration.ZERO);
    }

    /** The same, with this version recorded too. */
    Subject at(long version) {
      return new Subject(schema, aggregateId, Math.max(seen, version), patience);
    }
  }

  /** A moment in the history of an aggregate. */
  sealed interface AsOf {}

  /** When the aggregate had this version; at least 1. */
  record Version(long number) implements AsOf {}

  /** At this time, by the timestamps of the events. */
  record Time(Instant instant) implements AsOf {}

  /**
   * Which steps of a replay are wanted.
   *
   * @param from the version of the first event, at least 1
   * @param until the version after which there are no more; empty for all there are
   * @param limit the most steps to answer, at least 1
   */
  record ReplayRequest(long from, OptionalLong until, int limit) {}

  /**
   * An event and what had come of all up to it.
   *
   * @param event as it lies on the log
   * @param state the decider's state after it
   * @param rows the rows of the views keyed by the aggregate's id that had one, by the names of the
   *     views: in the middle of a command those of the command before
   */
  // Made for one answer and written there.
  @SuppressWarnings("ArrayRecordComponent")
  record Step(long version, byte[] event, byte[] state, Map<String, byte[]> rows) {}

  /**
   * Steps of a replay.
   *
   * @param next the version of the step that follows; empty if this was the last one
   */
  record Steps(List<Step> steps, OptionalLong next) {
    /** Keeps its own copy of the list. */
    public Steps {
      steps = List.copyOf(steps);
    }
  }

  /**
   * The decider's state.
   *
   * @param version of the last event in it
   */
  // Made for one answer and written there.
  @SuppressWarnings("ArrayRecordComponent")
  record State(long version, byte[] json) {}

  /**
   * Where something lies in the history of an aggregate.
   *
   * @param version of the event, or the aggregate's after the command
   * @param order 0 for the event of that version; rising from 1 for the outcomes that lie behind it
   */
  record Place(long version, long order) implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      int byVersion = Long.compare(version, other.version);
      return byVersion == 0 ? Long.compare(order, other.order) : byVersion;
    }
  }

  /**
   * Which events are wanted.
   *
   * @param after where the page before ended; empty to begin
   * @param ascending whether the oldest come first
   * @param limit the most to answer, at least 1
   * @param outcomes whether the outcomes are wanted too, each behind the event of its version
   */
  record EventsRequest(Optional<Place> after, boolean ascending, int limit, boolean outcomes) {}

  /**
   * Events of one aggregate, each as it lies on the log, and outcomes if they were wanted.
   *
   * @param next where this page ended; empty if it was the last one
   * @param outcomesThrough the version up to which the outcomes are recorded; empty if they were
   *     not wanted
   */
  record Events(List<byte[]> events, Optional<Place> next, OptionalLong outcomesThrough) {
    /** Keeps its own copy of the list. */
    public Events {
      events = List.copyOf(events);
    }
  }

  /**
   * The events of an aggregate. Blocks while they cannot be had and the wait is not over; the same
   * for the outcomes of the events, but then answers those there are. No outcome is answered before
   * the events it tells of are recorded.
   *
   * @return not found if there are none
   */
  Answer<Events> events(Subject subject, EventsRequest request);

  /**
   * The row of a view as it was: at that moment, or at the last one before it at which a command
   * was whole.
   *
   * @param view keyed by the aggregate's id
   * @return not found if there was no such row, or the aggregate has not come to that version
   */
  Answer<Row> row(Subject subject, View view, AsOf asOf);

  /**
   * What a command would write.
   *
   * @param events the events, as they would lie on the log; none unless the outcome is accepted
   */
  record Tried(Outcome outcome, List<byte[]> events) {
    /** Keeps its own copy of the list. */
    public Tried {
      events = List.copyOf(events);
    }
  }

  /**
   * What a command would do to the aggregate at the version it expects, or at the newest one
   * recorded here. Writes nothing. Blocks while that version is not recorded and the wait is not
   * over; what is not recorded then is taken not to exist.
   *
   * @param now what the log's clock would say
   */
  Answer<Tried> dryRun(Subject subject, SubmittedCommand command, Instant now);

  /**
   * The events of an aggregate, each with what had come of all up to it, folded anew. Blocks while
   * they cannot be had and the wait is not over.
   *
   * @return not found if the aggregate has not come to the first version asked for
   */
  Answer<Steps> replay(Subject subject, ReplayRequest request);

  /**
   * The decider's state as it was: at that moment, or at the last one before it at which a command
   * was whole.
   *
   * @param asOf empty for the newest state recorded here
   * @return not found if there was none, or the aggregate has not come to that version
   */
  Answer<State> state(Subject subject, Optional<AsOf> asOf);
}

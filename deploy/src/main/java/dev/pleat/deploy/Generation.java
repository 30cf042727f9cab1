package dev.pleat.deploy;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.UnreadableMessage;
import dev.pleat.topology.ViewTopology;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * One making of a view from the events, as a row of the compacted topic {@code <domain>.views}.
 *
 * @param view the view's name
 * @param number counts the makings of a view from 1; its application is named after it
 * @param version the declared version of the view it is made with; never changes
 * @param state what it is for
 * @param eventsPerSecond the most events a process reads a second while it builds it beside another
 *     one; 0 for as many as it can
 * @param logs which logs it is made from, by domain, where these are not the first; never changes
 */
record Generation(
    String view,
    int number,
    int version,
    State state,
    int eventsPerSecond,
    Map<String, Integer> logs) {

  /** Keeps its own copy of the logs. */
  Generation {
    logs = Map.copyOf(logs);
  }

  /** What a generation is for. */
  enum State {
    /** It catches up with the events, and is not asked. */
    BUILDING,
    /** It is asked, until one with a higher version or number serves. */
    SERVING,
    /** Nobody needs it any more: it is deleted, or will be. Final. */
    DROPPED
  }

  /** As the log has it: without logs where all are the first, as it was written ever since. */
  private record Logged(
      String view,
      int generation,
      int version,
      String state,
      int eventsPerSecond,
      Optional<Map<String, Integer>> logs) {}

  /** The logs a view is made from where these are not the first. */
  static Map<String, Integer> logs(DomainSchema<?, ?> schema, View view) {
    return schema.sources(view).stream()
        .filter(source -> source.log() != DomainSchema.FIRST_LOG)
        .collect(Collectors.toMap(DomainSchema::name, DomainSchema::log));
  }

  Generation in(State next) {
    return new Generation(view, number, version, next, eventsPerSecond, logs);
  }

  /** Whether both are makings of the same rows: by the same version, from the same logs. */
  boolean isLike(Generation other) {
    return version == other.version && logs.equals(other.logs);
  }

  /** The Kafka Streams application that makes it. */
  String applicationId(DomainSchema<?, ?> schema, View of) {
    return ViewTopology.applicationId(schema, of, number);
  }

  /**
   * Whether nobody needs another one any more when this one serves. Never one of a higher version:
   * that is of a newer release.
   */
  boolean replaces(Generation other) {
    return other.version < version || (other.version == version && other.number < number);
  }

  /** The key of its row: one each. */
  String key() {
    return view + ".g" + number;
  }

  byte[] bytes() {
    return JsonCodec.writeValue(
        new Logged(
            view,
            number,
            version,
            state.name().toLowerCase(Locale.ROOT),
            eventsPerSecond,
            Optional.<Map<String, Integer>>of(new TreeMap<>(logs))
                .filter(some -> !some.isEmpty())));
  }

  /** What a row says; empty if it is none, for anybody may write to the topic. */
  static Optional<Generation> read(String key, byte[] row) {
    try {
      Logged logged = JsonCodec.readValue(row, Logged.class);
      Generation read =
          new Generation(
              logged.view(),
              logged.generation(),
              logged.version(),
              State.valueOf(logged.state().toUpperCase(Locale.ROOT)),
              logged.eventsPerSecond(),
              logged.logs().orElse(Map.of()));
      boolean sound =
          read.key().equals(key)
              && read.number() > 0
              && read.version() > 0
              && read.eventsPerSecond() >= 0
              && read.logs().values().stream().allMatch(log -> log > DomainSchema.FIRST_LOG);
      return sound ? Optional.of(read) : Optional.empty();
    } catch (UnreadableMessage | IllegalArgumentException | NullPointerException e) {
      return Optional.empty();
    }
  }
}

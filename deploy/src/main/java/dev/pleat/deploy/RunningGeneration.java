package dev.pleat.deploy;

import dev.pleat.interactivequeries.StreamsViews;
import dev.pleat.interactivequeries.ViewOperations;
import dev.pleat.interactivequeries.ViewPositions;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.StoppedView;
import dev.pleat.topology.Domain;
import dev.pleat.topology.OpenRows;
import dev.pleat.topology.Resumptions;
import dev.pleat.topology.ViewTopology;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;

/** The application of a generation in this process. Safe for use by many threads. */
final class RunningGeneration {

  private static final long MANY = 10_000;

  private final DomainSchema<?, ?> schema;
  private final View view;
  private final Generation generation;
  private final StreamsRole role;
  private final Pace pace;
  private final Resumptions resumptions;
  private final OpenRows open;
  private final StreamsViews rows;
  private final boolean inBulk;

  private RunningGeneration(
      Domain<?, ?, ?> domain,
      View view,
      Generation generation,
      Pace pace,
      boolean inBulk,
      Surroundings surroundings) {
    this.inBulk = inBulk;
    this.schema = domain.schema();
    this.view = view;
    this.generation = generation;
    this.pace = pace;
    this.resumptions = new Resumptions();
    this.open = new OpenRows();
    StreamsSettings streams = surroundings.streams();
    String applicationId = generation.applicationId(schema, view);
    Properties properties =
        StreamsSettings.atPace(
            pace,
            view.derived().isPresent() && !inBulk
                ? streams.deriving(applicationId)
                : streams.folding(applicationId));
    this.role =
        StreamsRole.start(
            "view " + schema.name() + "/" + view.name() + " g" + generation.number(),
            waiting -> ViewTopology.of(domain, view.name(), resumptions, open),
            properties,
            Optional.of(new StreamsRole.Tracking(surroundings.ends(), pace)));
    this.rows =
        new StreamsViews(
            (name, store) -> role.running(),
            (of, made) -> role.positions().map(ViewPositions.class::cast),
            surroundings.partitions());
  }

  /**
   * What every generation needs.
   *
   * @param partitions how many partitions the topics of a domain have, or those of the domains its
   *     views are made from
   */
  record Surroundings(
      StreamsSettings streams, LogEnds ends, ToIntFunction<DomainSchema<?, ?>> partitions) {

    /** Whether there are so many events that it pays to take them with few commits. */
    private boolean hasMany(Set<String> topics) {
      return ends.of(topics)
              .map(ends -> ends.values().stream().mapToLong(Long::longValue).sum())
              .orElse(0L)
          > MANY;
    }
  }

  /** Starts it in the background, to serve. */
  static RunningGeneration serving(
      Domain<?, ?, ?> domain, View view, Generation generation, Surroundings surroundings) {
    return new RunningGeneration(domain, view, generation, Pace.unlimited(), false, surroundings);
  }

  /**
   * Starts it in the background, to catch up with many events: with few commits, and at its own
   * pace if another one serves.
   */
  static RunningGeneration building(
      Domain<?, ?, ?> domain,
      View view,
      Generation generation,
      boolean besideAnother,
      Surroundings surroundings) {
    Pace pace =
        besideAnother
            ? new Pace(eventsTopics(domain.schema(), view), generation.eventsPerSecond())
            : Pace.unlimited();
    boolean inBulk =
        view.derived().isPresent() && surroundings.hasMany(eventsTopics(domain.schema(), view));
    return new RunningGeneration(domain, view, generation, pace, inBulk, surroundings);
  }

  /** Whether it must be started {@link #serving} before it is asked: it commits too seldom. */
  boolean isInBulk() {
    return inBulk;
  }

  static Set<String> eventsTopics(DomainSchema<?, ?> schema, View view) {
    return schema.sources(view).stream()
        .map(DomainSchema::eventsTopic)
        .collect(Collectors.toUnmodifiableSet());
  }

  Generation generation() {
    return generation;
  }

  StreamsRole role() {
    return role;
  }

  /** Its rows that are open here. */
  OpenRows open() {
    return open;
  }

  Pace pace() {
    return pace;
  }

  /** Where it has stopped here. */
  List<StoppedView> marks() {
    return schema.sources(view).stream()
        .flatMap(source -> rows.marks(schema, view.guard(source), source).stream())
        .toList();
  }

  /** Why it cannot be asked for some of its rows, in words; empty if it can for all held here. */
  Optional<String> stopped() {
    return rows.stopped(schema, view);
  }

  /** How far it has come in every partition of its events. Asks the cluster. */
  List<ViewOperations.Part> parts() {
    List<ViewOperations.Part> parts = new ArrayList<>();
    for (DomainSchema<?, ?> source : schema.sources(view)) {
      parts.addAll(parts(source));
    }
    return parts;
  }

  private List<ViewOperations.Part> parts(DomainSchema<?, ?> source) {
    Optional<ApplicationPositions> at = role.positions();
    Map<Integer, StoppedView> marks = new TreeMap<>();
    rows.marks(schema, view.guard(source), source)
        .forEach(mark -> marks.put(mark.partition(), mark));
    Map<TopicPartition, Long> ends =
        at.flatMap(positions -> positions.ends(Set.of(source.eventsTopic()))).orElse(Map.of());
    List<ViewOperations.Part> parts = new ArrayList<>();
    ends.forEach(
        (partition, end) ->
            parts.add(
                new ViewOperations.Part(
                    partition.topic(),
                    partition.partition(),
                    // Nobody commits a position in a partition that has nothing.
                    end == 0
                        ? OptionalLong.of(0)
                        : at.map(it -> it.done(partition)).orElse(OptionalLong.empty()),
                    OptionalLong.of(end),
                    Optional.ofNullable(marks.get(partition.partition())))));
    parts.sort(Comparator.comparingInt(ViewOperations.Part::partition));
    return parts;
  }

  /** Lets it go on wherever it has stopped here; the marks at which it does. */
  List<StoppedView> resume(boolean skip) {
    List<StoppedView> resumed = new ArrayList<>();
    Optional<ApplicationPositions> at = role.positions();
    if (at.isEmpty()) {
      return resumed;
    }
    for (DomainSchema<?, ?> source : schema.sources(view)) {
      for (StoppedView mark : rows.marks(schema, view.guard(source), source)) {
        at.get().resume(resumptions, view.guard(source), source, mark, skip);
        resumed.add(mark);
      }
    }
    return resumed;
  }
}

package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.interactivequeries.Answer.NotYet;
import dev.pleat.interactivequeries.Answer.Unavailable;
import dev.pleat.interactivequeries.ReadableStores.Held;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.Guard;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.RowCodec;
import dev.pleat.schemas.StoppedView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/**
 * Views from the state stores of this process. What another process holds is answered with "not
 * now". Safe for use by many threads.
 */
public final class StreamsViews implements Views {

  /**
   * So long a partition is taken not to have stopped since it was last looked at: a row read then
   * is what would have been answered that much earlier.
   */
  private static final long BELIEVED_NANOS = 100_000_000;

  private record Place(String domain, String guard, int partition) {}

  private final ReadableStores stores;
  private final Positions positions;
  private final Map<Place, Long> going = new ConcurrentHashMap<>();
  private final Patience patience = new Patience();

  /**
   * Views over the running applications.
   *
   * @param running finds the application that has a view's stores
   * @param positions how far they have come
   * @param partitions how many partitions the topics of a domain have, or those of the domains its
   *     views are made from
   */
  public StreamsViews(
      RunningStreams running, Positions positions, ToIntFunction<DomainSchema<?, ?>> partitions) {
    this(new LocalStores(running, partitions), positions);
  }

  /**
   * Views over stores that somebody else keeps.
   *
   * @param stores that have what the application of a view has in stores of these names
   */
  public StreamsViews(ReadableStores stores, Positions positions) {
    this.stores = stores;
    this.positions = positions;
  }

  @Override
  public Answer<Row> row(
      DomainSchema<?, ?> schema, View view, String key, List<ReadAfter> after, Duration wait) {
    int partition = stores.partitionOf(schema.sources(view).getFirst(), key);
    Query<Row> query =
        new Query<>(schema, view, Set.of(partition), after) {
          @Override
          Answer<Row> read() {
            return row(schema, view, key, partition);
          }
        };
    return patience.ask(query::now, wait);
  }

  private Answer<Row> row(DomainSchema<?, ?> schema, View view, String key, int partition) {
    Held<byte[]> row = stores.row(schema, view.rowsStore(), partition, key);
    if (row.missing().isPresent()) {
      return notNow(view, row.missing().get());
    }
    return only(row)
        .<Answer<Row>>map(json -> new Found<>(Row.of(view, json)))
        .orElseGet(NotFound::new);
  }

  @Override
  public Answer<Page> page(
      DomainSchema<?, ?> schema,
      View view,
      PageRequest page,
      List<ReadAfter> after,
      Duration wait) {
    Query<Page> query =
        new Query<>(schema, view, stores.partitionsOf(schema.sources(view).getFirst()), after) {
          @Override
          Answer<Page> read() {
            return new RowList(stores, schema, view, page.selection())
                .page(page.from(), page.limit());
          }
        };
    return patience.ask(query::now, wait);
  }

  /** One question, asked until it is answered or time is up. Used by one thread. */
  private abstract class Query<T> {
    private final DomainSchema<?, ?> schema;
    private final View view;
    private final Set<Integer> rows;
    private final List<ReadAfter> unseen;
    private final List<UnderWay> underWay = new ArrayList<>();

    /**
     * A question.
     *
     * @param rows the partitions in which what is asked for lies
     */
    Query(DomainSchema<?, ?> schema, View view, Set<Integer> rows, List<ReadAfter> after) {
      this.schema = schema;
      this.view = view;
      this.rows = rows;
      this.unseen = new ArrayList<>(after);
    }

    /** A write that was seen, on its way to the rows through an application of Kafka Streams. */
    private record UnderWay(ReadAfter write, ViewPositions through, Passage passage) {}

    /** Reads, once everything has been seen that must be. */
    abstract Answer<T> read();

    Answer<T> now() {
      Optional<Unavailable<T>> stopped =
          view.derived().isEmpty()
              ? stoppedHere(view.guard(schema), schema, rows)
              : anySourceStopped();
      if (stopped.isPresent()) {
        return stopped.get();
      }
      Optional<Answer<T>> notYet = lookForWrites();
      if (notYet.isPresent()) {
        return notYet.get();
      }
      // A version is in the row or written after it: a row read from now on is at least as new.
      return read();
    }

    /** A row may come from any partition of any source. */
    private Optional<Unavailable<T>> anySourceStopped() {
      for (DomainSchema<?, ?> source : schema.sources(view)) {
        for (Integer each : stores.partitionsOf(source)) {
          Optional<Unavailable<T>> stopped = stoppedHere(view.guard(source), source, Set.of(each));
          // What is not held here, another instance has to say.
          if (stopped.isPresent() && stopped.get().code().equals(Answer.VIEW_STOPPED)) {
            return stopped;
          }
        }
      }
      return Optional.empty();
    }

    private Optional<Unavailable<T>> stoppedHere(
        Guard guard, DomainSchema<?, ?> source, Set<Integer> asked) {
      return asked.stream()
              .allMatch(each -> wentJustNow(new Place(schema.name(), guard.name(), each)))
          ? Optional.empty()
          : stopped(schema, view, source, asked);
    }

    /** Empty once every write has been seen, and its consequences have come to the rows. */
    private Optional<Answer<T>> lookForWrites() {
      beginAgainWhereApplicationsChanged();
      for (Iterator<ReadAfter> writes = unseen.iterator(); writes.hasNext(); ) {
        Optional<Answer<T>> notYet = lookFor(writes.next());
        if (notYet.isPresent()) {
          return notYet;
        }
        writes.remove();
      }
      underWay.removeIf(each -> each.passage().hasArrived());
      return underWay.isEmpty()
          ? Optional.empty()
          : Optional.of(new NotYet<>("the view " + view.name() + " has not shown that write yet"));
    }

    /** A new application may read again what the old one did not commit. */
    private void beginAgainWhereApplicationsChanged() {
      if (!underWay.isEmpty()) {
        Optional<ViewPositions> now = positions.of(schema, view);
        underWay.removeIf(
            each -> now.filter(each.through()::equals).isEmpty() && unseen.add(each.write()));
      }
    }

    private Optional<Answer<T>> lookFor(ReadAfter write) {
      if (write.version() == 0) {
        return Optional.empty();
      }
      DomainSchema<?, ?> source =
          schema.sources(view).stream()
              .filter(domain -> domain.name().equals(write.domain()))
              .findFirst()
              .orElseThrow();
      int from = stores.partitionOf(source, write.aggregateId());
      // Before and after: what is seen must be of the application whose positions are taken.
      Optional<ViewPositions> at =
          view.derived().isPresent() ? positions.of(schema, view) : Optional.empty();
      if (view.isSeenInRows() && isInTheRow(write, from)) {
        return Optional.empty();
      }
      Held<Long> seen =
          stores.read(
              schema,
              view.guard(source).seenStore(),
              Set.of(from),
              (ReadOnlyKeyValueStore<String, Long> store) -> store.get(write.aggregateId()));
      if (seen.missing().isPresent()) {
        return Optional.of(notNow(view, seen.missing().get()));
      }
      if (only(seen).orElse(0L) < write.version()) {
        return Optional.of(
            new NotYet<>("the view " + view.name() + " has not reached that version yet"));
      }
      if (view.derived().isPresent()) {
        if (at.isEmpty() || !at.equals(positions.of(schema, view))) {
          return Optional.of(notNow(view, "it is being started or stopped"));
        }
        TopicPartition events = new TopicPartition(source.eventsTopic(), from);
        underWay.add(new UnderWay(write, at.get(), new Passage(at.get(), events, rows)));
      }
      return Optional.empty();
    }

    private boolean isInTheRow(ReadAfter write, int partition) {
      return only(stores.row(schema, view.rowsStore(), partition, write.aggregateId()))
          .filter(row -> RowCodec.version(row) >= write.version())
          .isPresent();
    }
  }

  private boolean wentJustNow(Place place) {
    Long seen = going.get(place);
    return seen != null && System.nanoTime() - seen < BELIEVED_NANOS;
  }

  private <T> Optional<Unavailable<T>> stopped(
      DomainSchema<?, ?> schema, View view, DomainSchema<?, ?> source, Set<Integer> partitions) {
    Guard guard = view.guard(source);
    for (Integer partition : partitions) {
      long asked = System.nanoTime();
      Held<byte[]> mark = mark(schema, guard, partition);
      if (mark.missing().isPresent()) {
        return Optional.of(notNow(view, mark.missing().get()));
      }
      Optional<StoppedView> stopped =
          only(mark).map(json -> JsonCodec.readValue(json, StoppedView.class));
      Place place = new Place(schema.name(), guard.name(), partition);
      if (stopped.isEmpty()) {
        going.put(place, asked);
      } else {
        going.remove(place);
        return Optional.of(stopped(view, source, stopped.get()));
      }
    }
    return Optional.empty();
  }

  /**
   * Where a view or policy held here has stopped, partition by partition.
   *
   * @param guard its first step over the events of this domain
   */
  public List<StoppedView> marks(
      DomainSchema<?, ?> schema, Guard guard, DomainSchema<?, ?> source) {
    return stores.partitionsOf(source).stream()
        .flatMap(partition -> mark(schema, guard, partition).results().values().stream())
        .flatMap(Optional::stream)
        .map(json -> JsonCodec.readValue(json, StoppedView.class))
        .toList();
  }

  private Held<byte[]> mark(DomainSchema<?, ?> schema, Guard guard, int partition) {
    return stores.read(
        schema,
        guard.stoppedStore(),
        Set.of(partition),
        (ReadOnlyKeyValueStore<Integer, byte[]> store) -> store.get(partition));
  }

  /** Which partitions of a view held here have stopped, and why; empty if none has. */
  public Optional<String> stopped(DomainSchema<?, ?> schema, View view) {
    return schema.sources(view).stream()
        .flatMap(
            source ->
                stores.partitionsOf(source).stream()
                    .flatMap(
                        partition ->
                            this.<Row>stopped(schema, view, source, Set.of(partition)).stream()))
        .filter(why -> why.code().equals(Answer.VIEW_STOPPED))
        .map(Unavailable::detail)
        .reduce((one, other) -> one + "; " + other);
  }

  private static <R> Optional<R> only(Held<R> held) {
    return held.results().values().stream().findFirst().flatMap(it -> it);
  }

  static <T> Unavailable<T> stopped(View view, DomainSchema<?, ?> source, StoppedView at) {
    return new Unavailable<>(
        Answer.VIEW_STOPPED,
        "the view " + view.name() + " stopped at " + at.on(source.eventsTopic()));
  }

  static <T> Unavailable<T> notNow(View view, String why) {
    return new Unavailable<>(
        Answer.NOT_NOW, "the view " + view.name() + " cannot be read here: " + why);
  }
}

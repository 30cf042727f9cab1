package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.interactivequeries.Answer.NotYet;
import dev.pleat.interactivequeries.Answer.Unavailable;
import dev.pleat.interactivequeries.LocalStores.Held;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.HistoryKey;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.SubmittedCommand;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * The history from the state stores of this process. What another process holds is answered with
 * "not now". Safe for use by many threads.
 */
public final class StreamsHistory implements History {

  private static final int MAX_WAITERS = 1_000;
  private static final Duration PAUSE = Duration.ofMillis(10);

  /** More than all events of a command together may have. */
  private static final int MAX_PAGE_BYTES = 4 * 1024 * 1024;

  private final LocalStores stores;
  private final Folds folds;
  private final Semaphore waiters = new Semaphore(MAX_WAITERS);

  /**
   * A history over the running applications.
   *
   * @param running finds the application that has {@link HistoryKey#LAST} of a domain
   * @param partitions how many partitions the topics of a domain have
   * @param folds folds what was recorded
   */
  public StreamsHistory(
      RunningStreams running, ToIntFunction<DomainSchema<?, ?>> partitions, Folds folds) {
    this.stores = new LocalStores(running, partitions);
    this.folds = folds;
  }

  // ---- one aggregate

  /** The history of an aggregate, as far as it is recorded here. */
  private final class Recorded implements Folds.Recorded {
    private final DomainSchema<?, ?> schema;
    private final String id;
    private final Set<Integer> partition;

    Recorded(DomainSchema<?, ?> schema, String id) {
      this.schema = schema;
      this.id = id;
      this.partition = Set.of(stores.partitionOf(schema, id));
    }

    private <K, R> Optional<R> read(
        String store, Function<ReadOnlyKeyValueStore<K, byte[]>, @Nullable R> read) {
      Held<R> held = stores.read(schema, store, partition, read);
      if (held.missing().isPresent()) {
        throw new NotHere(held.missing().get());
      }
      return held.results().values().iterator().next();
    }

    /** 0 if there is no such aggregate. */
    long lastVersion() {
      return this.<String, byte[]>read(HistoryKey.LAST, store -> store.get(id))
          .map(bytes -> ByteBuffer.wrap(bytes).getLong())
          .orElse(0L);
    }

    @Override
    public List<byte[]> between(long from, long to, int limit) {
      return range(from, to, limit, true);
    }

    List<byte[]> range(long from, long to, int limit, boolean ascending) {
      Bytes first = Bytes.wrap(HistoryKey.of(id, from));
      Bytes last = Bytes.wrap(HistoryKey.of(id, to));
      return this.<Bytes, List<byte[]>>read(
              HistoryKey.EVENTS,
              store -> {
                List<byte[]> found = new ArrayList<>();
                long bytes = 0;
                try (KeyValueIterator<Bytes, byte[]> range =
                    ascending ? store.range(first, last) : store.reverseRange(first, last)) {
                  while (range.hasNext() && found.size() < limit && bytes < MAX_PAGE_BYTES) {
                    byte[] event = range.next().value;
                    found.add(event);
                    bytes += event.length;
                  }
                }
                return found;
              })
          .orElseThrow();
    }

    Optional<byte[]> snapshotUpTo(long version) {
      if (version == 0) {
        return Optional.empty();
      }
      return read(
          HistoryKey.SNAPSHOTS,
          (ReadOnlyKeyValueStore<Bytes, byte[]> store) -> {
            try (KeyValueIterator<Bytes, byte[]> range =
                store.reverseRange(
                    Bytes.wrap(HistoryKey.of(id, 1)), Bytes.wrap(HistoryKey.of(id, version)))) {
              return range.hasNext() ? range.next().value : null;
            }
          });
    }

    /** The version at a time, from 1 to the last one; 0 if there was none yet. */
    long versionAt(Instant time, long last) {
      long before = 0;
      long after = last + 1;
      while (after - before > 1) {
        long middle = (before + after) >>> 1;
        if (timestamp(middle).isAfter(time)) {
          after = middle;
        } else {
          before = middle;
        }
      }
      return before;
    }

    private Instant timestamp(long version) {
      List<byte[]> event = between(version, version, 1);
      if (event.isEmpty()) {
        throw new Folds.Broken("version " + version + " is missing", new IllegalStateException(id));
      }
      return JsonCodec.readEvent(event.getFirst()).timestamp();
    }
  }

  /** Thrown where something is not held here. */
  private static final class NotHere extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotHere(String why) {
      super(why, null, false, false);
    }
  }

  // ---- questions

  @Override
  public Answer<Events> events(
      DomainSchema<?, ?> schema,
      String aggregateId,
      EventsRequest request,
      long seen,
      Duration wait) {
    return answer(
        schema,
        aggregateId,
        seen,
        wait,
        (recorded, last) -> {
          if (last == 0) {
            return new NotFound<>();
          }
          long from = 1;
          long to = last;
          if (request.after().isPresent() && request.ascending()) {
            from = request.after().getAsLong() + 1;
          } else if (request.after().isPresent()) {
            to = request.after().getAsLong() - 1;
          }
          List<byte[]> events =
              from > to
                  ? List.of()
                  : recorded.range(from, to, request.limit(), request.ascending());
          if (events.isEmpty()) {
            return new Found<>(new Events(events, OptionalLong.empty()));
          }
          long ended = JsonCodec.readEvent(events.getLast()).version();
          boolean more = request.ascending() ? ended < to : ended > from;
          return new Found<>(
              new Events(events, more ? OptionalLong.of(ended) : OptionalLong.empty()));
        });
  }

  @Override
  public Answer<Row> row(
      DomainSchema<?, ?> schema,
      View view,
      String aggregateId,
      AsOf asOf,
      long seen,
      Duration wait) {
    return answer(
        schema,
        aggregateId,
        seen,
        wait,
        (recorded, last) -> {
          long version =
              switch (asOf) {
                case Version at -> at.number();
                case Time at -> recorded.versionAt(at.instant(), last);
              };
          if (version == 0 || version > last) {
            return new NotFound<>();
          }
          return folds
              .row(schema, view, recorded.snapshotUpTo(version), version, recorded)
              .<Answer<Row>>map(row -> new Found<>(Row.of(row)))
              .orElseGet(NotFound::new);
        });
  }

  @Override
  public Answer<Tried> dryRun(
      DomainSchema<?, ?> schema,
      String aggregateId,
      SubmittedCommand command,
      Instant now,
      long seen,
      Duration wait) {
    OptionalLong expected = command.expectedVersion();
    Question<Tried> question =
        (recorded, last) -> {
          long version = Math.min(last, expected.orElse(last));
          return new Found<>(
              folds.dryRun(
                  schema,
                  aggregateId,
                  command,
                  now,
                  recorded.snapshotUpTo(version),
                  version,
                  recorded));
        };
    Answer<Tried> there =
        answer(schema, aggregateId, Math.max(seen, expected.orElse(0)), wait, question);
    return there instanceof NotYet
        ? answer(schema, aggregateId, seen, Duration.ZERO, question)
        : there;
  }

  private interface Question<T> {
    Answer<T> ask(Recorded recorded, long last);
  }

  private <T> Answer<T> answer(
      DomainSchema<?, ?> schema, String id, long seen, Duration wait, Question<T> question) {
    long deadline = System.nanoTime() + wait.toNanos();
    Answer<T> answer = now(schema, id, seen, question);
    if (!mayChange(answer) || wait.isZero()) {
      return answer;
    }
    if (!waiters.tryAcquire()) {
      return new Unavailable<>(Answer.OVERLOADED, "too many requests wait for the history");
    }
    try {
      while (mayChange(answer) && System.nanoTime() < deadline) {
        Thread.sleep(PAUSE);
        answer = now(schema, id, seen, question);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      waiters.release();
    }
    return answer;
  }

  private static boolean mayChange(Answer<?> answer) {
    return answer instanceof NotYet
        || (answer instanceof Unavailable<?> why && why.code().equals(Answer.NOT_NOW));
  }

  private <T> Answer<T> now(DomainSchema<?, ?> schema, String id, long seen, Question<T> question) {
    Recorded recorded = new Recorded(schema, id);
    try {
      long last = recorded.lastVersion();
      return last < seen
          ? new NotYet<>("the history has not recorded that version yet")
          : question.ask(recorded, last);
    } catch (NotHere e) {
      return new Unavailable<>(
          Answer.NOT_NOW, "the history cannot be read here: " + e.getMessage());
    } catch (Folds.Broken e) {
      return new Unavailable<>(
          Answer.VIEW_STOPPED, "the history of " + id + " cannot be folded: " + e.getMessage());
    }
  }
}

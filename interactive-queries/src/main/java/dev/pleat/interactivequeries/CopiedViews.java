package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.interactivequeries.Answer.NotYet;
import dev.pleat.interactivequeries.Answer.Unavailable;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.RowCodec;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * Views from local copies, for one request: it remembers which state of the copy was answered from.
 * Used by one thread.
 */
final class CopiedViews implements Views {

  private final ViewCopies copies;
  private final Bounds bounds;
  private Optional<CopyState> state = Optional.empty();

  /**
   * What all requests share.
   *
   * @param pages how many are made at once: each holds an iterator
   */
  record Bounds(Patience patience, Semaphore pages) {}

  CopiedViews(ViewCopies copies, Bounds bounds) {
    this.copies = copies;
    this.bounds = bounds;
  }

  /** The state of the copy that the last answer was read from; empty if it was read from none. */
  Optional<CopyState> state() {
    return state;
  }

  @Override
  public Answer<Row> row(
      DomainSchema<?, ?> schema, View view, String key, List<ReadAfter> after, Duration wait) {
    return answer(schema, view, after, wait, copy -> row(view, copy.rows().get(key)));
  }

  private static Answer<Row> row(View view, byte @Nullable [] json) {
    return Optional.ofNullable(json)
        .<Answer<Row>>map(row -> new Found<>(Row.of(view, row)))
        .orElseGet(NotFound::new);
  }

  @Override
  public Answer<Page> page(
      DomainSchema<?, ?> schema,
      View view,
      PageRequest page,
      List<ReadAfter> after,
      Duration wait) {
    return answer(
        schema,
        view,
        after,
        wait,
        copy -> {
          if (!bounds.pages().tryAcquire()) {
            return new Unavailable<>(Answer.OVERLOADED, "too many pages are being made");
          }
          try {
            return new RowList(new Whole(view, copy), schema, view, page.selection())
                .page(page.from(), page.limit());
          } finally {
            bounds.pages().release();
          }
        });
  }

  private <T> Answer<T> answer(
      DomainSchema<?, ?> schema,
      View view,
      List<ReadAfter> after,
      Duration wait,
      Function<CopyReading, Answer<T>> read) {
    boolean mustFollow = after.stream().anyMatch(write -> write.version() > 0);
    boolean derived = view.derived().isPresent();
    return bounds
        .patience()
        .ask(
            () -> at(schema, view, derived ? List.of() : after, mustFollow && derived, read),
            derived ? Duration.ZERO : wait);
  }

  private <T> Answer<T> at(
      DomainSchema<?, ?> schema,
      View view,
      List<ReadAfter> after,
      boolean isLost,
      Function<CopyReading, Answer<T>> read) {
    Optional<CopyReading> open = copies.open(schema, view);
    if (open.isEmpty()) {
      return new Unavailable<>(Answer.REPLICA_NOT_COMPLETE, copies.missing(schema, view));
    }
    try (CopyReading copy = open.get()) {
      state = Optional.of(copy.state());
      if (isLost) {
        return new NotYet<>(
            "the view "
                + view.name()
                + " is made in several steps, through which a replica cannot follow a write: ask"
                + " an instance of the cluster, or without the token");
      }
      for (ReadAfter write : after) {
        if (seen(copy, write.aggregateId()) < write.version()) {
          return new NotYet<>(
              "this replica's copy of the view " + view.name() + " has not reached that version");
        }
      }
      return read.apply(copy);
    }
  }

  /** In the row, or by itself where no row says it. */
  private static long seen(CopyReading copy, String aggregateId) {
    return Math.max(
        copy.seen(aggregateId),
        Optional.ofNullable(copy.rows().get(aggregateId)).map(RowCodec::version).orElse(0L));
  }

  /** A copy, of which all partitions lie in one place. */
  private record Whole(View view, CopyReading copy) implements WholeStores {
    @Override
    public ReadOnlyKeyValueStore<?, ?> whole(DomainSchema<?, ?> schema, String store) {
      return store.equals(view.indexStore()) ? copy.index() : copy.rows();
    }
  }
}

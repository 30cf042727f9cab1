package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.MessageCodec;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/**
 * A view's guard and projection as one pure function, for whoever keeps its rows outside of Kafka
 * Streams. Of a view that is not derived. Immutable; safe for use by many threads.
 */
public final class GuardedFold {

  private static final Serde<List<byte[]>> EVENTS = EventGuard.listOfBytes();

  /**
   * What is kept of an aggregate.
   *
   * @param seen the last version seen, also of events that leave no row; 0 if none was
   * @param row as JSON, with the version in it; empty if there is none
   * @param held events of a command whose last one has not come yet; empty if there are none
   */
  public record Kept(long seen, Optional<byte[]> row, Optional<byte[]> held) {

    /** Of an aggregate that nothing was seen of. */
    public static final Kept NOTHING = new Kept(0, Optional.empty(), Optional.empty());
  }

  private final Bound<?, ?> bound;

  private GuardedFold(Bound<?, ?> bound) {
    this.bound = bound;
  }

  /**
   * Of a view of this domain.
   *
   * @throws IllegalArgumentException if nothing projects the view, because it is derived
   */
  public static GuardedFold of(Domain<?, ?, ?> domain, View view) {
    return new GuardedFold(bound(domain, view));
  }

  private static <E> Bound<?, E> bound(Domain<?, ?, E> domain, View view) {
    return bound(domain, view, domain.projection(view));
  }

  private static <V extends Record, E> Bound<V, E> bound(
      Domain<?, ?, E> domain, View view, Domain.BoundProjection<V, E> projection) {
    return new Bound<>(
        EventGuard.Reader.of(view),
        MessageCodec.of(domain.schema()),
        RowFold.of(domain.schema(), view, projection, domain.index(view, projection.row())));
  }

  /**
   * Folds an event.
   *
   * @return what is kept then; the same object if nothing has changed
   * @throws CannotFold if the view has to stop here
   */
  public Kept fold(@Nullable String key, byte @Nullable [] event, Kept before) throws CannotFold {
    return bound.apply(key, event, before, false);
  }

  /**
   * Goes on without an event at which it stopped; where one before it is missing, without that one.
   *
   * @return what is kept then; the same object if nothing has changed
   * @throws CannotFold if the view has to stop here all the same
   */
  public Kept skip(@Nullable String key, byte @Nullable [] event, Kept before) throws CannotFold {
    return bound.apply(key, event, before, true);
  }

  private record Bound<V extends Record, E>(
      EventGuard.Reader reader, MessageCodec<?, E> messages, RowFold<V, E> rows) {

    Kept apply(@Nullable String key, byte @Nullable [] event, Kept before, boolean skipped)
        throws CannotFold {
      if (key != null && !DomainSchema.isUsableAsKey(key)) {
        if (skipped) {
          return before;
        }
        throw new CannotFold("unreadable", "the key can be no aggregate's id", null);
      }
      One memory = new One(before);
      EventOrder<E> order = new EventOrder<>(messages, memory);
      EventOrder.Next<E> next =
          command -> memory.project(reader, rows, String.valueOf(key), command);
      if (skipped) {
        order.skip(key, event, next);
      } else {
        order.fold(key, event, next);
      }
      return memory.kept;
    }
  }

  /** What is remembered of the one aggregate that an event is about. Used by one thread. */
  private static final class One implements EventOrder.Memory {
    private Kept kept;

    One(Kept kept) {
      this.kept = kept;
    }

    <E> void project(
        EventGuard.Reader reader, RowFold<?, E> rows, String key, WholeCommand<E> command)
        throws CannotFold {
      try {
        kept = new Kept(kept.seen(), rows.apply(key, kept.row(), command), kept.held());
      } catch (EventGuard.ProjectionFailed e) {
        throw reader.cannotFold(key, command, e, e);
      }
    }

    @Override
    public long seen(String aggregateId) {
      return kept.seen();
    }

    @Override
    public void see(String aggregateId, long version) {
      kept = new Kept(version, kept.row(), kept.held());
    }

    @Override
    public List<byte[]> held(String aggregateId) {
      return kept.held()
          .map(bytes -> EVENTS.deserializer().deserialize("", bytes))
          .orElse(List.of());
    }

    @Override
    public void hold(String aggregateId, List<byte[]> events) {
      kept =
          new Kept(kept.seen(), kept.row(), Optional.of(EVENTS.serializer().serialize("", events)));
    }

    @Override
    public void release(String aggregateId) {
      if (kept.held().isPresent()) {
        kept = new Kept(kept.seen(), kept.row(), Optional.empty());
      }
    }
  }
}

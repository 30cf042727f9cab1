package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.MessageCodec;
import dev.pleat.schemas.UnreadableMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Folds the events of commands into the rows of a view that is not derived, for whoever keeps these
 * rows outside of Kafka Streams: by the same functions, in the same bytes. Immutable; safe for use
 * by many threads.
 */
public final class ViewFold {

  private final Fold<?, ?> fold;

  private ViewFold(Fold<?, ?> fold) {
    this.fold = fold;
  }

  /**
   * Of a view of this domain.
   *
   * @throws IllegalArgumentException if the domain has no projection of it
   */
  public static ViewFold of(Domain<?, ?, ?> domain, View view) {
    return new ViewFold(bound(domain, view));
  }

  private static <E> Fold<?, E> bound(Domain<?, ?, E> domain, View view) {
    return bound(domain, view, domain.projection(view));
  }

  private static <V extends Record, E> Fold<V, E> bound(
      Domain<?, ?, E> domain, View view, Domain.BoundProjection<V, E> bound) {
    return new Fold<>(
        MessageCodec.of(domain.schema()),
        RowFold.of(domain.schema(), view, bound, domain.index(view, bound.row())));
  }

  private record Fold<V extends Record, E>(MessageCodec<?, E> messages, RowFold<V, E> rows) {

    Optional<byte[]> row(String aggregateId, Optional<byte[]> before, List<byte[]> events) {
      List<WholeCommand.Event<E>> together = new ArrayList<>(events.size());
      for (byte[] event : events) {
        together.add(WholeCommand.Event.read(messages, event));
      }
      return rows.apply(aggregateId, before, new WholeCommand<>(together));
    }
  }

  /** Thrown when a command's events cannot be folded; its message says which, and why. */
  public static final class Failed extends Exception {
    private static final long serialVersionUID = 1L;

    private final String reason;

    private Failed(String reason, String detail, Throwable cause) {
      super(detail, cause);
      this.reason = reason;
    }

    /** The machine's word for why, as a view that stopped says it. */
    public String reason() {
      return reason;
    }
  }

  /**
   * The row after a command; empty to have none.
   *
   * @param before the row there is; empty if there is none
   * @param events all events of the command, in order, as they lie on the log; at least one
   * @throws Failed if they cannot be read, the projection throws, or what it made cannot be stored
   */
  public Optional<byte[]> row(String aggregateId, Optional<byte[]> before, List<byte[]> events)
      throws Failed {
    try {
      return fold.row(aggregateId, before, events);
    } catch (EventGuard.ProjectionFailed e) {
      EventGuard.Reader reader = EventGuard.Reader.of(fold.rows().view());
      throw new Failed(
          reader.failure(), reader.function() + " failed on aggregate " + aggregateId, e);
    } catch (UnreadableMessage e) {
      throw new Failed("unreadable", e.detail(), e);
    }
  }
}

package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.RowCodec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.common.utils.Bytes;

/**
 * The indexes of a view, for whoever keeps its rows outside of the application that makes them.
 * Immutable; safe for use by many threads.
 */
public final class ViewIndex {

  private final Kept<?> kept;

  private ViewIndex(Kept<?> kept) {
    this.kept = kept;
  }

  /** Of a view of this domain. */
  public static ViewIndex of(Domain<?, ?, ?> domain, View view) {
    return new ViewIndex(
        view.derived().isPresent()
            ? derived(domain, view, domain.derived(view))
            : plain(domain, view, domain.projection(view)));
  }

  private static <V extends Record> Kept<V> derived(
      Domain<?, ?, ?> domain, View view, Domain.BoundTables<V> bound) {
    return new Kept<>(
        view,
        domain.index(view, bound.row()),
        row -> JsonCodec.toRecord(JsonCodec.readObject(row), bound.row()));
  }

  private static <V extends Record> Kept<V> plain(
      Domain<?, ?, ?> domain, View view, Domain.BoundProjection<V, ?> bound) {
    return new Kept<>(
        view,
        domain.index(view, bound.row()),
        RowCodec.of(domain.schema(), view, bound.row())::read);
  }

  private record Kept<V>(View view, RowIndex<V> index, Function<byte[], V> read) {

    Map<Bytes, Optional<byte[]>> changes(
        String key, Optional<byte[]> row, Optional<byte[]> listed) {
      return index.changes(view, key, row, listed, read);
    }

    List<Bytes> entries(String key, byte[] row) {
      return index.entries(view, key, read.apply(row));
    }
  }

  /** Whether rows are found by their keys only. */
  public boolean isEmpty() {
    return kept.index().isEmpty();
  }

  /**
   * The keys of the index at which a row is found, made as {@link dev.pleat.schemas.IndexKey} does.
   *
   * @throws RuntimeException if the row is none of this view
   */
  public List<Bytes> entries(String key, byte[] row) {
    return kept.entries(key, row);
  }

  /**
   * What changes in the index when a row does.
   *
   * @param row as the view's application stores it; empty if there is none any more
   * @param listed what the index has at {@link dev.pleat.schemas.IndexKey#entriesOf} the row's key
   * @return keys of the index to their new values; an empty one is deleted
   * @throws RuntimeException if the row is none of this view
   */
  public Map<Bytes, Optional<byte[]>> changes(
      String key, Optional<byte[]> row, Optional<byte[]> listed) {
    return kept.changes(key, row, listed);
  }
}

package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.RowCodec;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Folds a command's events into the bytes of a row, with the aggregate's version in it. */
record RowFold<V extends Record, E>(
    View view, RowCodec<V> rows, CommandFold<V, E> fold, RowIndex<V> index) {

  /** Leaves room for the largest key below the 1 MiB a broker takes by default. */
  private static final int MAX_ROW_BYTES = 1_000_000;

  static <V extends Record, E> RowFold<V, E> of(
      DomainSchema<?, E> schema, View view, Domain.BoundProjection<V, E> bound, RowIndex<V> index) {
    return new RowFold<>(
        view,
        RowCodec.of(schema, view, bound.row()),
        new CommandFold<>(schema, bound.projection()),
        index);
  }

  @SuppressWarnings("NullAway") // Kafka Streams says null where there is no row
  static byte[] noRow() {
    return null;
  }

  byte @Nullable [] apply(String aggregateId, byte @Nullable [] before, WholeCommand<E> command) {
    Optional<V> row = fold.apply(read(before), command);
    if (row.isEmpty()) {
      return null;
    }
    byte[] after;
    try {
      after = rows.write(row.get(), command.version());
      if (!index.isEmpty()) {
        // What cannot be indexed must not be stored: the event would be folded twice.
        index.entries(view, aggregateId, row.get());
      }
    } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
      throw new EventGuard.ProjectionFailed(e);
    }
    if (after.length > MAX_ROW_BYTES) {
      throw new EventGuard.ProjectionFailed(
          new IllegalStateException("a row of " + after.length + " bytes fits in no record"));
    }
    return after;
  }

  private Optional<V> read(byte @Nullable [] row) {
    try {
      return Optional.ofNullable(row).map(rows::read);
    } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
      throw new EventGuard.ProjectionFailed(e);
    }
  }
}

package dev.pleat.topology;

import dev.pleat.schemas.RowCodec;
import java.util.Optional;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a view, folded one by one: what stands after the guard writes them into the table
 * they are read from here. Used by one stream thread at a time.
 */
final class FoldedRows<V extends Record, E> implements EventGuard.Onward<E, byte[]> {

  /** A row as it is now; null if there is none. */
  private record At(String key, @Nullable ValueAndTimestamp<byte[]> row) {

    Optional<byte[]> json() {
      return Optional.ofNullable(row).map(ValueAndTimestamp::value);
    }
  }

  private final RowFold<V, E> fold;
  private ReadOnlyKeyValueStore<String, ValueAndTimestamp<byte[]>> rows;

  /** The last row asked for: an event asks three times. */
  private Optional<At> last = Optional.empty();

  @SuppressWarnings("NullAway.Init") // Kafka Streams calls init before process
  FoldedRows(RowFold<V, E> fold) {
    this.fold = fold;
  }

  @Override
  public void init(FixedKeyProcessorContext<String, byte[]> context) {
    rows = context.getStateStore(fold.view().rowsStore());
    last = Optional.empty();
  }

  private At at(String key) {
    At at = last.filter(it -> it.key().equals(key)).orElseGet(() -> new At(key, rows.get(key)));
    last = Optional.of(at);
    return at;
  }

  @Override
  public long version(String aggregateId) {
    if (!fold.view().isSeenInRows()) {
      return 0;
    }
    return at(aggregateId).json().map(RowCodec::version).orElse(0L);
  }

  @Override
  public FixedKeyRecord<String, byte[]> after(
      FixedKeyRecord<String, byte[]> record, WholeCommand<E> command) {
    At before = at(record.key());
    Optional<byte[]> row = fold.apply(record.key(), before.json(), command);
    // No row is older than the one before it: the table would say so of each.
    long time =
        before.row() == null
            ? record.timestamp()
            : Math.max(record.timestamp(), before.row().timestamp());
    last = Optional.of(new At(record.key(), ValueAndTimestamp.make(row.orElse(null), time)));
    return record.withValue(row.orElse(null)).withTimestamp(time);
  }
}

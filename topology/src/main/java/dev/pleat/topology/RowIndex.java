package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.IndexKey;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The indexes of a view: by which texts its rows are found, and in which orders they are listed.
 * Immutable; safe for use by many threads.
 *
 * <p>They lie in one store beside the rows, in the same partition. Beside its entries each row has
 * a list of them, so that those of the row before can be taken away.
 */
record RowIndex<V>(
    Map<String, Function<V, Collection<String>>> texts,
    Map<String, Function<V, Optional<Long>>> orders) {

  private static final int MAX_ENTRIES = 1_000;

  RowIndex {
    texts = Map.copyOf(texts);
    orders = Map.copyOf(orders);
  }

  boolean isEmpty() {
    return texts.isEmpty() && orders.isEmpty();
  }

  /**
   * The entries of a row, in the order of their bytes.
   *
   * @throws IllegalStateException if there are more than 1 000
   */
  List<Bytes> entries(View view, String key, V row) {
    Set<Bytes> entries = new TreeSet<>();
    texts.forEach(
        (index, found) -> {
          for (String text : found.apply(row)) {
            String normal = view.index(index).orElseThrow().normalForm().apply(text);
            entries.add(Bytes.wrap(IndexKey.entry(IndexKey.text(index, normal), key)));
          }
        });
    orders.forEach(
        (index, place) ->
            place
                .apply(row)
                .ifPresent(
                    at -> entries.add(Bytes.wrap(IndexKey.entry(IndexKey.place(index, at), key)))));
    if (entries.size() > MAX_ENTRIES) {
      throw new IllegalStateException(
          "the row "
              + key
              + " would be found in "
              + entries.size()
              + " ways; "
              + MAX_ENTRIES
              + " at most");
    }
    return List.copyOf(entries);
  }

  /**
   * What changes in the store when a row does: first what goes, then what comes.
   *
   * @param row as it is stored now; empty if there is none any more
   * @param listed what the store has at {@link IndexKey#entriesOf} the row's key
   * @return keys of the store to their new values; an empty one is deleted
   * @throws IllegalStateException if there are more than 1 000 entries
   */
  Map<Bytes, Optional<byte[]>> changes(
      View view,
      String key,
      Optional<byte[]> row,
      Optional<byte[]> listed,
      Function<byte[], V> read) {
    Map<Bytes, Optional<byte[]>> changes = new LinkedHashMap<>();
    listed
        .map(RowIndex::list)
        .orElse(List.of())
        .forEach(entry -> changes.put(entry, Optional.empty()));
    Bytes list = Bytes.wrap(IndexKey.entriesOf(key));
    if (row.isEmpty()) {
      changes.put(list, Optional.empty());
      return changes;
    }
    List<Bytes> entries = entries(view, key, read.apply(row.get()));
    Optional<byte[]> mark = Optional.of(IndexKey.markOf(row.get()));
    changes.keySet().removeAll(entries);
    entries.forEach(entry -> changes.put(entry, mark));
    changes.put(list, Optional.of(list(entries)));
    return changes;
  }

  /** Keeps the store of a view's indexes as the rows change. */
  static <V> ProcessorSupplier<String, byte[], Void, Void> supplier(
      View view, RowIndex<V> index, Function<byte[], V> read) {
    return new ProcessorSupplier<>() {
      @Override
      public Processor<String, byte[], Void, Void> get() {
        return new Keeper<>(view, index, read);
      }

      @Override
      public Set<StoreBuilder<?>> stores() {
        return Set.of(
            Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(view.indexStore()),
                Serdes.Bytes(),
                Serdes.ByteArray()));
      }
    };
  }

  /** Used by one stream thread at a time. */
  private static final class Keeper<V> extends ContextualProcessor<String, byte[], Void, Void> {
    private final View view;
    private final RowIndex<V> index;
    private final Function<byte[], V> read;
    private KeyValueStore<Bytes, byte[]> store;

    @SuppressWarnings("NullAway.Init") // Kafka Streams calls init before process
    Keeper(View view, RowIndex<V> index, Function<byte[], V> read) {
      this.view = view;
      this.index = index;
      this.read = read;
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      super.init(context);
      store = context.getStateStore(view.indexStore());
    }

    @Override
    public void process(Record<String, byte[]> change) {
      byte[] listed = store.get(Bytes.wrap(IndexKey.entriesOf(change.key())));
      index
          .changes(
              view,
              change.key(),
              Optional.ofNullable(change.value()),
              Optional.ofNullable(listed),
              read)
          .forEach(
              (entry, mark) ->
                  mark.ifPresentOrElse(
                      value -> store.put(entry, value), () -> store.delete(entry)));
    }
  }

  private static byte[] list(List<Bytes> entries) {
    ByteBuffer out =
        ByteBuffer.allocate(entries.stream().mapToInt(each -> 4 + each.get().length).sum());
    entries.forEach(each -> out.putInt(each.get().length).put(each.get()));
    return out.array();
  }

  private static List<Bytes> list(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    List<Bytes> entries = new ArrayList<>();
    while (in.hasRemaining()) {
      byte[] entry = new byte[in.getInt()];
      in.get(entry);
      entries.add(Bytes.wrap(entry));
    }
    return entries;
  }
}

package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.ReadableStores.Held;
import dev.pleat.interactivequeries.Selection.ByKey;
import dev.pleat.interactivequeries.Selection.ByText;
import dev.pleat.interactivequeries.Selection.InOrder;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.IndexKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/**
 * Some rows of a view, those of all partitions in one order. Used by one thread.
 *
 * <p>Never looks at more than a page and a bounded number of entries whose rows have changed
 * meanwhile.
 */
final class RowList {

  static final int MAX_PAGE_BYTES = 4 * 1024 * 1024;
  private static final int MAX_SKIPPED = 10_000;
  private static final int TRIES = 50;
  private static final long PAUSE_NANOS = 200_000;

  private final ReadableStores stores;
  private final DomainSchema<?, ?> schema;
  private final View view;
  private final Selection selection;

  RowList(ReadableStores stores, DomainSchema<?, ?> schema, View view, Selection selection) {
    this.stores = stores;
    this.schema = schema;
    this.view = view;
    this.selection = selection;
  }

  /**
   * The next rows.
   *
   * @param after the place at which the page before ended
   */
  Answer<Page> page(Optional<byte[]> after, int limit) {
    List<Hits<?>> open = new ArrayList<>();
    try {
      for (Integer partition : stores.partitionsOf(schema.sources(view).getFirst())) {
        Optional<String> missing =
            switch (selection) {
              case ByKey keys -> openRows(keys, partition, after, open);
              case ByText text ->
                  openIndex(IndexKey.text(text.index(), text.text()), partition, after, open);
              case InOrder order ->
                  openIndex(IndexKey.beginning(order.index()), partition, after, open);
            };
        if (missing.isPresent()) {
          return StreamsViews.notNow(view, missing.get());
        }
      }
      return merged(open, limit);
    } catch (InvalidStateStoreException e) {
      return StreamsViews.notNow(view, "it is being moved");
    } finally {
      open.forEach(Hits::close);
    }
  }

  /** Takes the first hit of all partitions until the page is full: one of each is in memory. */
  private Answer<Page> merged(List<Hits<?>> open, int limit) {
    PriorityQueue<Hits<?>> least =
        new PriorityQueue<>(
            Math.max(1, open.size()), Comparator.comparing(Hits::place, Arrays::compareUnsigned));
    for (Hits<?> hits : open) {
      if (hits.advance()) {
        least.add(hits);
      }
    }
    List<Row> rows = new ArrayList<>();
    long bytes = 0;
    Optional<byte[]> last = Optional.empty();
    for (int looked = 0;
        !least.isEmpty()
            && rows.size() < limit
            && bytes < MAX_PAGE_BYTES
            && looked < limit + MAX_SKIPPED;
        looked++) {
      Hits<?> hits = least.remove();
      last = Optional.of(hits.place());
      Optional<byte[]> row;
      try {
        row = hits.row();
      } catch (Unsettled e) {
        return StreamsViews.notNow(view, "a row changes all the time");
      }
      if (row.isPresent()) {
        rows.add(Row.of(view, row.get()));
        bytes += row.get().length;
      }
      if (hits.advance()) {
        least.add(hits);
      }
    }
    return new Found<>(new Page(rows, least.isEmpty() ? Optional.empty() : last));
  }

  /** Thrown where an entry and its row do not come to agree. */
  private static final class Unsettled extends Exception {
    private static final long serialVersionUID = 1L;
  }

  /** What one partition has of the selection, one hit at a time. */
  private abstract static class Hits<K> implements AutoCloseable {
    private final KeyValueIterator<K, byte[]> iterator;
    private final Optional<byte[]> after;
    private Optional<KeyValue<K, byte[]>> hit = Optional.empty();

    Hits(KeyValueIterator<K, byte[]> iterator, Optional<byte[]> after) {
      this.iterator = iterator;
      this.after = after;
    }

    /** Goes to the next hit; false if there is none. */
    boolean advance() {
      do {
        if (!iterator.hasNext()) {
          return false;
        }
        hit = Optional.of(iterator.next());
      } while (after.isPresent() && Arrays.compareUnsigned(place(), after.get()) <= 0);
      return isSelected(place());
    }

    K key() {
      return hit.orElseThrow().key;
    }

    byte[] value() {
      return hit.orElseThrow().value;
    }

    /** Where the hit lies in the order of all. */
    abstract byte[] place();

    abstract boolean isSelected(byte[] place);

    /** The row of the hit; empty if the row is not of this selection any more. */
    abstract Optional<byte[]> row() throws Unsettled;

    @Override
    public void close() {
      iterator.close();
    }
  }

  // ---- in the order of keys

  private Optional<String> openRows(
      ByKey keys, int partition, Optional<byte[]> after, List<Hits<?>> open) {
    String first = keys.first(after);
    return open(
        view.rowsStore(),
        partition,
        (ReadOnlyKeyValueStore<String, byte[]> store) ->
            first.isEmpty() ? store.all() : store.range(first, null),
        iterator -> new RowHits(iterator, after, keys),
        open);
  }

  private static final class RowHits extends Hits<String> {
    private final ByKey keys;

    RowHits(KeyValueIterator<String, byte[]> iterator, Optional<byte[]> after, ByKey keys) {
      super(iterator, after);
      this.keys = keys;
    }

    @Override
    byte[] place() {
      return key().getBytes(UTF_8);
    }

    @Override
    boolean isSelected(byte[] place) {
      return keys.includes(place);
    }

    @Override
    Optional<byte[]> row() {
      return Optional.of(value());
    }
  }

  // ---- by an index

  private Optional<String> openIndex(
      byte[] beginning, int partition, Optional<byte[]> after, List<Hits<?>> open) {
    byte[] first = after.filter(place -> beginsWith(place, beginning)).orElse(beginning);
    return open(
        view.indexStore(),
        partition,
        (ReadOnlyKeyValueStore<Bytes, byte[]> store) ->
            store.range(Bytes.wrap(first), Bytes.wrap(IndexKey.after(beginning))),
        iterator -> new IndexHits(iterator, after, beginning, partition),
        open);
  }

  private final class IndexHits extends Hits<Bytes> {
    private final byte[] beginning;
    private final int partition;

    IndexHits(
        KeyValueIterator<Bytes, byte[]> iterator,
        Optional<byte[]> after,
        byte[] beginning,
        int partition) {
      super(iterator, after);
      this.beginning = beginning;
      this.partition = partition;
    }

    @Override
    byte[] place() {
      return key().get();
    }

    @Override
    boolean isSelected(byte[] place) {
      return beginsWith(place, beginning);
    }

    /** The row is written before its entries: for a moment they may be those of the row before. */
    @Override
    Optional<byte[]> row() throws Unsettled {
      String rowKey =
          selection instanceof InOrder order
              ? IndexKey.rowKeyInOrder(order.index(), place())
              : IndexKey.rowKeyAfter(beginning, place());
      Optional<byte[]> mark = Optional.of(value());
      for (int i = 0; i < TRIES; i++) {
        if (mark.isEmpty()) {
          return Optional.empty();
        }
        Optional<byte[]> row =
            get(
                view.rowsStore(),
                (ReadOnlyKeyValueStore<String, byte[]> store) -> store.get(rowKey));
        if (row.isPresent() && Arrays.equals(IndexKey.markOf(row.get()), mark.get())) {
          return row;
        }
        if (i > 0) {
          LockSupport.parkNanos(PAUSE_NANOS);
        }
        mark =
            get(
                view.indexStore(),
                (ReadOnlyKeyValueStore<Bytes, byte[]> store) -> store.get(key()));
      }
      throw new Unsettled();
    }

    private <K> Optional<byte[]> get(
        String store, Function<ReadOnlyKeyValueStore<K, byte[]>, byte[]> read) throws Unsettled {
      Held<byte[]> held = stores.read(schema, store, Set.of(partition), read::apply);
      if (held.missing().isPresent()) {
        throw new Unsettled();
      }
      return held.results().values().iterator().next();
    }
  }

  private <K> Optional<String> open(
      String store,
      int partition,
      Function<ReadOnlyKeyValueStore<K, byte[]>, KeyValueIterator<K, byte[]>> range,
      Function<KeyValueIterator<K, byte[]>, Hits<K>> hits,
      List<Hits<?>> open) {
    Held<KeyValueIterator<K, byte[]>> held =
        stores.read(schema, store, Set.of(partition), range::apply);
    held.results().values().forEach(found -> found.ifPresent(it -> open.add(hits.apply(it))));
    return held.missing();
  }

  private static boolean beginsWith(byte[] bytes, byte[] beginning) {
    return bytes.length >= beginning.length
        && Arrays.equals(bytes, 0, beginning.length, beginning, 0, beginning.length);
  }
}

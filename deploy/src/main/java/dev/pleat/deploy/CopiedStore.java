package dev.pleat.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * The entries of a copy that begin with one byte, at one moment, as a key-value store. Used by one
 * thread, before the moment's {@link ReadOptions} are closed.
 *
 * @param <K> the keys
 */
final class CopiedStore<K> implements ReadOnlyKeyValueStore<K, byte[]> {

  private static final int PREFIX_BYTES = 1;

  private final RocksDB db;
  private final ReadOptions moment;
  private final byte prefix;
  private final Function<K, byte[]> bytes;
  private final Function<byte[], K> key;

  CopiedStore(
      RocksDB db,
      ReadOptions moment,
      byte prefix,
      Function<K, byte[]> bytes,
      Function<byte[], K> key) {
    this.db = db;
    this.moment = moment;
    this.prefix = prefix;
    this.bytes = bytes;
    this.key = key;
  }

  /** Where an entry lies in the copy. */
  static byte[] place(byte prefix, byte[] key) {
    byte[] place = new byte[PREFIX_BYTES + key.length];
    place[0] = prefix;
    System.arraycopy(key, 0, place, PREFIX_BYTES, key.length);
    return place;
  }

  static UncheckedIOException failed(RocksDBException e) {
    return new UncheckedIOException(
        new IOException("the copy cannot be read or written: " + e.getMessage(), e));
  }

  @Override
  public byte @Nullable [] get(K wanted) {
    try {
      return db.get(moment, place(prefix, bytes.apply(wanted)));
    } catch (RocksDBException e) {
      throw failed(e);
    }
  }

  @Override
  public KeyValueIterator<K, byte[]> all() {
    return new Entries(new byte[0], Optional.empty());
  }

  @Override
  public KeyValueIterator<K, byte[]> range(@Nullable K from, @Nullable K to) {
    return new Entries(
        Optional.ofNullable(from).map(bytes).orElse(new byte[0]),
        Optional.ofNullable(to).map(bytes));
  }

  /** That of all stores of the copy together, which lie in one database. */
  @Override
  public long approximateNumEntries() {
    try {
      return db.getLongProperty("rocksdb.estimate-num-keys");
    } catch (RocksDBException e) {
      throw failed(e);
    }
  }

  private final class Entries implements KeyValueIterator<K, byte[]> {
    private final RocksIterator iterator;
    private final Optional<byte[]> last;

    Entries(byte[] first, Optional<byte[]> last) {
      this.iterator = db.newIterator(moment);
      this.last = last;
      iterator.seek(place(prefix, first));
    }

    @Override
    public boolean hasNext() {
      if (!iterator.isValid()) {
        try {
          iterator.status();
        } catch (RocksDBException e) {
          throw failed(e);
        }
        return false;
      }
      byte[] place = iterator.key();
      return place[0] == prefix
          && (last.isEmpty() || Arrays.compareUnsigned(bare(place), last.get()) <= 0);
    }

    private static byte[] bare(byte[] place) {
      return Arrays.copyOfRange(place, PREFIX_BYTES, place.length);
    }

    @Override
    public K peekNextKey() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return key.apply(bare(iterator.key()));
    }

    @Override
    public KeyValue<K, byte[]> next() {
      KeyValue<K, byte[]> entry = KeyValue.pair(peekNextKey(), iterator.value());
      iterator.next();
      return entry;
    }

    @Override
    public void close() {
      iterator.close();
    }
  }
}

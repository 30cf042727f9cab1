package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.interactivequeries.CopyReading;
import dev.pleat.interactivequeries.CopyState;
import dev.pleat.schemas.IndexKey;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.topology.ViewIndex;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Filter;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Snapshot;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * A copy of a view on disk: rows, index entries, versions seen, and the offsets up to which they
 * are copied, changed together or not at all.
 *
 * <p>One thread writes; any thread may read. Closing waits until nobody reads any more.
 */
final class ViewCopy implements AutoCloseable {

  private static final byte CHECKPOINT = 'c';
  private static final byte INDEX = 'i';
  private static final byte ROW = 'r';
  private static final byte SEEN = 's';
  private static final byte[] NO_KEY = {};
  private static final byte[] CHECKPOINT_KEY = CopiedStore.place(CHECKPOINT, NO_KEY);

  private final Path directory;
  private final ViewIndex index;
  private final Filter filter = new BloomFilter();
  private final Options options = new Options();
  private final WriteOptions writes = new WriteOptions();
  private final RocksDB db;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;
  private volatile Optional<Checkpoint> checkpoint = Optional.empty();

  /**
   * Opens a copy, or makes an empty one.
   *
   * @param memory shared with others, and closed after all of them
   * @throws RocksDBException if what is there cannot be used
   */
  ViewCopy(Path directory, ViewIndex index, StoreMemory memory) throws RocksDBException {
    this.directory = directory;
    this.index = index;
    BlockBasedTableConfig table = new BlockBasedTableConfig();
    table.setFilterPolicy(filter);
    memory.limit(options, table);
    options.setCreateIfMissing(true);
    // Its log of itself would grow without end.
    options.setKeepLogFileNum(2);
    try {
      db = RocksDB.open(options, directory.toString());
      checkpoint = read(db.get(CHECKPOINT_KEY));
    } catch (RocksDBException e) {
      free();
      throw e;
    }
  }

  private static Optional<Checkpoint> read(byte[] json) {
    return Optional.ofNullable(json).map(it -> JsonCodec.readValue(it, Checkpoint.class));
  }

  /** Where it lies. */
  Path directory() {
    return directory;
  }

  /** Up to where it is copied; empty if nothing was written yet. */
  Optional<Checkpoint> checkpoint() {
    return checkpoint;
  }

  /** Whether it was level with the logs once. */
  boolean isComplete() {
    return checkpoint.map(Checkpoint::complete).orElse(false);
  }

  // ---- writing

  /**
   * Writes rows, what changes in the index with them, and up to where they are copied.
   *
   * @param rows by key; empty ones are deleted
   * @throws Unusable if a row is none of this view
   */
  void writeRows(Map<String, Optional<byte[]>> rows, Checkpoint next) {
    write(
        batch -> {
          for (Map.Entry<String, Optional<byte[]>> row : rows.entrySet()) {
            put(batch, ROW, row.getKey().getBytes(UTF_8), row.getValue());
            if (!index.isEmpty()) {
              putEntries(batch, row.getKey(), row.getValue());
            }
          }
        },
        next);
  }

  private void putEntries(WriteBatch batch, String key, Optional<byte[]> row)
      throws RocksDBException {
    byte[] listed = db.get(CopiedStore.place(INDEX, IndexKey.entriesOf(key)));
    Map<Bytes, Optional<byte[]>> changes;
    try {
      changes = index.changes(key, row, Optional.ofNullable(listed));
    } catch (RuntimeException e) {
      throw new Unusable("the row " + key + " cannot be indexed by this release", e);
    }
    for (Map.Entry<Bytes, Optional<byte[]>> change : changes.entrySet()) {
      put(batch, INDEX, change.getKey().get(), change.getValue());
    }
  }

  /** Writes versions seen, by aggregate, and up to where they are copied. */
  void writeSeen(Map<String, Optional<byte[]>> versions, Checkpoint next) {
    write(
        batch -> {
          for (Map.Entry<String, Optional<byte[]>> version : versions.entrySet()) {
            put(batch, SEEN, version.getKey().getBytes(UTF_8), version.getValue());
          }
        },
        next);
  }

  /** Writes up to where it is copied, when nothing else has changed. */
  void write(Checkpoint next) {
    write(batch -> {}, next);
  }

  private interface Changes {
    void addTo(WriteBatch batch) throws RocksDBException;
  }

  private void write(Changes changes, Checkpoint next) {
    try (WriteBatch batch = new WriteBatch()) {
      changes.addTo(batch);
      batch.put(CHECKPOINT_KEY, JsonCodec.writeValue(next));
      db.write(writes, batch);
    } catch (RocksDBException e) {
      throw CopiedStore.failed(e);
    }
    checkpoint = Optional.of(next);
  }

  private static void put(WriteBatch batch, byte prefix, byte[] key, Optional<byte[]> value)
      throws RocksDBException {
    byte[] place = CopiedStore.place(prefix, key);
    if (value.isPresent()) {
      batch.put(place, value.get());
    } else {
      batch.delete(place);
    }
  }

  /** Thrown when what is on the log is not what this release knows of the view. */
  static final class Unusable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unusable(String message, RuntimeException cause) {
      super(message, cause);
    }
  }

  // ---- reading

  /** Reads it as it is now; empty if it is closed, or nothing was written yet. */
  Optional<CopyReading> read() {
    lock.readLock().lock();
    if (closed || checkpoint.isEmpty()) {
      lock.readLock().unlock();
      return Optional.empty();
    }
    return Optional.of(new Reading());
  }

  private final class Reading implements CopyReading {
    private final Snapshot snapshot = db.getSnapshot();
    private final ReadOptions moment = new ReadOptions().setSnapshot(snapshot);
    private final Checkpoint at;

    Reading() {
      try {
        at = ViewCopy.read(db.get(moment, CHECKPOINT_KEY)).orElseThrow();
      } catch (RocksDBException e) {
        close();
        throw CopiedStore.failed(e);
      }
    }

    @Override
    public CopyState state() {
      return at.state();
    }

    @Override
    public ReadOnlyKeyValueStore<String, byte[]> rows() {
      return new CopiedStore<>(
          db, moment, ROW, key -> key.getBytes(UTF_8), bytes -> new String(bytes, UTF_8));
    }

    @Override
    public ReadOnlyKeyValueStore<Bytes, byte[]> index() {
      return new CopiedStore<>(db, moment, INDEX, Bytes::get, Bytes::wrap);
    }

    @Override
    public long seen(String aggregateId) {
      try {
        return Optional.ofNullable(
                db.get(moment, CopiedStore.place(SEEN, aggregateId.getBytes(UTF_8))))
            .map(bytes -> ByteBuffer.wrap(bytes).getLong())
            .orElse(0L);
      } catch (RocksDBException e) {
        throw CopiedStore.failed(e);
      }
    }

    @Override
    public Map<String, String> logIds() {
      return at.logIds();
    }

    @Override
    public void close() {
      moment.close();
      db.releaseSnapshot(snapshot);
      lock.readLock().unlock();
    }
  }

  /** Waits until nobody reads it any more. It may be closed twice. */
  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        db.close();
        free();
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void free() {
    writes.close();
    options.close();
    filter.close();
  }

  @Override
  public String toString() {
    return directory.toString();
  }
}

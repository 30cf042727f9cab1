package dev.pleat.deploy;

import dev.pleat.topology.CommandTopology;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.HashLinkedListMemTableConfig;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/**
 * The memory outside the heap that all state stores of a process share: blocks that were read, and
 * entries not yet written to files. By itself each partition of each store takes up to 98 MB. Safe
 * for use by many threads.
 */
final class StoreMemory implements AutoCloseable {

  private static final String SETTING = "pleat.store.memory";
  private static final int SHARD_BITS = 4;
  private static final double FOR_INDEXES_AND_FILTERS = 0.1;

  private static final long ARENA_BLOCK_BYTES = 64 * 1024;
  private static final double FILTER_SHARE_OF_BUFFER = 0.004;
  private static final long WRITE_BUFFER_BYTES = 32 * 1024 * 1024;
  private static final int HASHED_BYTES = 64;

  /** 64 KiB of them for each buffer, from its beginning. */
  private static final long BUCKETS = 8 * 1024;

  private final LRUCache blocks;
  private final WriteBufferManager writes;

  /**
   * Takes nothing yet.
   *
   * @param bytes the most that all stores together may take; half of it for entries not yet written
   */
  StoreMemory(long bytes) {
    RocksDB.loadLibrary();
    blocks = new LRUCache(bytes, SHARD_BITS, false, FOR_INDEXES_AND_FILTERS);
    // Charged to the cache: what writes need, blocks give up.
    writes = new WriteBufferManager(bytes / 2, blocks);
  }

  /** Makes the stores of an application with these settings share this memory. */
  void shareIn(Properties settings) {
    settings.put(SETTING, this);
    settings.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, Sharing.class.getName());
  }

  /**
   * Makes a store with these options share this memory.
   *
   * @param table how its files are to be; replaces what the options say of that
   */
  void limit(Options options, BlockBasedTableConfig table) {
    table.setBlockCache(blocks);
    table.setCacheIndexAndFilterBlocks(true);
    table.setCacheIndexAndFilterBlocksWithHighPriority(true);
    table.setPinTopLevelIndexAndFilter(true);
    options.setTableFormatConfig(table);
    options.setWriteBufferManager(writes);
    // By default each store takes 2 MiB for its first entry: with many stores they would exceed
    // the limit by that alone, and every write would flush.
    options.setArenaBlockSize(ARENA_BLOCK_BYTES);
    // Twice what Kafka Streams takes: an aggregate's record is replaced with every command, and
    // only the last one of a buffer goes to a file. All buffers together keep to the limit.
    options.setWriteBufferSize(WRITE_BUFFER_BYTES);
    // Most look-ups of the write side are for command ids that are not there: a filter says so
    // without a search, in the buffers too. A buffer takes its filter when it takes its first
    // entry: a tenth, as others have it, would use up the limit with a few dozen stores.
    options.setMemtablePrefixBloomSizeRatio(FILTER_SHARE_OF_BUFFER);
    options.setMemtableWholeKeyFiltering(true);
    options.setOptimizeFiltersForHits(false);
  }

  /**
   * Keeps what is not yet written to files by the hash of its key instead of in order: a look-up
   * needs no search. What is in such a store cannot be listed: an iterator would show a part of it.
   */
  static void findByKeyOnly(Options options) {
    // RocksDB takes the hash of a prefix; longer keys that begin alike share a bucket.
    options.useCappedPrefixExtractor(HASHED_BYTES);
    options.setMemTableConfig(new HashLinkedListMemTableConfig().setBucketCount(BUCKETS));
    // One thread writes; this kind of buffer takes no more.
    options.setAllowConcurrentMemtableWrite(false);
    // The buckets say as soon as a filter what is not there.
    options.setMemtablePrefixBloomSizeRatio(0);
    options.setMemtableWholeKeyFiltering(false);
  }

  /** How much is taken now, in bytes. */
  long used() {
    return blocks.getUsage();
  }

  /** Every store must be closed before. */
  @Override
  public void close() {
    writes.close();
    blocks.close();
  }

  /** What Kafka Streams makes and asks for each store it opens. */
  public static final class Sharing implements RocksDBConfigSetter {

    @Override
    public void setConfig(String store, Options options, Map<String, Object> settings) {
      if (!(settings.get(SETTING) instanceof StoreMemory memory)) {
        throw new IllegalStateException("the setting " + SETTING + " is missing");
      }
      memory.limit(options, (BlockBasedTableConfig) options.tableFormatConfig());
      if (CommandTopology.NEVER_LISTED.contains(store)) {
        findByKeyOnly(options);
      }
    }

    @Override
    public void close(String store, Options options) {
      // The memory outlives each store.
    }
  }
}

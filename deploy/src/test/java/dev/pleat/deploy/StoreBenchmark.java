package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompactionStyle;
import org.rocksdb.CompressionType;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteOptions;

/**
 * What RocksDB takes to replace an aggregate's record, with what is not yet in files in order or by
 * the hash of its key: four stores, as of four partitions, with 12 500 keys each, a run of 250
 * records in one after the other, as they come off the log. Options as Kafka Streams and {@link
 * StoreMemory} have them.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class StoreBenchmark {

  private static final int STORES = 4;
  private static final int KEYS = 12_500;
  private static final int RUN = 250;
  private static final long MEMORY = 256L * 1024 * 1024;

  /** Where a record is looked for before it is in a file. */
  @Param({"order", "hash"})
  String found;

  @Param({"120", "400"})
  int valueBytes;

  private final SplittableRandom random = new SplittableRandom(20261122);
  private final RocksDB[] stores = new RocksDB[STORES];
  private final byte[][][] keys = new byte[STORES][KEYS][];
  private Path directory;
  private StoreMemory memory;
  private WriteOptions writes;
  private byte[] value;
  private long count;

  /** Opens the stores, and writes each key once. */
  @Setup(Level.Trial)
  public void open() throws IOException, RocksDBException {
    directory = Files.createTempDirectory("stores");
    memory = new StoreMemory(MEMORY);
    writes = new WriteOptions().setDisableWAL(true);
    value = new byte[valueBytes];
    for (int store = 0; store < STORES; store++) {
      stores[store] = RocksDB.open(options(), directory.resolve("store-" + store).toString());
      for (int key = 0; key < KEYS; key++) {
        keys[store][key] =
            new UUID(random.nextLong(), random.nextLong()).toString().getBytes(UTF_8);
        stores[store].put(writes, keys[store][key], value);
      }
    }
  }

  private Options options() {
    Options options = new Options();
    options.setCreateIfMissing(true);
    options.setCompressionType(CompressionType.NO_COMPRESSION);
    options.setCompactionStyle(CompactionStyle.UNIVERSAL);
    options.setMaxWriteBufferNumber(3);
    memory.limit(options, new BlockBasedTableConfig().setFilterPolicy(new BloomFilter()));
    if (found.equals("hash")) {
      StoreMemory.findByKeyOnly(options);
    }
    return options;
  }

  @TearDown(Level.Trial)
  public void close() {
    for (RocksDB store : stores) {
      store.close();
    }
    memory.close();
    BenchmarkedApplication.delete(directory);
  }

  /** One look-up and one write of the same key. */
  @Benchmark
  public byte[] replace() throws RocksDBException {
    int store = (int) (count++ / RUN % STORES);
    byte[] key = keys[store][random.nextInt(KEYS)];
    byte[] before = stores[store].get(key);
    stores[store].put(writes, key, value);
    return before;
  }
}

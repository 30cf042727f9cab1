package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.topology.CommandTopology;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How much memory real state stores take together. */
final class StoreMemoryTest {

  private static final int MIB = 1024 * 1024;

  @TempDir Path directory;

  /** One as Kafka Streams makes them, and one whose entries are found by key only. */
  private static Stream<String> stores() {
    return Stream.of("rows", CommandTopology.NEVER_LISTED.iterator().next());
  }

  @ParameterizedTest
  @MethodSource("stores")
  void many_stores_together_take_no_more_than_one_may(String name) {
    try (StoreMemory memory = new StoreMemory(8 * MIB)) {
      List<TopologyTestDriver> drivers = new ArrayList<>();
      try {
        long most = 0;
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 4; i++) {
          TopologyTestDriver driver = driver("app-" + i, name, settings(memory));
          drivers.add(driver);
          KeyValueStore<String, byte[]> store = driver.getKeyValueStore(name);
          for (int row = 0; row < 8_000; row++) {
            byte[] value = new byte[1_000];
            random.nextBytes(value);
            store.put("row " + row, value);
            most = Math.max(most, memory.used());
          }
        }
        assertTrue(most > MIB, "the stores do not take from it: " + most);
        assertTrue(most < 10 * MIB, "32 MB written, and in memory are " + most);
      } finally {
        drivers.forEach(TopologyTestDriver::close);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("stores")
  void a_store_with_one_entry_takes_little(String name) {
    try (StoreMemory memory = new StoreMemory(64 * MIB)) {
      long before = memory.used();
      TopologyTestDriver driver = driver("app", name, settings(memory));
      try {
        KeyValueStore<String, byte[]> store = driver.getKeyValueStore(name);
        store.put("row", new byte[10]);

        // The limit's half for writes has to do for a few dozen stores.
        assertTrue(memory.used() - before <= MIB / 2, "one entry takes " + memory.used());
      } finally {
        driver.close();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("stores")
  void a_store_finds_what_was_written_last_in_memory_and_in_files(String name) {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    // Some begin alike for longer than is hashed, and one is empty.
    List<String> keys = new ArrayList<>(List.of(""));
    for (int i = 0; i < 500; i++) {
      keys.add((i % 2 == 0 ? "" : "a".repeat(100)) + random.nextInt());
    }
    Map<String, byte[]> written = new HashMap<>();
    try (StoreMemory memory = new StoreMemory(4 * MIB)) {
      TopologyTestDriver driver = driver("app", name, settings(memory));
      try {
        KeyValueStore<String, byte[]> store = driver.getKeyValueStore(name);
        // Ten times what fits into memory.
        for (int i = 0; i < 40_000; i++) {
          String key = keys.get(random.nextInt(keys.size()));
          if (random.nextInt(10) == 0) {
            store.delete(key);
            written.remove(key);
          } else {
            byte[] value = new byte[random.nextInt(1_000)];
            random.nextBytes(value);
            store.put(key, value);
            written.put(key, value);
          }
          String asked = keys.get(random.nextInt(keys.size()));
          assertArrayEquals(written.get(asked), store.get(asked), "seed " + seed);
        }
        keys.forEach(key -> assertArrayEquals(written.get(key), store.get(key), "seed " + seed));
      } finally {
        driver.close();
      }
    }
  }

  @Test
  void an_application_that_names_no_memory_does_not_start() {
    try (StoreMemory memory = new StoreMemory(MIB)) {
      Properties settings = settings(memory);
      settings.keySet().remove("pleat.store.memory");

      assertThrows(IllegalStateException.class, () -> driver("app", "rows", settings));
    }
  }

  private static final class Nothing implements Processor<byte[], byte[], Void, Void> {
    @Override
    public void process(Record<byte[], byte[]> record) {}
  }

  private Properties settings(StoreMemory memory) {
    Properties settings = new Properties();
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "driver:9092");
    settings.put(StreamsConfig.STATE_DIR_CONFIG, directory.toString());
    memory.shareIn(settings);
    return settings;
  }

  private static TopologyTestDriver driver(String application, String store, Properties settings) {
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
    Topology topology =
        new Topology()
            .addSource("in", new ByteArrayDeserializer(), new ByteArrayDeserializer(), "in")
            .addProcessor("nothing", Nothing::new, "in")
            .addStateStore(
                Stores.keyValueStoreBuilder(
                    Stores.persistentKeyValueStore(store), Serdes.String(), Serdes.ByteArray()),
                "nothing");
    return new TopologyTestDriver(topology, settings);
  }
}

package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.SplittableRandom;
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

/** How much memory real state stores take together. */
final class StoreMemoryTest {

  private static final int MIB = 1024 * 1024;

  @TempDir Path directory;

  @Test
  void many_stores_together_take_no_more_than_one_may() {
    try (StoreMemory memory = new StoreMemory(8 * MIB)) {
      List<TopologyTestDriver> drivers = new ArrayList<>();
      try {
        long most = 0;
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 4; i++) {
          TopologyTestDriver driver = driver("app-" + i, settings(memory));
          drivers.add(driver);
          KeyValueStore<Integer, byte[]> store = driver.getKeyValueStore("rows");
          for (int row = 0; row < 8_000; row++) {
            byte[] value = new byte[1_000];
            random.nextBytes(value);
            store.put(row, value);
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

  @Test
  void a_store_with_one_entry_takes_little() {
    try (StoreMemory memory = new StoreMemory(64 * MIB)) {
      long before = memory.used();
      TopologyTestDriver driver = driver("app", settings(memory));
      try {
        KeyValueStore<Integer, byte[]> store = driver.getKeyValueStore("rows");
        store.put(1, new byte[10]);

        // The limit's half for writes has to do for a few dozen stores.
        assertTrue(memory.used() - before <= MIB / 2, "one entry takes " + memory.used());
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

      assertThrows(IllegalStateException.class, () -> driver("app", settings));
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

  private static TopologyTestDriver driver(String application, Properties settings) {
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
    Topology topology =
        new Topology()
            .addSource("in", new ByteArrayDeserializer(), new ByteArrayDeserializer(), "in")
            .addProcessor("nothing", Nothing::new, "in")
            .addStateStore(
                Stores.keyValueStoreBuilder(
                    Stores.persistentKeyValueStore("rows"), Serdes.Integer(), Serdes.ByteArray()),
                "nothing");
    return new TopologyTestDriver(topology, settings);
  }
}

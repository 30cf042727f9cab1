package dev.pleat.topology;

import static dev.pleat.topology.calculator.CalculatorDomain.CALCULATOR;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.streams.TopologyTestDriver;
import org.junit.jupiter.api.Test;

/** What lies in the store of older commands although none is old. */
class CommandMemoryTest {

  /** Without it Kafka Streams wipes the partition's stores at every start. */
  @Test
  void leaves_one_entry_after_a_start_so_that_the_store_is_not_taken_for_corrupted() {
    try (TopologyTestDriver driver = new TopologyTestDriver(CommandTopology.of(CALCULATOR))) {
      assertEquals(List.of(), keys(driver));

      driver.advanceWallClockTime(Duration.ofSeconds(1));
      driver.advanceWallClockTime(Duration.ofSeconds(1));

      assertEquals(List.of(""), keys(driver));
    }
  }

  private static List<String> keys(TopologyTestDriver driver) {
    List<String> keys = new ArrayList<>();
    try (var entries = driver.<String, byte[]>getWindowStore("remembered-commands").all()) {
      entries.forEachRemaining(entry -> keys.add(entry.key.key()));
    }
    return keys;
  }
}

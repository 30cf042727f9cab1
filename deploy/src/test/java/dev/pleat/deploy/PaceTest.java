package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** How fast events may be read. */
final class PaceTest {

  private static ConsumerRecords<byte[], byte[]> records(String topic, int count) {
    TopicPartition partition = new TopicPartition(topic, 0);
    List<ConsumerRecord<byte[], byte[]>> all =
        IntStream.range(0, count)
            .mapToObj(i -> new ConsumerRecord<>(topic, 0, i, new byte[0], new byte[0]))
            .toList();
    return new ConsumerRecords<>(Map.of(partition, all), Map.of());
  }

  private static Duration waited(Pace pace) {
    long began = System.nanoTime();
    pace.await();
    return Duration.ofNanos(System.nanoTime() - began);
  }

  @Test
  void what_was_read_is_waited_for() {
    Pace pace = new Pace(Set.of("events"), 1_000);
    pace.count(records("events", 100));
    pace.count(records("events", 100));

    assertTrue(waited(pace).toMillis() >= 190, "200 events at 1000 a second");
    assertTrue(waited(pace).toMillis() < 190, "and only once");
  }

  @Test
  void other_topics_are_read_as_they_come() {
    Pace pace = new Pace(Set.of("events"), 100);
    pace.count(records("between", 100_000));

    assertTrue(waited(pace).toSeconds() < 100);
  }

  @Test
  void a_lifted_pace_lets_go_at_once() {
    Pace pace = new Pace(Set.of("events"), 100);
    pace.count(records("events", 1_000_000));
    pace.lift();

    assertTrue(waited(pace).toSeconds() < 100);
    assertEquals(1_000, Pace.unlimited().recordsPerPoll());
  }

  @Test
  void no_poll_reads_more_than_a_second_has() {
    assertEquals(20, new Pace(Set.of(), Pace.SLOWEST).recordsPerPoll());
    assertEquals(100, new Pace(Set.of(), 10_000).recordsPerPoll());
    assertEquals(1_000, new Pace(Set.of(), 10_000_000).recordsPerPoll());
  }
}

package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** Which copies go on from where they are, and which are made afresh. */
final class CopySourceTest {

  private static final Instant LEVEL = Instant.parse("2026-11-21T10:00:00Z");
  private static final CopySource SOURCE = source(2, List.of("rows-id", "seen-id"));

  private static CopySource source(int generation, List<String> topicIds) {
    Map<TopicPartition, Long> first = Map.of(rows(0), 5L, rows(1), 0L, seen(0), 0L, seen(1), 0L);
    Map<TopicPartition, Long> ends = Map.of(rows(0), 90L, rows(1), 10L, seen(0), 90L, seen(1), 10L);
    return new CopySource(
        new Generation("values", generation, 1, Generation.State.SERVING, 0, Map.of()),
        "rows",
        Optional.of("seen"),
        2,
        topicIds,
        Map.of("calculator", "log"),
        first,
        ends,
        Duration.ofHours(24));
  }

  private static TopicPartition rows(int partition) {
    return new TopicPartition("rows", partition);
  }

  private static TopicPartition seen(int partition) {
    return new TopicPartition("seen", partition);
  }

  private static Checkpoint at(long rows, long seen) {
    return SOURCE.beginning(LEVEL).at(List.of(rows, 3L), List.of(seen, 3L)).levelAt(LEVEL);
  }

  private static Optional<String> obstacle(Checkpoint copy) {
    return SOURCE.obstacle(copy, LEVEL.plus(Duration.ofHours(23)));
  }

  private static void assertAfresh(String why, Optional<String> obstacle) {
    assertTrue(obstacle.filter(text -> text.contains(why)).isPresent(), obstacle.toString());
  }

  @Test
  void a_copy_of_the_same_logs_goes_on() {
    assertEquals(Optional.empty(), obstacle(at(50, 50)));
    assertEquals(Optional.empty(), obstacle(at(5, 0)));
    assertEquals(Optional.empty(), obstacle(at(90, 90)));
    assertEquals(Optional.empty(), obstacle(SOURCE.beginning(LEVEL)));
  }

  @Test
  void a_copy_of_another_generation_or_of_logs_made_anew_is_made_afresh() {
    Checkpoint copy = at(50, 50);
    assertAfresh("generation 3", source(3, SOURCE.topicIds()).obstacle(copy, LEVEL));
    assertAfresh("anew", source(2, List.of("other-id", "seen-id")).obstacle(copy, LEVEL));
    assertAfresh("anew", source(2, List.of("rows-id", "other-id")).obstacle(copy, LEVEL));
    assertAfresh("anew", obstacle(copy.ofNoLog()));
  }

  @Test
  void a_copy_whose_offsets_are_not_on_the_log_is_made_afresh() {
    assertAfresh("offsets", obstacle(at(4, 50)));
    assertAfresh("offsets", obstacle(at(91, 50)));
    assertAfresh("offsets", obstacle(at(50, 91)));
  }

  @Test
  void a_copy_that_may_have_missed_a_deletion_is_made_afresh() {
    Checkpoint copy = at(50, 50);
    Instant dayLater = LEVEL.plus(Duration.ofHours(24));
    assertEquals(Optional.empty(), SOURCE.obstacle(copy, dayLater.minusMillis(1)));
    assertAfresh("too long ago", SOURCE.obstacle(copy, dayLater));
    // A clock that was ahead says nothing about how long ago that was.
    assertEquals(Optional.empty(), SOURCE.obstacle(copy, LEVEL.minusSeconds(59)));
    assertAfresh("too long ago", SOURCE.obstacle(copy, LEVEL.minusSeconds(61)));
  }

  @Test
  void says_how_much_is_done() {
    assertEquals(50, SOURCE.percent(at(47, 47)));
    assertEquals(0, source(1, List.of()).percent(SOURCE.beginning(LEVEL).at(List.of(), List.of())));
  }
}

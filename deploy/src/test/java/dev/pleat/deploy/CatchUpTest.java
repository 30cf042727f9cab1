package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.interactivequeries.ViewPositions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** When a view shows everything there was. */
final class CatchUpTest {

  private static final TopicPartition EVENTS = new TopicPartition("events", 0);
  private static final TopicPartition PRICES = new TopicPartition("prices", 0);
  private static final TopicPartition FIRST = new TopicPartition("first", 0);
  private static final TopicPartition LAST = new TopicPartition("last", 0);

  /** Topics with ends and positions as the test says. */
  private static final class Told implements ViewPositions {
    private final Map<TopicPartition, Long> ends = new HashMap<>();
    private final Map<TopicPartition, Long> done = new HashMap<>();
    private boolean answers = true;

    @Override
    public List<Set<String>> between(String eventsTopic) {
      return switch (eventsTopic) {
        case "events" -> List.of(Set.of("last"));
        case "prices" -> List.of(Set.of("first"), Set.of("last"));
        default -> List.of();
      };
    }

    @Override
    public OptionalLong fetched(TopicPartition partition) {
      return done(partition);
    }

    @Override
    public OptionalLong done(TopicPartition partition) {
      Long at = done.get(partition);
      return at == null ? OptionalLong.empty() : OptionalLong.of(at);
    }

    @Override
    public Optional<Map<TopicPartition, Long>> ends(Set<String> topics) {
      return answers
          ? Optional.of(
              ends.entrySet().stream()
                  .filter(end -> topics.contains(end.getKey().topic()))
                  .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)))
          : Optional.empty();
    }
  }

  private final Told told = new Told();

  @Test
  void waits_for_the_events_and_then_for_each_step_after_them() {
    told.ends.putAll(Map.of(EVENTS, 10L, PRICES, 10L, FIRST, 0L, LAST, 0L));
    told.done.put(EVENTS, 10L);
    CatchUp catchUp = new CatchUp(told, Set.of("events", "prices"));
    assertFalse(catchUp.hasArrived(), "prices are not read");
    assertEquals(50, catchUp.percent());

    told.done.put(PRICES, 10L);
    told.ends.put(FIRST, 4L);
    told.ends.put(LAST, 6L);
    assertFalse(catchUp.hasArrived(), "what came of them lies in the first step");
    told.done.put(FIRST, 4L);
    told.done.put(LAST, 6L);
    told.ends.put(LAST, 8L);
    assertFalse(catchUp.hasArrived(), "what came of the first step lies in the last");
    told.done.put(LAST, 8L);

    assertTrue(catchUp.hasArrived());
    assertEquals(100, catchUp.percent());
  }

  @Test
  void what_comes_later_is_not_waited_for() {
    told.ends.put(EVENTS, 10L);
    told.done.put(EVENTS, 9L);
    CatchUp catchUp = new CatchUp(told, Set.of("events"));
    assertFalse(catchUp.hasArrived());

    told.ends.put(EVENTS, 1_000L);
    told.done.put(EVENTS, 10L);

    assertTrue(catchUp.hasArrived());
  }

  @Test
  void has_not_arrived_while_the_cluster_does_not_answer() {
    told.answers = false;
    CatchUp catchUp = new CatchUp(told, Set.of("events"));
    assertFalse(catchUp.hasArrived());
    assertEquals(0, catchUp.percent());

    told.answers = true;

    assertTrue(catchUp.hasArrived(), "there is nothing");
  }

  @Test
  void a_partition_of_which_nothing_is_known_is_not_done() {
    told.ends.put(EVENTS, 1L);
    assertFalse(new CatchUp(told, Set.of("events")).hasArrived());
  }
}

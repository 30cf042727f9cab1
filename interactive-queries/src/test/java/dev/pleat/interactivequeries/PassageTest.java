package dev.pleat.interactivequeries;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class PassageTest {

  private static final TopicPartition EVENTS = new TopicPartition("events", 2);
  private static final TopicPartition FIRST_0 = new TopicPartition("first", 0);
  private static final TopicPartition FIRST_1 = new TopicPartition("first", 1);
  private static final TopicPartition SECOND_0 = new TopicPartition("second", 0);
  private static final TopicPartition SECOND_1 = new TopicPartition("second", 1);

  /** Where the row would lie. */
  private static final int ROW = 1;

  private final Application application = new Application();

  /** An application as the test says it is. */
  private static final class Application implements ViewPositions {
    private List<Set<String>> between = List.of(Set.of("first"), Set.of("second"));
    private final Map<TopicPartition, Long> fetched = new HashMap<>();
    private final Map<TopicPartition, Long> done = new HashMap<>();
    private final Map<TopicPartition, Long> ends =
        new HashMap<>(Map.of(FIRST_0, 0L, FIRST_1, 0L, SECOND_0, 0L, SECOND_1, 0L));
    private boolean answers = true;

    @Override
    public List<Set<String>> between(String eventsTopic) {
      return between;
    }

    @Override
    public OptionalLong fetched(TopicPartition partition) {
      return known(fetched, partition);
    }

    @Override
    public OptionalLong done(TopicPartition partition) {
      return known(done, partition);
    }

    private static OptionalLong known(Map<TopicPartition, Long> positions, TopicPartition of) {
      return positions.containsKey(of) ? OptionalLong.of(positions.get(of)) : OptionalLong.empty();
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

  private Passage passage() {
    return new Passage(application, EVENTS, Set.of(ROW));
  }

  @Test
  void arrives_at_once_where_rows_are_written_as_events_are_read() {
    application.between = List.of();
    application.fetched.put(EVENTS, 10L);

    assertTrue(passage().hasArrived());
  }

  @Test
  void waits_until_what_was_read_is_committed() {
    application.fetched.put(EVENTS, 10L);
    application.done.put(EVENTS, 9L);
    Passage passage = passage();

    assertFalse(passage.hasArrived());
    application.done.put(EVENTS, 10L);
    assertTrue(passage.hasArrived());
  }

  @Test
  void does_not_wait_for_more_than_was_read_when_it_began() {
    application.fetched.put(EVENTS, 10L);
    Passage passage = passage();
    application.fetched.put(EVENTS, 20L);
    application.done.put(EVENTS, 10L);

    assertTrue(passage.hasArrived());
  }

  @Test
  void takes_the_ends_of_a_topic_only_once_all_before_it_is_committed() {
    application.fetched.put(EVENTS, 10L);
    Passage passage = passage();
    assertFalse(passage.hasArrived());

    application.ends.put(FIRST_0, 5L);
    application.done.put(EVENTS, 10L);
    application.done.put(FIRST_0, 4L);
    assertFalse(passage.hasArrived());
    application.ends.put(FIRST_0, 50L);
    application.ends.put(SECOND_1, 3L);
    application.done.put(SECOND_1, 2L);
    application.done.put(FIRST_0, 5L);
    assertFalse(passage.hasArrived());

    application.done.put(SECOND_1, 3L);
    assertTrue(passage.hasArrived());
  }

  @Test
  void waits_for_every_partition_between_but_only_for_the_rows_own_at_the_end() {
    application.ends.putAll(Map.of(FIRST_0, 5L, FIRST_1, 6L, SECOND_0, 7L, SECOND_1, 8L));
    application.done.putAll(Map.of(FIRST_0, 5L, FIRST_1, 5L, SECOND_1, 8L));
    Passage passage = passage();

    assertFalse(passage.hasArrived());
    application.done.put(FIRST_1, 6L);
    assertTrue(passage.hasArrived());
  }

  @Test
  void waits_where_nothing_is_known_of_a_partition_that_has_records() {
    application.ends.put(SECOND_1, 1L);
    Passage passage = passage();

    assertFalse(passage.hasArrived());
    application.done.put(SECOND_1, 1L);
    assertTrue(passage.hasArrived());
  }

  @Test
  void skips_no_topic_when_the_cluster_did_not_answer() {
    application.ends.put(FIRST_0, 1L);
    application.answers = false;
    Passage passage = passage();
    assertFalse(passage.hasArrived());

    application.answers = true;
    assertFalse(passage.hasArrived());
    application.done.put(FIRST_0, 1L);
    assertTrue(passage.hasArrived());
  }
}

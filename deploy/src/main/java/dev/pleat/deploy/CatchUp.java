package dev.pleat.deploy;

import dev.pleat.interactivequeries.ViewPositions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/**
 * Waits until a view shows all events there were when this was made: first the application has to
 * process them, then whatever they put into the topics between its steps. Used by one thread.
 *
 * <p>What another process of the same application holds counts as processed once it is committed.
 */
final class CatchUp {

  private final ViewPositions positions;
  private final List<Set<String>> steps = new ArrayList<>();
  private final Map<TopicPartition, Long> awaited = new HashMap<>();
  private final long began = System.nanoTime();
  private int next;
  private long total;
  private long left;

  /**
   * Begins now.
   *
   * @param eventsTopics where the view's events come from
   */
  CatchUp(ViewPositions positions, Set<String> eventsTopics) {
    this.positions = positions;
    steps.add(eventsTopics);
    for (String topic : eventsTopics) {
      List<Set<String>> between = positions.between(topic);
      for (int i = 0; i < between.size(); i++) {
        if (steps.size() <= i + 1) {
          steps.add(new HashSet<>());
        }
        steps.get(i + 1).addAll(between.get(i));
      }
    }
  }

  /** Looks how far it has come. May ask the cluster. */
  boolean hasArrived() {
    while (true) {
      awaited.entrySet().removeIf(this::isPassed);
      if (!awaited.isEmpty()) {
        left = next == 1 ? awaited.entrySet().stream().mapToLong(this::left).sum() : 0;
        return false;
      }
      left = 0;
      if (next == steps.size()) {
        return true;
      }
      Optional<Map<TopicPartition, Long>> ends = positions.ends(steps.get(next));
      if (ends.isEmpty()) {
        return false;
      }
      next++;
      // Nobody commits a position in a partition that has nothing.
      ends.get()
          .forEach(
              (partition, end) -> {
                if (end > 0) {
                  awaited.put(partition, end);
                }
              });
      if (next == 1) {
        total = awaited.values().stream().mapToLong(Long::longValue).sum();
      }
    }
  }

  private boolean isPassed(Map.Entry<TopicPartition, Long> end) {
    return left(end) == 0;
  }

  private long left(Map.Entry<TopicPartition, Long> end) {
    OptionalLong done = positions.done(end.getKey());
    return Math.max(0, end.getValue() - done.orElse(0));
  }

  /** The share of the events that is processed, in percent, as it was seen last. */
  int percent() {
    return next == 0 ? 0 : total == 0 ? 100 : (int) (100 * (total - left) / total);
  }

  /** For how long it has been waiting. */
  Duration took() {
    return Duration.ofNanos(System.nanoTime() - began);
  }
}

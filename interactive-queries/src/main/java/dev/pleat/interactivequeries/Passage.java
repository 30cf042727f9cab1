package dev.pleat.interactivequeries;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/**
 * Follows an event through a view whose rows are made in several steps with topics between them:
 * once all that the first step had read is committed, whatever came of the event lies before the
 * ends of the next topics, and so on until the rows. Used by one thread.
 *
 * <p>The ends are taken with what is not committed yet, and the positions are those of the
 * consumers: committed ends can lie before the event's own records, and committed offsets never
 * pass aborted records at the end of a partition.
 */
final class Passage {

  private final ViewPositions positions;
  private final List<Set<String>> between;
  private final Set<Integer> rowsPartitions;
  private final Map<TopicPartition, Long> awaited = new HashMap<>();
  private int next;

  /**
   * Begins where an event was read that this process has seen.
   *
   * @param source the partition of the events topic
   * @param rowsPartitions the partitions in which the rows would lie
   */
  Passage(ViewPositions positions, TopicPartition source, Set<Integer> rowsPartitions) {
    this.positions = positions;
    this.between = positions.between(source.topic());
    this.rowsPartitions = Set.copyOf(rowsPartitions);
    if (!between.isEmpty()) {
      // Nothing fetched: the event was read by an earlier run, which committed it.
      positions.fetched(source).ifPresent(position -> awaited.put(source, position));
    }
  }

  /** Looks how far it has come; whether the row is there, if there is one. */
  boolean hasArrived() {
    while (true) {
      awaited.entrySet().removeIf(this::isPassed);
      if (!awaited.isEmpty()) {
        return false;
      }
      if (next == between.size()) {
        return true;
      }
      Optional<Map<TopicPartition, Long>> ends = positions.ends(between.get(next));
      if (ends.isEmpty()) {
        return false;
      }
      next++;
      ends.get().forEach(this::await);
    }
  }

  /** In the last topics only what may be of the rows' own partitions counts. */
  private void await(TopicPartition partition, long end) {
    if (end > 0 && (next < between.size() || rowsPartitions.contains(partition.partition()))) {
      awaited.put(partition, end);
    }
  }

  private boolean isPassed(Map.Entry<TopicPartition, Long> end) {
    OptionalLong done = positions.done(end.getKey());
    return done.isPresent() && done.getAsLong() >= end.getValue();
  }
}

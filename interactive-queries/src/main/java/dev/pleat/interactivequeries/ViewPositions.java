package dev.pleat.interactivequeries;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/**
 * How far the application of a view has come in the topics it reads: those of the events, and those
 * between its own steps. Safe for use by many threads.
 */
public interface ViewPositions {

  /**
   * The topics between the steps that an event passes on its way to the rows: what lies in one set
   * comes of what lay in the sets before. Empty if its row is written where the event is read.
   */
  List<Set<String>> between(String eventsTopic);

  /**
   * The position after what was fetched last of a partition; empty if this process fetched nothing
   * of it since its application was started.
   */
  OptionalLong fetched(TopicPartition partition);

  /**
   * The position up to which everything in a partition is processed, and what came of it is
   * committed; empty if that is not known. Aborted records and transaction markers count as
   * processed once they are passed. May ask the cluster.
   */
  OptionalLong done(TopicPartition partition);

  /**
   * The ends of all partitions of these topics, with what is not committed yet. Asks the cluster.
   *
   * @return empty if it does not answer in time
   */
  Optional<Map<TopicPartition, Long>> ends(Set<String> topics);
}

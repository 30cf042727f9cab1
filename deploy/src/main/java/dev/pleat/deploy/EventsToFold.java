package dev.pleat.deploy;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.topology.CommandTopology;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupSubscribedToTopicException;

/**
 * The events of a domain and the changelog topic of the state folded from them, as offsets: how
 * much of them there is, and how much of it a refold has committed. Used by one thread at a time.
 */
final class EventsToFold {

  /** So little left may be no more than markers of transactions. */
  private static final long NEARLY = 1_000;

  private final Cluster cluster;
  private final Map<String, Object> connection;
  private final DomainSchema<?, ?> schema;
  private final String group;
  private long doneBefore = -1;

  EventsToFold(
      Admin admin, Map<String, Object> connection, DomainSchema<?, ?> schema, String group) {
    this.cluster = new Cluster(admin);
    this.connection = connection;
    this.schema = schema;
    this.group = group;
  }

  /**
   * How far the events are folded.
   *
   * @param done records behind the committed offsets
   * @param all records there are
   */
  record Progress(long done, long all, boolean isComplete) {
    @Override
    public String toString() {
      long percent = all == 0 ? 100 : done * 100 / all;
      return "folding the state anew from events: %d %% (%d of %d)".formatted(percent, done, all);
    }
  }

  String changelogTopic() {
    return CommandTopology.stateTopic(schema);
  }

  /** The id of the changelog topic, which is created where it is missing. */
  String changelogId() {
    int partitions = cluster.describe(schema.eventsTopic()).orElseThrow().partitions().size();
    return cluster.changelogId(changelogTopic(), partitions);
  }

  boolean none() {
    return ends().values().stream().allMatch(end -> end == 0);
  }

  /** Says which partition has events and no state; empty if there is none such. */
  Optional<String> partitionWithoutState() {
    Map<TopicPartition, Long> without = ends();
    Map<TopicPartition, Long> changelog = cluster.offsets(changelogTopic(), OffsetSpec.latest());
    without.values().removeIf(end -> end == 0);
    without
        .keySet()
        .removeIf(
            events ->
                changelog.getOrDefault(new TopicPartition(changelogTopic(), events.partition()), 0L)
                    > 0);
    // A transaction that was aborted leaves records in the one and perhaps none in the other.
    if (without.isEmpty() || CommittedRecords.none(connection, Map.of(), without)) {
      return Optional.empty();
    }
    return Optional.of(
        changelogTopic()
            + " is empty and "
            + schema.eventsTopic()
            + " is not, in partition "
            + without.keySet().stream()
                .map(partition -> String.valueOf(partition.partition()))
                .sorted()
                .collect(Collectors.joining(", ")));
  }

  /** The time of the newest event. */
  Instant newest() {
    return Instant.ofEpochMilli(
        cluster.list(schema.eventsTopic(), OffsetSpec.maxTimestamp()).values().stream()
            .mapToLong(ListOffsetsResultInfo::timestamp)
            .max()
            .orElse(0));
  }

  /** Where the partitions end, with what is not committed yet: nothing may come after the fold. */
  private Map<TopicPartition, Long> ends() {
    return cluster.offsets(schema.eventsTopic(), OffsetSpec.latest());
  }

  Progress progress() {
    Map<TopicPartition, Long> left = ends();
    Map<TopicPartition, Long> committed = committed();
    long all = left.values().stream().mapToLong(Long::longValue).sum();
    left.entrySet().removeIf(end -> committed.getOrDefault(end.getKey(), 0L) >= end.getValue());
    long lag =
        left.entrySet().stream()
            .mapToLong(end -> end.getValue() - committed.getOrDefault(end.getKey(), 0L))
            .sum();
    // What is never committed past: markers, and records of transactions that were aborted.
    boolean worthProbing = lag < NEARLY || all - lag == doneBefore;
    doneBefore = all - lag;
    return new Progress(
        all - lag,
        all,
        left.isEmpty() || (worthProbing && CommittedRecords.none(connection, committed, left)));
  }

  private Map<TopicPartition, Long> committed() {
    return cluster.committed(group, schema.eventsTopic());
  }

  /** What a refold has committed counts for that one only. */
  void forgetCommitted() {
    Set<TopicPartition> partitions = committed().keySet();
    if (partitions.isEmpty()) {
      return;
    }
    try {
      Cluster.await(cluster.admin().deleteConsumerGroupOffsets(group, partitions).all());
    } catch (GroupSubscribedToTopicException e) {
      // Another instance has begun to fold: its offsets are of the refold that goes on.
    }
  }
}

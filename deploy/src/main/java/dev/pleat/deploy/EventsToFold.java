package dev.pleat.deploy;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.topology.CommandTopology;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupSubscribedToTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * The events of a domain and the changelog topic of the state folded from them, as offsets: how
 * much of them there is, and how much of it a refold has committed. Used by one thread at a time.
 */
final class EventsToFold {

  /** So little left may be no more than markers of transactions. */
  private static final long NEARLY = 1_000;

  private final Admin admin;
  private final Map<String, Object> connection;
  private final DomainSchema<?, ?> schema;
  private final String group;
  private long doneBefore = -1;

  EventsToFold(
      Admin admin, Map<String, Object> connection, DomainSchema<?, ?> schema, String group) {
    this.admin = admin;
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

  /**
   * The id of the changelog topic; it is created where it is missing, as Kafka Streams would, so
   * that its id is known before anything is written to it.
   */
  String changelogId() {
    Optional<TopicDescription> there = describe(changelogTopic());
    while (there.isEmpty()) {
      int partitions = describe(schema.eventsTopic()).orElseThrow().partitions().size();
      NewTopic topic =
          new NewTopic(changelogTopic(), Optional.of(partitions), Optional.empty())
              .configs(
                  Map.of(
                      TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT,
                      TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "CreateTime",
                      TopicConfig.MAX_MESSAGE_BYTES_CONFIG, "1048588"));
      try {
        ClusterAnswer.await(admin.createTopics(List.of(topic)).all());
      } catch (TopicExistsException e) {
        // Another instance was faster.
      }
      there = describe(changelogTopic());
    }
    return there.get().topicId().toString();
  }

  private Optional<TopicDescription> describe(String topic) {
    try {
      return Optional.ofNullable(
          ClusterAnswer.await(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic));
    } catch (UnknownTopicOrPartitionException e) {
      return Optional.empty();
    }
  }

  boolean none() {
    return ends().values().stream().allMatch(end -> end == 0);
  }

  /** Says which partition has events and no state; empty if there is none such. */
  Optional<String> partitionWithoutState() {
    Map<TopicPartition, Long> without = ends();
    Map<TopicPartition, Long> changelog = offsets(changelogTopic(), OffsetSpec.latest());
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
        list(schema.eventsTopic(), OffsetSpec.maxTimestamp()).values().stream()
            .mapToLong(ListOffsetsResultInfo::timestamp)
            .max()
            .orElse(0));
  }

  /** Where the partitions end, with what is not committed yet: nothing may come after the fold. */
  private Map<TopicPartition, Long> ends() {
    return offsets(schema.eventsTopic(), OffsetSpec.latest());
  }

  private Map<TopicPartition, Long> offsets(String topic, OffsetSpec spec) {
    return list(topic, spec).entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().offset()));
  }

  private Map<TopicPartition, ListOffsetsResultInfo> list(String topic, OffsetSpec spec) {
    Map<TopicPartition, OffsetSpec> partitions =
        describe(topic).stream()
            .flatMap(described -> described.partitions().stream())
            .map(partition -> new TopicPartition(topic, partition.partition()))
            .collect(Collectors.toMap(Function.identity(), partition -> spec));
    return ClusterAnswer.await(admin.listOffsets(partitions).all());
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
    try {
      Map<TopicPartition, OffsetAndMetadata> all =
          ClusterAnswer.await(
              admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
      Map<TopicPartition, Long> offsets = new HashMap<>();
      all.forEach(
          (partition, offset) -> {
            if (offset != null && partition.topic().equals(schema.eventsTopic())) {
              offsets.put(partition, offset.offset());
            }
          });
      return offsets;
    } catch (GroupIdNotFoundException e) {
      return Map.of();
    }
  }

  /** What a refold has committed counts for that one only. */
  void forgetCommitted() {
    Set<TopicPartition> partitions = committed().keySet();
    if (partitions.isEmpty()) {
      return;
    }
    try {
      ClusterAnswer.await(admin.deleteConsumerGroupOffsets(group, partitions).all());
    } catch (GroupSubscribedToTopicException e) {
      // Another instance has begun to fold: its offsets are of the refold that goes on.
    }
  }
}

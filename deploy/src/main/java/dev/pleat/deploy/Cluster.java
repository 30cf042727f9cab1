package dev.pleat.deploy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** What the cluster says of topics and groups, waited for 30 s at most. */
record Cluster(Admin admin) {

  private static final long PATIENCE_S = 30;

  /** What a topic is; empty if there is none of this name. */
  Optional<TopicDescription> describe(String topic) {
    try {
      return Optional.ofNullable(
          await(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic));
    } catch (UnknownTopicOrPartitionException e) {
      return Optional.empty();
    }
  }

  /**
   * The id of the changelog topic of a store; it is created where it is missing, as Kafka Streams
   * would, so that its id is known before anything is written to it.
   */
  String changelogId(String topic, int partitions) {
    Optional<TopicDescription> there = describe(topic);
    while (there.isEmpty()) {
      NewTopic changelog =
          new NewTopic(topic, Optional.of(partitions), Optional.empty())
              .configs(
                  Map.of(
                      TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT,
                      TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "CreateTime",
                      TopicConfig.MAX_MESSAGE_BYTES_CONFIG, "1048588"));
      try {
        await(admin.createTopics(List.of(changelog)).all());
      } catch (TopicExistsException e) {
        // Another instance was faster.
      }
      there = describe(topic);
    }
    return there.get().topicId().toString();
  }

  Map<TopicPartition, Long> offsets(String topic, OffsetSpec spec) {
    return list(topic, spec).entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().offset()));
  }

  /** Nothing for a topic that does not exist. */
  Map<TopicPartition, ListOffsetsResultInfo> list(String topic, OffsetSpec spec) {
    Map<TopicPartition, OffsetSpec> partitions =
        describe(topic).stream()
            .flatMap(described -> described.partitions().stream())
            .map(partition -> new TopicPartition(topic, partition.partition()))
            .collect(Collectors.toMap(Function.identity(), partition -> spec));
    return await(admin.listOffsets(partitions).all());
  }

  /** What a group has committed of a topic; nothing if there is no such group. */
  Map<TopicPartition, Long> committed(String group, String topic) {
    try {
      Map<TopicPartition, OffsetAndMetadata> all =
          await(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
      Map<TopicPartition, Long> offsets = new HashMap<>();
      all.forEach(
          (partition, offset) -> {
            if (offset != null && partition.topic().equals(topic)) {
              offsets.put(partition, offset.offset());
            }
          });
      return offsets;
    } catch (GroupIdNotFoundException e) {
      return Map.of();
    }
  }

  /** Whether there is no such group any more; there still is one while somebody is in it. */
  boolean deleteGroup(String group) {
    try {
      await(admin.deleteConsumerGroups(List.of(group)).all());
      return true;
    } catch (GroupIdNotFoundException e) {
      return true;
    } catch (GroupNotEmptyException e) {
      return false;
    }
  }

  /** Waits for the cluster's answer; a Kafka error comes out as its own exception. */
  static <T> T await(KafkaFuture<T> future) {
    try {
      return future.get(PATIENCE_S, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (TimeoutException e) {
      throw new IllegalStateException("no answer from the cluster", e);
    }
  }
}

package dev.pleat.deploy;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/**
 * Asks the cluster where topics end and up to where groups have come; for a second at most. Safe
 * for use by many threads.
 */
final class LogEnds {

  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final Admin admin;
  private final Map<String, Integer> partitions = new ConcurrentHashMap<>();

  LogEnds(Admin admin) {
    this.admin = admin;
  }

  /**
   * The ends of all partitions of these topics, with what is not committed yet.
   *
   * @return empty if the cluster does not answer in time
   */
  Optional<Map<TopicPartition, Long>> of(Set<String> topics) {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    for (String topic : topics) {
      Optional<Integer> count = count(topic);
      if (count.isEmpty()) {
        return Optional.empty();
      }
      IntStream.range(0, count.get())
          .forEach(each -> asked.put(new TopicPartition(topic, each), OffsetSpec.latest()));
    }
    return await(admin.listOffsets(asked).all())
        .map(
            ends ->
                ends.entrySet().stream()
                    .collect(Collectors.toMap(Map.Entry::getKey, end -> end.getValue().offset())));
  }

  private Optional<Integer> count(String topic) {
    Optional<Integer> known = Optional.ofNullable(partitions.get(topic));
    if (known.isPresent()) {
      return known;
    }
    Optional<Integer> count =
        await(admin.describeTopics(Set.of(topic)).allTopicNames())
            .flatMap(topics -> Optional.ofNullable(topics.get(topic)))
            .map(described -> described.partitions().size());
    count.ifPresent(it -> partitions.put(topic, it));
    return count;
  }

  /** The next offset a group will process; empty if it committed none, or nobody answers. */
  OptionalLong committed(String group, TopicPartition partition) {
    return await(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata())
        .map(offsets -> offsets.get(partition))
        .map(OffsetAndMetadata::offset)
        .map(OptionalLong::of)
        .orElse(OptionalLong.empty());
  }

  private static <T> Optional<T> await(KafkaFuture<T> answer) {
    try {
      return Optional.of(answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } catch (ExecutionException | TimeoutException e) {
      return Optional.empty();
    }
  }
}

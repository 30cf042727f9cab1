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
import java.util.TreeSet;
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
import org.apache.kafka.streams.TopologyDescription;
import org.apache.kafka.streams.TopologyDescription.Node;
import org.apache.kafka.streams.TopologyDescription.Sink;
import org.apache.kafka.streams.TopologyDescription.Source;

/**
 * How far the application of a view has come, in its own topics too. Safe for use by many threads.
 */
final class ApplicationPositions implements ViewPositions {

  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final String applicationId;
  private final Map<String, List<Set<String>>> between;
  private final TrackedClients clients;
  private final Admin admin;
  private final Map<String, Integer> partitions = new ConcurrentHashMap<>();

  ApplicationPositions(
      String applicationId, TopologyDescription topology, TrackedClients clients, Admin admin) {
    this.applicationId = applicationId;
    this.between = between(topology, applicationId);
    this.clients = clients;
    this.admin = admin;
  }

  // ---- the topics between the steps

  private static Map<String, List<Set<String>>> between(
      TopologyDescription topology, String applicationId) {
    Map<String, Source> readers = new HashMap<>();
    for (TopologyDescription.Subtopology part : topology.subtopologies()) {
      for (Node node : part.nodes()) {
        if (node instanceof Source source && source.topicSet() != null) {
          source.topicSet().forEach(topic -> readers.put(topic, source));
        }
      }
    }
    Map<String, List<Set<String>>> between = new HashMap<>();
    for (String topic : readers.keySet()) {
      List<Set<String>> steps = new ArrayList<>();
      Set<String> next = writtenFrom(Set.of(topic), readers);
      while (!next.isEmpty()) {
        if (steps.size() > readers.size()) {
          throw new IllegalArgumentException(
              applicationId + " reads what it wrote in a circle: a token could not be waited for");
        }
        // Kafka Streams names its own topics after the application, once it has one.
        String prefix = applicationId + "-";
        steps.add(
            next.stream()
                .map(name -> name.startsWith(prefix) ? name : prefix + name)
                .collect(Collectors.toUnmodifiableSet()));
        next = writtenFrom(next, readers);
      }
      between.put(topic, List.copyOf(steps));
    }
    return Map.copyOf(between);
  }

  /** The topics that are written for what is read from these, and read again. */
  private static Set<String> writtenFrom(Set<String> topics, Map<String, Source> readers) {
    Set<String> written = new TreeSet<>();
    Set<Node> seen = new HashSet<>();
    topics.forEach(
        topic -> {
          Source reader = readers.get(topic);
          if (reader != null) {
            collect(reader, seen, written);
          }
        });
    written.retainAll(readers.keySet());
    return written;
  }

  private static void collect(Node node, Set<Node> seen, Set<String> written) {
    if (!seen.add(node)) {
      return;
    }
    if (node instanceof Sink sink && sink.topic() != null) {
      written.add(sink.topic());
    }
    node.successors().forEach(next -> collect(next, seen, written));
  }

  @Override
  public List<Set<String>> between(String eventsTopic) {
    return between.getOrDefault(eventsTopic, List.of());
  }

  // ---- how far

  @Override
  public OptionalLong fetched(TopicPartition partition) {
    return clients.fetched(partition);
  }

  @Override
  public OptionalLong done(TopicPartition partition) {
    OptionalLong here = clients.done(partition);
    return here.isPresent() ? here : committed(partition);
  }

  /** As the group says: where nothing was fetched yet, or another instance does it. */
  private OptionalLong committed(TopicPartition partition) {
    return await(admin.listConsumerGroupOffsets(applicationId).partitionsToOffsetAndMetadata())
        .map(offsets -> offsets.get(partition))
        .map(OffsetAndMetadata::offset)
        .map(OptionalLong::of)
        .orElse(OptionalLong.empty());
  }

  /** Reads a partition again from an earlier offset. */
  void rewind(TopicPartition partition, long offset) {
    clients.rewind(partition, offset);
  }

  @Override
  public Optional<Map<TopicPartition, Long>> ends(Set<String> topics) {
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

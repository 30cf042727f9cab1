package dev.pleat.deploy;

import dev.pleat.interactivequeries.ViewPositions;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.Guard;
import dev.pleat.schemas.StoppedView;
import dev.pleat.topology.Resumptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.TopologyDescription;
import org.apache.kafka.streams.TopologyDescription.Node;
import org.apache.kafka.streams.TopologyDescription.Sink;
import org.apache.kafka.streams.TopologyDescription.Source;

/**
 * How far the application of a view has come, in its own topics too. Safe for use by many threads.
 */
final class ApplicationPositions implements ViewPositions {

  private final String applicationId;
  private final Map<String, List<Set<String>>> between;
  private final TrackedClients clients;
  private final LogEnds ends;

  ApplicationPositions(
      String applicationId, TopologyDescription topology, TrackedClients clients, LogEnds ends) {
    this.applicationId = applicationId;
    this.between = between(topology, applicationId);
    this.clients = clients;
    this.ends = ends;
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
    return ends.committed(applicationId, partition);
  }

  /**
   * Lets it go on where it has stopped: it reads from there again.
   *
   * @param guard that stopped it, over the events of this domain
   * @param skip whether the event is left out
   */
  void resume(
      Resumptions resumptions,
      Guard guard,
      DomainSchema<?, ?> source,
      StoppedView mark,
      boolean skip) {
    resumptions.ask(
        guard, mark.partition(), skip ? Resumptions.How.SKIP : Resumptions.How.CONTINUE);
    clients.rewind(new TopicPartition(source.eventsTopic(), mark.partition()), mark.offset());
  }

  @Override
  public Optional<Map<TopicPartition, Long>> ends(Set<String> topics) {
    return ends.of(topics);
  }
}

package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;

/**
 * What a policy knows of the events it reads when it starts.
 *
 * @param logs the events topics of its sources, by the sources' names
 * @param quietBelow offsets in them: events below are folded into the policy's state and nothing
 *     follows from them
 */
public record PolicyStart(Map<String, InputLog> logs, Map<TopicPartition, Long> quietBelow) {

  /** Keeps its own copies. */
  public PolicyStart {
    logs = Map.copyOf(logs);
    quietBelow = Map.copyOf(quietBelow);
  }

  /** Reacts to everything in topics of one partition, as in a {@code TopologyTestDriver}. */
  static PolicyStart single(List<DomainSchema<?, ?>> sources) {
    return new PolicyStart(
        sources.stream().collect(Collectors.toMap(DomainSchema::name, source -> InputLog.single())),
        Map.of());
  }

  InputLog log(DomainSchema<?, ?> source) {
    InputLog log = logs.get(source.name());
    if (log == null) {
      throw new IllegalArgumentException("nothing is said of the events of " + source);
    }
    return log;
  }

  boolean isQuiet(String topic, int partition, long offset) {
    return offset < quietBelow.getOrDefault(new TopicPartition(topic, partition), 0L);
  }
}

package dev.pleat.interactivequeries;

import dev.pleat.schemas.CommandStatus;
import dev.pleat.schemas.DomainSchema;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsMetadata;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.state.HostInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which instances hold the statuses of commands. Safe for use by many threads. */
@FunctionalInterface
interface Holders {

  /** The holders of these partitions, as far as they are known, each with its part of them. */
  Map<HostInfo, Set<Integer>> of(DomainSchema<?, ?> schema, Set<Integer> partitions);

  /** As the instances told their consumer group. */
  static Holders of(RunningStreams running) {
    return (schema, partitions) -> inGroup(running, schema, partitions);
  }

  private static Map<HostInfo, Set<Integer>> inGroup(
      RunningStreams running, DomainSchema<?, ?> schema, Set<Integer> partitions) {
    Map<HostInfo, Set<Integer>> holders = new HashMap<>();
    Optional<KafkaStreams> streams = running.find(schema.name(), CommandStatus.STORE);
    if (streams.isEmpty()) {
      return holders;
    }
    try {
      for (StreamsMetadata client : streams.get().metadataForAllStreamsClients()) {
        Set<Integer> held = new HashSet<>(partitions);
        held.removeIf(
            partition ->
                !client
                    .topicPartitions()
                    .contains(new TopicPartition(schema.commandsTopic(), partition)));
        if (!held.isEmpty() && !client.hostInfo().equals(HostInfo.unavailable())) {
          holders.put(client.hostInfo(), held);
        }
      }
    } catch (IllegalStateException | StreamsException e) {
      Logger log = LoggerFactory.getLogger(Holders.class);
      log.debug("while it is being started or stopped, nobody is known", e);
    }
    return holders;
  }
}

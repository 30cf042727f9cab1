package dev.pleat.deploy;

import dev.pleat.topology.Domain;
import java.nio.file.Path;

/** The suite on Kafka Streams and the embedded broker. */
final class KafkaRuntimeIT extends RuntimeContract {

  @Override
  ServedRuntime open(Path directory) {
    return new InstanceRuntime(
        Servers.embedded(directory, DOMAINS.toArray(Domain<?, ?, ?>[]::new)));
  }
}

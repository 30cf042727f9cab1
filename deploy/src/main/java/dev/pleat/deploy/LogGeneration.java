package dev.pleat.deploy;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.topology.CommandTopology;
import dev.pleat.topology.OutputTopics;

/**
 * Another generation of a domain's log: all its commands decided again beside the live one.
 *
 * @param schema of the live log
 * @param number counts the generations; a domain begins with the first
 */
record LogGeneration(DomainSchema<?, ?> schema, int number) {

  /** The Kafka Streams application that decides them. */
  String applicationId() {
    return CommandTopology.applicationId(schema, number);
  }

  OutputTopics topics() {
    return OutputTopics.ofGeneration(schema, number);
  }
}

package dev.pleat.deploy;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.topology.CommandTopology;
import dev.pleat.topology.OutputTopics;

/**
 * Another generation of a domain's log: all its commands decided again beside the live one.
 *
 * @param number from 2; the live log is the first
 */
record LogGeneration(DomainSchema<?, ?> schema, int number) {

  static final int FIRST = 2;

  /** The Kafka Streams application that decides them. */
  String applicationId() {
    return CommandTopology.applicationId(schema, number);
  }

  OutputTopics topics() {
    return OutputTopics.ofGeneration(schema, number);
  }
}

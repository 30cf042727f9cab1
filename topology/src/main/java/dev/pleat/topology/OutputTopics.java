package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import java.util.List;

/**
 * Where the write side of a domain records what became of its commands: the live topics, or those
 * of another generation of the log, which nobody else reads.
 */
public record OutputTopics(String events, String outcomes, String deadLetters) {

  /** The live ones. */
  public static OutputTopics live(DomainSchema<?, ?> schema) {
    return new OutputTopics(
        schema.eventsTopic(), schema.outcomesTopic(), schema.deadLettersTopic());
  }

  /** Those of another generation of the log. */
  public static OutputTopics ofGeneration(DomainSchema<?, ?> schema, int generation) {
    return live(schema.onLog(generation));
  }

  /** All three, in this order. */
  public List<String> all() {
    return List.of(events, outcomes, deadLetters);
  }
}

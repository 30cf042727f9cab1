package dev.pleat.topology;

import java.time.Instant;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.streams.Topology;

/**
 * Folds the state of every aggregate anew from the events, into the stores of {@link
 * CommandTopology}: after the decider's state version has changed, or when the stores were lost.
 *
 * <p>It runs in the place of the command topology and under the same application id, and reads as
 * many partitions: so its tasks, directories and changelog topics are the same. Never both at once.
 */
public final class RefoldTopology {

  private RefoldTopology() {}

  /**
   * The topology of one refold.
   *
   * @param refolds its number: a command topology that was not told of so many does not decide on
   *     what it folds
   * @param memory how long a command id is remembered, as the command topology has it
   * @param rememberFrom commands whose events are older need not be remembered any more
   */
  public static Topology of(
      Domain<?, ?, ?> domain, int refolds, MemoryLimits memory, Instant rememberFrom) {
    return new Topology()
        .addSource(
            "events",
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer(),
            domain.schema().eventsTopic())
        .addProcessor(
            "refold", RefoldProcessor.supplier(domain, refolds, memory, rememberFrom), "events");
  }
}

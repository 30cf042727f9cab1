package dev.pleat.topology;

/**
 * What a command topology knows of the commands topic it reads.
 *
 * @param topicId the id Kafka gave the topic when it was created; a topic deleted and created again
 *     has another one, and its offsets mean other records
 * @param partitions how many partitions it has
 * @param acceptRecreated whether an operator said that the topic may have been created again
 */
public record InputLog(String topicId, int partitions, boolean acceptRecreated) {

  /** A log of one partition whose identity does not matter, as in a {@code TopologyTestDriver}. */
  public static InputLog single() {
    return new InputLog("", 1, false);
  }
}

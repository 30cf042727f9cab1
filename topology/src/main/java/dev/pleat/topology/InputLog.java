package dev.pleat.topology;

/**
 * What a command topology knows of the commands topic it reads, and of the state it decides on.
 *
 * @param topicId the id Kafka gave the topic when it was created; a topic deleted and created again
 *     has another one, and its offsets mean other records
 * @param partitions how many partitions it has
 * @param acceptRecreated whether an operator said that the topic may have been created again
 * @param refolds how often the state was folded anew from the events: state that a later refold has
 *     begun is not complete, and is not decided on
 */
public record InputLog(String topicId, int partitions, boolean acceptRecreated, int refolds) {

  /** A log whose state was never folded anew. */
  public InputLog(String topicId, int partitions, boolean acceptRecreated) {
    this(topicId, partitions, acceptRecreated, 0);
  }

  /** A log of one partition whose identity does not matter, as in a {@code TopologyTestDriver}. */
  public static InputLog single() {
    return new InputLog("", 1, false);
  }

  /** The same log, after so many refolds. */
  public InputLog afterRefolds(int count) {
    return new InputLog(topicId, partitions, acceptRecreated, count);
  }
}

package dev.pleat.schemas;

/**
 * The mark of a view's partition that stopped because an event could not be folded: rows from there
 * may be behind and are not served until somebody decides how to go on.
 *
 * @param partition the partition of the events topic
 * @param offset where the event lies that could not be folded
 * @param reason the machine's word for why, in kebab-case
 * @param detail a sentence for a person
 */
public record StoppedView(int partition, long offset, String reason, String detail) {

  /** Where and why, for a person. */
  public String on(String eventsTopic) {
    return "%s-%d offset %d (%s): %s".formatted(eventsTopic, partition, offset, reason, detail);
  }
}

package dev.pleat.schemas;

/** The names of the Kafka record headers Pleat reads and writes; values are UTF-8. */
public final class MessageHeaders {

  /** The trace a message belongs to (W3C Trace Context), carried from command to event. */
  public static final String TRACEPARENT = "traceparent";

  /**
   * Set on a command by whoever waits for its outcome, at most 64 bytes, and copied to the outcome:
   * it tells two deliveries of one command apart.
   */
  public static final String REQUEST_ID = "pleat-request-id";

  /** The longest {@link #REQUEST_ID} that is copied, in bytes. */
  public static final int MAX_REQUEST_ID_BYTES = 64;

  private MessageHeaders() {}
}

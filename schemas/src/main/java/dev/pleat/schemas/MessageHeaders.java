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

  /**
   * On a command that a policy sent: the id of the event that caused it. Carried to what comes of
   * the command, so that a chain of causes can be followed.
   */
  public static final String CAUSE = "pleat-cause";

  /**
   * On a command that a policy sent: how many policies lie between it and a command that nobody's
   * policy sent, as a decimal number. Carried to what comes of the command.
   */
  public static final String HOPS = "pleat-hops";

  /** The longest {@link #REQUEST_ID} that is copied, in bytes. */
  public static final int MAX_REQUEST_ID_BYTES = 64;

  private MessageHeaders() {}
}

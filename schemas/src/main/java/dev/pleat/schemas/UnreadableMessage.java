package dev.pleat.schemas;

/** Thrown when bytes are not the message they should be; the message says where and why. */
public final class UnreadableMessage extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What is wrong with the bytes, as a closed list. */
  public enum Reason {
    /** Not one JSON object in strict UTF-8: correct the bytes. */
    MALFORMED_JSON,
    /** A field of the envelope is missing or of the wrong type: correct that field. */
    INVALID_ENVELOPE,
    /** A command without an id: make one and keep it for retries. */
    NO_COMMAND_ID,
    /** A command whose id is not a UUID in its usual form: correct the id. */
    INVALID_COMMAND_ID
  }

  private final Reason reason;

  UnreadableMessage(Reason reason, String detail) {
    super(detail);
    this.reason = reason;
  }

  /** What is wrong with the bytes. */
  public Reason reason() {
    return reason;
  }

  /** Where and why, for a person; short, and without the bytes themselves. */
  public String detail() {
    return String.valueOf(getMessage());
  }
}

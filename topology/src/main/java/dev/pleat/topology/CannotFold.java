package dev.pleat.topology;

import org.jspecify.annotations.Nullable;

/** Thrown where a view or policy has to stop: an event that cannot be folded, and why. */
public final class CannotFold extends Exception {
  private static final long serialVersionUID = 1L;

  private final String reason;

  CannotFold(String reason, String detail, @Nullable Throwable cause) {
    super(detail, cause);
    this.reason = reason;
  }

  /** The machine's word for why, in kebab-case. */
  public String reason() {
    return reason;
  }

  /** A sentence for a person. */
  public String detail() {
    return String.valueOf(getMessage());
  }
}

package dev.pleat.deploy;

import java.io.Serial;

/**
 * A start refused for a reason the operator can mend: a taken port, a directory in use.
 *
 * <p>The message is one line and begins with the setting to change. The process prints that line,
 * without a stack trace, and ends with {@link #EXIT_CODE}.
 */
public final class StartRefused extends RuntimeException {

  /** {@code EX_CONFIG} of sysexits: restarting without changing something will not help. */
  public static final int EXIT_CODE = 78;

  @Serial private static final long serialVersionUID = 1L;

  /** Refuses for this reason. */
  public StartRefused(String message) {
    super(message);
  }
}

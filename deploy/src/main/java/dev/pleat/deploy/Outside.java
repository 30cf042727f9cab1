package dev.pleat.deploy;

import dev.pleat.topology.Effect;
import java.util.UUID;

/** Who makes the calls of effects to the outside world. Used by one thread at a time. */
interface Outside {

  /** What became of a call. */
  sealed interface Result {}

  /** It is done. */
  record Done() implements Result {}

  /** It will never be done: there is no use in trying again. */
  record Refused(String reason) implements Result {}

  /** It was not done this time. */
  record Postponed(String reason) implements Result {}

  /** Whoever does it cannot be reached, or does nothing for us: nothing is said of this call. */
  record Unreachable(String reason) implements Result {}

  /**
   * Makes a call, for some seconds at most. Ends soon when its thread, which may be a virtual one,
   * is interrupted.
   *
   * @param key the same whenever the call is repeated
   */
  Result call(Effect.Call call, UUID key);
}

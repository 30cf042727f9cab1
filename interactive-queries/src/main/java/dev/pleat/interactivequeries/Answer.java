package dev.pleat.interactivequeries;

/**
 * What a question about stored data is answered with. There is never an empty success when the
 * truth is "not now".
 *
 * @param <T> what was asked for
 */
public sealed interface Answer<T> {

  /** The code of data that is held elsewhere, is being restored, or cannot be read just now. */
  String NOT_NOW = "not-now";

  /** The code of a view that stopped at an event it cannot fold. */
  String VIEW_STOPPED = "view-stopped";

  /** The code of a replica that was never level with what it copies. */
  String REPLICA_NOT_COMPLETE = "replica-not-complete";

  /** The code of a question too many. */
  String OVERLOADED = "overloaded";

  /** The code of what the runtime that answers does not have at all. */
  String NOT_OFFERED = "not-offered";

  /** It is there. */
  record Found<T>(T value) implements Answer<T> {}

  /** It is known not to be there. */
  record NotFound<T>() implements Answer<T> {}

  /**
   * The data did not reach the version asked for in time.
   *
   * @param detail a sentence for a person
   */
  record NotYet<T>(String detail) implements Answer<T> {}

  /**
   * Nobody can say from here and now.
   *
   * @param code one of {@link #NOT_NOW}, {@link #VIEW_STOPPED}, {@link #REPLICA_NOT_COMPLETE},
   *     {@link #OVERLOADED}, {@link #NOT_OFFERED}
   * @param detail a sentence for a person
   */
  record Unavailable<T>(String code, String detail) implements Answer<T> {}
}

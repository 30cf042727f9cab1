package dev.pleat.interactivequeries;

import dev.pleat.schemas.Outcome;

/** What became of handing a command to the log, as far as is known when the wait is over. */
public sealed interface Submission {

  /** The code of a command that was not taken because too many wait already. */
  String OVERLOADED = "overloaded";

  /** The code of a command that cannot be taken just now. */
  String NOT_NOW = "not-now";

  /** The command has its outcome. */
  record Decided(Outcome outcome) implements Submission {}

  /** The log acknowledged the command; it will have an outcome. */
  record Pending() implements Submission {}

  /**
   * The log did not acknowledge in time: the command may be on it or not. Sending it again with the
   * same id is safe.
   *
   * @param detail a sentence for a person
   */
  record Unknown(String detail) implements Submission {}

  /**
   * Nothing was written.
   *
   * @param code {@link #OVERLOADED} or {@link #NOT_NOW}
   * @param detail a sentence for a person
   */
  record Refused(String code, String detail) implements Submission {}
}

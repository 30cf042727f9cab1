package dev.pleat.topology.journal;

/** What can have happened to a page. */
public sealed interface JournalEvent {

  /** A line was added. */
  record LineWritten(String page, String line) implements JournalEvent {}

  /** The page is gone. */
  record PageTornOut(String page) implements JournalEvent {}

  /** Its ink was weighed; of no interest to any view. */
  record InkWeighed(String page, double grams) implements JournalEvent {}

  /** So many characters more are remembered of it; of no interest to any view. */
  record PagePadded(String page, int size) implements JournalEvent {}

  /** Something that cannot be folded, which events must never be. */
  record PageBurnt(String page, boolean quietly) implements JournalEvent {}
}

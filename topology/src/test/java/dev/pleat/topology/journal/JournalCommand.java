package dev.pleat.topology.journal;

import java.util.List;

/** What can be asked of a journal. */
public sealed interface JournalCommand {

  /** Write lines on a page, all or none; the first ones begin the page. */
  record WriteLines(String page, List<String> lines) implements JournalCommand {}

  /** Tear the page out; nothing can be written on it afterwards. */
  record TearOut(String page) implements JournalCommand {}

  /** Do what rules must not do. */
  record Misbehave(String page, Misbehaviour how, int size) implements JournalCommand {}
}

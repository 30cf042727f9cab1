package dev.pleat.topology.journal;

import dev.pleat.schemas.CommandContext;
import dev.pleat.topology.Decider;
import dev.pleat.topology.Decision;
import dev.pleat.topology.Domain;
import dev.pleat.topology.journal.JournalEvent.LineWritten;
import dev.pleat.topology.journal.JournalEvent.PageBurnt;
import dev.pleat.topology.journal.JournalEvent.PageTornOut;
import java.util.ArrayList;
import java.util.List;

/**
 * The journal of a later release: it remembers the lines themselves and does not write one twice.
 */
public final class RevisedJournal
    implements Decider<RevisedJournal.Lines, JournalCommand, JournalEvent> {

  public static final Domain<Lines, JournalCommand, JournalEvent> REVISED_JOURNAL =
      Domain.of(Journal.SCHEMA)
          .decidedBy(new RevisedJournal(), Lines.class)
          .projectedTo("pages", PageRow.class, (row, event) -> row)
          .build();

  /** What is remembered of a page. */
  public record Lines(List<String> lines, boolean tornOut) {}

  @Override
  public Lines initialState() {
    return new Lines(List.of(), false);
  }

  @Override
  public Decision<JournalEvent> decide(Lines page, JournalCommand command, CommandContext context) {
    if (command instanceof JournalCommand.WriteLines write
        && page.lines().containsAll(write.lines())) {
      return Decision.unchanged();
    }
    return new Journal().decide(new Journal.Page(0, page.tornOut(), ""), command, context);
  }

  @Override
  public Lines evolve(Lines page, JournalEvent event) {
    return switch (event) {
      case LineWritten written -> {
        List<String> lines = new ArrayList<>(page.lines());
        lines.add(written.line());
        yield new Lines(lines, page.tornOut());
      }
      case PageTornOut torn -> new Lines(page.lines(), true);
      case PageBurnt burnt -> throw new IllegalStateException("on purpose");
      case JournalEvent.InkWeighed weighed -> page;
      case JournalEvent.PagePadded padded -> page;
    };
  }

  @Override
  public int stateVersion() {
    return 2;
  }
}

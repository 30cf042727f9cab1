package dev.pleat.topology.journal;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.topology.Decider;
import dev.pleat.topology.Decision;
import dev.pleat.topology.Domain;
import dev.pleat.topology.journal.JournalCommand.Misbehave;
import dev.pleat.topology.journal.JournalCommand.TearOut;
import dev.pleat.topology.journal.JournalCommand.WriteLines;
import dev.pleat.topology.journal.JournalEvent.InkWeighed;
import dev.pleat.topology.journal.JournalEvent.LineWritten;
import dev.pleat.topology.journal.JournalEvent.PageBurnt;
import dev.pleat.topology.journal.JournalEvent.PagePadded;
import dev.pleat.topology.journal.JournalEvent.PageTornOut;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** A domain made to try the engine: commands of many events, and rules that go wrong on request. */
public final class Journal implements Decider<Journal.Page, JournalCommand, JournalEvent> {

  public static final DomainSchema<JournalCommand, JournalEvent> SCHEMA =
      DomainSchema.of("journal", JournalCommand.class, JournalEvent.class)
          .identifiedBy("page", IdFormat.TEXT)
          .action(WriteLines.class, "page-torn-out")
          .action(TearOut.class, "page-torn-out")
          .action(Misbehave.class, "misbehaved")
          .view("pages", PageRow.class)
          .build();

  public static final Domain<Page, JournalCommand, JournalEvent> JOURNAL =
      Domain.of(SCHEMA)
          .decidedBy(new Journal(), Page.class)
          .projectedTo("pages", PageRow.class, Journal::project)
          .build();

  /** What is remembered of a page. */
  public record Page(long lines, boolean tornOut, String padding) {}

  @Override
  public Page initialState() {
    return new Page(0, false, "");
  }

  @Override
  public Decision<JournalEvent> decide(Page page, JournalCommand command, CommandContext context) {
    if (page.tornOut()) {
      return Decision.reject(
          command instanceof Misbehave ? "misbehaved" : "page-torn-out", "the page is torn out");
    }
    return switch (command) {
      case WriteLines write ->
          write.lines().isEmpty()
              ? Decision.unchanged()
              : Decision.accept(
                  write.lines().stream()
                      .<JournalEvent>map(line -> new LineWritten(write.page(), line))
                      .toList());
      case TearOut tear -> Decision.accept(new PageTornOut(tear.page()));
      case Misbehave bad -> misbehave(bad.page(), bad.how(), bad.size());
    };
  }

  private static Decision<JournalEvent> misbehave(String page, Misbehaviour how, int size) {
    return switch (how) {
      case THROW -> throw new IllegalStateException("on purpose");
      case THROW_A_CHECKED_EXCEPTION -> throw Journal.<RuntimeException>unchecked(new Exception());
      case FAIL_AN_ASSERTION -> throw new AssertionError("on purpose");
      case MISS_A_CLASS -> throw new NoClassDefFoundError("on purpose");
      case OVERFLOW_THE_STACK -> misbehave(page, how, size + 1);
      case ANSWER_NOTHING -> null;
      case ACCEPT_WITHOUT_EVENTS -> Decision.accept(List.of());
      case GIVE_AN_UNDECLARED_REASON -> Decision.reject("page-torn-out", "not of this action");
      case GIVE_NO_REASON -> Decision.reject(null, null);
      case GIVE_A_LONG_REASON ->
          Decision.reject("misbehaved", "x".repeat(size) + "😀".repeat(1_000));
      case WEIGH_NAN -> Decision.accept(new InkWeighed(page, Double.NaN));
      case WEIGH_LESS_THAN_NOTHING -> Decision.accept(new InkWeighed(page, -1));
      case WRITE_HALF_A_CHARACTER -> Decision.accept(new LineWritten(page, "\ud83d"));
      case BURN_THE_SECOND_LINE ->
          Decision.accept(List.of(new LineWritten(page, "good"), new PageBurnt(page, false)));
      case LOSE_THE_STATE -> Decision.accept(new PageBurnt(page, true));
      case WRITE_ON_ANOTHER_PAGE -> Decision.accept(new LineWritten(page + "-other", "x"));
      case WRITE_A_LONG_LINE -> Decision.accept(new LineWritten(page, "x".repeat(size)));
      case WRITE_MANY_LINES ->
          Decision.accept(Collections.nCopies(size, new LineWritten(page, "x")));
      case PAD_THE_STATE -> Decision.accept(new PagePadded(page, size));
    };
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> T unchecked(Throwable thrown) throws T {
    throw (T) thrown;
  }

  @Override
  public Page evolve(Page page, JournalEvent event) {
    return switch (event) {
      case LineWritten written -> new Page(page.lines() + 1, false, page.padding());
      case PageTornOut torn -> new Page(page.lines(), true, page.padding());
      case InkWeighed weighed -> page;
      case PagePadded padded -> new Page(page.lines(), false, "p".repeat(padded.size()));
      case PageBurnt burnt -> {
        if (burnt.quietly()) {
          yield null;
        }
        throw new IllegalStateException("on purpose");
      }
    };
  }

  @Override
  public int stateVersion() {
    return 1;
  }

  /** Fails on the line {@code blot}, runs away on {@code whirl}, overflows on {@code swell}. */
  private static Optional<PageRow> project(Optional<PageRow> row, JournalEvent event) {
    return switch (event) {
      case LineWritten written -> {
        String last =
            switch (written.line()) {
              case "blot" -> throw new IllegalStateException("on purpose");
              case "whirl" -> whirl();
              case "swell" -> "x".repeat(1_100_000);
              default -> written.line();
            };
        yield Optional.of(
            new PageRow(written.page(), row.map(PageRow::lines).orElse(0L) + 1, last));
      }
      case PageTornOut torn -> Optional.empty();
      case InkWeighed weighed -> row;
      case PagePadded padded -> row;
      case PageBurnt burnt -> row;
    };
  }

  private static String whirl() {
    return whirl() + whirl();
  }
}

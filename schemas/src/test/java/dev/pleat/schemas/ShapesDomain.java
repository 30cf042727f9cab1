package dev.pleat.schemas;

import dev.pleat.schemas.DomainSchema.IdFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A domain of records and JSON Schemas of many shapes, some of them only for the general way. */
final class ShapesDomain {

  enum Mood {
    GOOD,
    BAD,
    /** Not in the schema. */
    ODD
  }

  /** Not written by its name. */
  enum Season {
    SUMMER,
    WINTER;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  sealed interface Command {}

  sealed interface Event {}

  record DoEverything(
      String id,
      double share,
      double anyNumber,
      int count,
      long total,
      boolean on,
      Mood mood,
      String word,
      Optional<String> note)
      implements Command {}

  record EverythingDone(
      String id,
      double share,
      double anyNumber,
      int count,
      long total,
      boolean on,
      Mood mood,
      String word,
      Optional<String> note)
      implements Event {}

  record DoNothing(String id) implements Command {}

  record NothingDone(String id) implements Event {}

  /**
   * Refuses some values that its JSON Schema allows; this requires a component that is optional.
   */
  record BePicky(String id, int even, Optional<String> why) implements Command {
    BePicky {
      if (even > 100) {
        throw new AssertionError("too large");
      } else if (even % 2 != 0) {
        throw new IllegalArgumentException("odd");
      }
    }
  }

  /** Does not give all of its values. */
  record PickyBeen(String id, int even) implements Event {
    @Override
    public int even() {
      if (even % 2 != 0) {
        throw new IllegalStateException("odd");
      }
      return even / 2;
    }
  }

  // ---- only for the general way

  record ListLines(String id, List<String> lines) implements Command {}

  record LinesListed(String id, List<String> lines) implements Event {}

  /** Its schema has a keyword that is seldom used. */
  record BeConstant(String id, int count) implements Command {}

  record ConstantBeen(String id, int count) implements Event {}

  /** Its schema has texts for a number. */
  record DoImpossible(String id, int count) implements Command {}

  record ImpossibleDone(String id, int count) implements Event {}

  /** Its schema is of an older dialect. */
  record DoDated(String id, double count) implements Command {}

  record DatedDone(String id, double count) implements Event {}

  record ChangeSeason(String id, Season season) implements Command {}

  record SeasonChanged(String id, Season season) implements Event {}

  /** The JSON library takes a getter for a field. */
  record GetMore(String id) implements Command {
    public String getMore() {
      return "more";
    }
  }

  record MoreGot(String id) implements Event {
    public String getMore() {
      return "more";
    }
  }

  static final DomainSchema<Command, Event> SCHEMA =
      DomainSchema.of("shapes", Command.class, Event.class)
          .identifiedBy("id", IdFormat.TEXT)
          .action(DoEverything.class)
          .action(DoNothing.class)
          .action(BePicky.class)
          .action(ListLines.class)
          .action(BeConstant.class)
          .action(DoImpossible.class)
          .action(DoDated.class)
          .action(ChangeSeason.class)
          .action(GetMore.class)
          .build();

  private ShapesDomain() {}
}

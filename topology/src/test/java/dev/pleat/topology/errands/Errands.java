package dev.pleat.topology.errands;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.Beginning;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.PolicyContext;
import dev.pleat.topology.Decider;
import dev.pleat.topology.Decision;
import dev.pleat.topology.Domain;
import dev.pleat.topology.Policy;
import dev.pleat.topology.Reaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A domain made to try policies: what follows from an errand stands in its note. */
public final class Errands implements Decider<Errands.State, Errands.Command, Errands.Event> {

  public static final Duration REMINDED_AFTER = Duration.ofHours(1);

  /** What can be asked. */
  public sealed interface Command {
    /** Begins an errand, which may be begun many times. */
    record BeginErrand(String errand, String note) implements Command {}

    /** Ends it. */
    record FinishErrand(String errand) implements Command {}

    /** Says that it is not finished. */
    record Remind(String errand) implements Command {}
  }

  /** What can have happened. */
  public sealed interface Event {
    /** An errand was begun. */
    record ErrandBegun(String errand, String note) implements Event {}

    /** It ended. */
    record ErrandFinished(String errand) implements Event {}

    /** It was not finished in time. */
    record Reminded(String errand) implements Event {}
  }

  /** How often it was begun. */
  public record State(int begun) {}

  /** What the policy remembers: the notes. */
  public record Memory(List<String> notes) {}

  public static final String FOLLOWING = "following";

  public static final DomainSchema<Command, Event> SCHEMA =
      DomainSchema.of("errands", Command.class, Event.class)
          .identifiedBy("errand", IdFormat.TEXT)
          .action(Command.BeginErrand.class)
          .action(Command.FinishErrand.class)
          .action(Command.Remind.class)
          .policy(FOLLOWING, Beginning.FIRST_EVENT)
          .build();

  public static final Domain<State, Command, Event> ERRANDS =
      Domain.of(SCHEMA)
          .decidedBy(new Errands(), State.class)
          .reactsWith(FOLLOWING, Memory.class, new Following())
          .build();

  @Override
  public State initialState() {
    return new State(0);
  }

  @Override
  public Decision<Event> decide(State state, Command command, CommandContext context) {
    return switch (command) {
      case Command.BeginErrand begin ->
          begin.note().startsWith("twice ")
              ? Decision.accept(
                  List.of(
                      new Event.ErrandBegun(begin.errand(), begin.note().substring(6)),
                      new Event.ErrandBegun(begin.errand(), begin.note().substring(6))))
              : Decision.accept(new Event.ErrandBegun(begin.errand(), begin.note()));
      case Command.FinishErrand finish ->
          Decision.accept(new Event.ErrandFinished(finish.errand()));
      case Command.Remind remind -> Decision.accept(new Event.Reminded(remind.errand()));
    };
  }

  @Override
  public State evolve(State state, Event event) {
    return new State(state.begun() + 1);
  }

  @Override
  public int stateVersion() {
    return 1;
  }

  /** The policy. */
  public static final class Following implements Policy<Memory, Event> {
    @Override
    public Memory initialState() {
      return new Memory(List.of());
    }

    @Override
    public Reaction<Memory> react(Memory memory, Event event, PolicyContext context) {
      return switch (event) {
        case Event.ErrandBegun begun -> begun(memory, begun);
        case Event.ErrandFinished finished -> Reaction.of(initialState()).cancelDeadline("remind");
        case Event.Reminded reminded -> Reaction.of(memory);
      };
    }

    private static Reaction<Memory> begun(Memory memory, Event.ErrandBegun begun) {
      List<String> notes = new ArrayList<>(memory.notes());
      notes.add(begun.note());
      Reaction<Memory> reaction = Reaction.of(new Memory(notes));
      String[] words = begun.note().split(" ", 2);
      String rest = words.length == 1 ? "" : words[1];
      return switch (words[0]) {
        case "send" ->
            reaction.send(SCHEMA, new Command.BeginErrand(rest, "sent by " + begun.errand()));
        case "loop" -> reaction.send(SCHEMA, new Command.BeginErrand(begun.errand(), begun.note()));
        case "tell" -> reaction.send(SCHEMA, new Command.BeginErrand(rest, notes.toString()));
        case "remind" ->
            reaction.deadline(
                "remind",
                rest.isEmpty() ? REMINDED_AFTER : Duration.ofMillis(Long.parseLong(rest)),
                SCHEMA,
                new Command.Remind(begun.errand()));
        case "throw" -> throw new IllegalStateException("on purpose");
        case "misfit" -> reaction.send(SCHEMA, new Command.BeginErrand("", "x"));
        case "flood" -> {
          Reaction<Memory> all = reaction;
          for (int i = 0; i < 1_001; i++) {
            all = all.send(SCHEMA, new Command.Remind("a"));
          }
          yield all;
        }
        default -> reaction;
      };
    }
  }
}

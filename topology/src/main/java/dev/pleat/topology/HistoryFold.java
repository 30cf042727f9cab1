package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageCodec;
import dev.pleat.schemas.RowCodec;
import dev.pleat.schemas.UnreadableMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Folds the events of one aggregate into what was known of it at a version: the decider's state,
 * and the rows of the views that are keyed by its id. Whole commands only. Immutable; safe for use
 * by many threads.
 *
 * <p>A snapshot holds what came of all events up to it, so that a version in a long history costs
 * no more than the events since. One that was made by rules of another version is of no use, and
 * says nothing of what those rules would say: then everything is folded from the first event on.
 */
public final class HistoryFold<S, E> {

  /** What came of the events, with the versions of the rules that made it, as it is stored. */
  private record Snapshot(
      long version, int stateVersion, byte[] state, Map<String, SnapshotRow> rows) {}

  private record SnapshotRow(int viewVersion, byte[] row) {}

  /** What came of the events up to a version. Views without a row there are not among the rows. */
  private record Folded<S>(long version, S state, Map<String, byte[]> rows) {}

  /** Thrown when events cannot be folded: one is missing, or the rules throw. */
  public static final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private Broken(String detail, @Nullable Throwable cause) {
      super(detail, cause);
    }
  }

  private static final int CHUNK = 1_000;

  /** How a snapshot says that there was none. */
  private static final byte[] NO_ROW = {};

  private final Domain<S, ?, E> domain;
  private final MessageCodec<?, E> messages;
  private final Map<String, RowFold<?, E>> views = new LinkedHashMap<>();

  private HistoryFold(Domain<S, ?, E> domain) {
    this.domain = domain;
    this.messages = MessageCodec.of(domain.schema());
    domain.schema().views().stream()
        .filter(view -> view.derived().isEmpty())
        .forEach(view -> views.put(view.name(), rowFold(domain, view, domain.projection(view))));
  }

  private static <V extends Record, E> RowFold<V, E> rowFold(
      Domain<?, ?, E> domain, View view, Domain.BoundProjection<V, E> bound) {
    return new RowFold<>(
        view,
        RowCodec.of(domain.schema(), view, bound.row()),
        new CommandFold<>(domain.schema(), bound.projection()));
  }

  /** The fold of a domain's aggregates. */
  public static <S, E> HistoryFold<S, E> of(Domain<S, ?, E> domain) {
    return new HistoryFold<>(domain);
  }

  /** Folds a command into the bytes of a row. */
  private record RowFold<V extends Record, E>(View view, RowCodec<V> rows, CommandFold<V, E> fold) {

    Optional<byte[]> apply(Optional<byte[]> before, WholeCommand<E> command) {
      return fold.apply(before.map(rows::read), command)
          .map(after -> rows.write(after, command.version()));
    }
  }

  /** Where the events of one aggregate lie. */
  @FunctionalInterface
  public interface Events {
    /**
     * Those from one version to another, both included, in order; as many as the limit at most, and
     * at least those of one command if there are as many.
     */
    List<byte[]> between(long from, long to, int limit);
  }

  /**
   * The row of a view at a version, or at the last one before it at which a command was whole;
   * empty if there was none.
   *
   * @param nearest the last snapshot up to there, if there is one
   * @throws Broken if the events cannot be folded
   */
  public Optional<byte[]> row(View view, Optional<byte[]> nearest, long version, Events events) {
    return Optional.ofNullable(at(nearest, version, events).rows().get(view.name()));
  }

  /**
   * The decider's state.
   *
   * @param version of the last event in it
   * @param json a record of a sealed interface says its name as {@code type}
   */
  // Made for one answer and written there.
  @SuppressWarnings("ArrayRecordComponent")
  public record State(long version, byte[] json) {}

  /**
   * The state at a version, or at the last one before it at which a command was whole; empty if
   * there was none.
   *
   * @param nearest the last snapshot up to there, if there is one
   * @throws Broken if the events cannot be folded
   */
  public Optional<State> state(Optional<byte[]> nearest, long version, Events events) {
    Folded<S> folded = at(nearest, version, events);
    return folded.version() == 0
        ? Optional.empty()
        : Optional.of(new State(folded.version(), domain.stateJson(folded.state())));
  }

  /**
   * An event and what had come of all up to it.
   *
   * @param event as it lies on the log
   * @param state the decider's state after it, as JSON
   * @param rows the rows of the views that had one, by the names of the views: in the middle of a
   *     command those of the command before
   */
  // Made for one answer and written there.
  @SuppressWarnings("ArrayRecordComponent")
  public record Step(long version, byte[] event, byte[] state, Map<String, byte[]> rows) {}

  /**
   * Folds event by event, and shows each step.
   *
   * @param nearest the last snapshot before the first of them, if there is one
   * @param from the version of the first event that is shown, at least 1
   * @param to that of the last one; there are as many
   * @param more is given each step and says whether the next one is wanted
   * @throws Broken if the events cannot be folded; steps before may have been shown
   */
  public void replay(
      Optional<byte[]> nearest, long from, long to, Events events, Predicate<Step> more) {
    Folded<S> folded = at(nearest, from - 1, events);
    S state = folded.state();
    Map<String, byte[]> rows = folded.rows();
    long version = folded.version();
    List<WholeCommand.Event<E>> together = new ArrayList<>();
    while (version < to) {
      List<byte[]> next = events.between(version + 1, to, CHUNK);
      if (next.isEmpty()) {
        throw new Broken("version " + (version + 1) + " is missing", null);
      }
      for (byte[] bytes : next) {
        version++;
        WholeCommand.Event<E> event = following(bytes, version);
        state = evolve(state, event);
        together.add(event);
        if (version == event.through()) {
          rows = rows(rows, new WholeCommand<>(List.copyOf(together)));
          together.clear();
        }
        if (version >= from
            && !more.test(new Step(version, bytes, domain.stateJson(state), rows))) {
          return;
        }
      }
    }
  }

  /** The aggregate as the write side had it at a version, without the memory of its commands. */
  Aggregate aggregate(Optional<byte[]> nearest, long version, Events events) {
    Folded<S> folded = at(nearest, version, events);
    if (folded.version() == 0) {
      return Aggregate.absent();
    }
    byte[] newest = events.between(folded.version(), folded.version(), 1).getFirst();
    return new Aggregate(
        folded.version(),
        JsonCodec.readEvent(newest).timestamp().toEpochMilli(),
        Aggregate.Overflow.NONE,
        domain.decider().stateVersion(),
        domain.stateBytes(folded.state()),
        RecentCommands.NONE);
  }

  /**
   * A snapshot at a version, or at the last one before it at which a command was whole: from it
   * later ones can be folded.
   *
   * @param nearest the last snapshot up to there, if there is one
   * @throws Broken if the events cannot be folded
   */
  public byte[] snapshot(Optional<byte[]> nearest, long version, Events events) {
    Folded<S> folded = at(nearest, version, events);
    Map<String, SnapshotRow> rows = new LinkedHashMap<>();
    for (RowFold<?, E> fold : views.values()) {
      byte[] row = folded.rows().getOrDefault(fold.view().name(), NO_ROW);
      rows.put(fold.view().name(), new SnapshotRow(fold.view().version(), row));
    }
    return JsonCodec.writeValue(
        new Snapshot(
            folded.version(),
            domain.decider().stateVersion(),
            domain.stateBytes(folded.state()),
            rows));
  }

  private Folded<S> at(Optional<byte[]> nearest, long version, Events events) {
    Folded<S> folded =
        nearest
            .map(bytes -> JsonCodec.readValue(bytes, Snapshot.class))
            .filter(this::isOfToday)
            .map(this::folded)
            .orElseGet(() -> new Folded<>(0, domain.decider().initialState(), Map.of()));
    int chunk = CHUNK;
    while (folded.version() < version) {
      List<byte[]> next = events.between(folded.version() + 1, version, chunk);
      List<WholeCommand<E>> commands = commands(folded.version(), next);
      if (!commands.isEmpty()) {
        folded = after(folded, commands);
      } else if (next.size() == chunk) {
        // A command of more events than were looked at.
        chunk *= 2;
      } else {
        return folded;
      }
    }
    return folded;
  }

  /** Whether all of a snapshot was made by the rules of today. */
  private boolean isOfToday(Snapshot made) {
    return made.stateVersion() == domain.decider().stateVersion()
        && views.values().stream().allMatch(fold -> isOfToday(made, fold.view()));
  }

  private static boolean isOfToday(Snapshot made, View view) {
    SnapshotRow row = made.rows().get(view.name());
    return row != null && row.viewVersion() == view.version();
  }

  private Folded<S> folded(Snapshot made) {
    Map<String, byte[]> rows = new HashMap<>();
    made.rows()
        .forEach(
            (view, row) -> {
              if (row.row().length > 0) {
                rows.put(view, row.row());
              }
            });
    return new Folded<>(made.version(), domain.state(made.state()), rows);
  }

  private Folded<S> after(Folded<S> before, List<WholeCommand<E>> commands) {
    S state = before.state();
    Map<String, byte[]> rows = before.rows();
    for (WholeCommand<E> command : commands) {
      for (WholeCommand.Event<E> event : command.events()) {
        state = evolve(state, event);
      }
      rows = rows(rows, command);
    }
    return new Folded<>(commands.getLast().version(), state, rows);
  }

  private Map<String, byte[]> rows(Map<String, byte[]> before, WholeCommand<E> command) {
    Map<String, byte[]> rows = new HashMap<>();
    for (RowFold<?, E> fold : views.values()) {
      String view = fold.view().name();
      row(fold, Optional.ofNullable(before.get(view)), command)
          .ifPresent(row -> rows.put(view, row));
    }
    return rows;
  }

  private static <E> Optional<byte[]> row(
      RowFold<?, E> fold, Optional<byte[]> before, WholeCommand<E> command) {
    try {
      return fold.apply(before, command);
    } catch (EventGuard.ProjectionFailed e) {
      throw new Broken(
          "the projection of %s fails at version %d"
              .formatted(fold.view().name(), command.version()),
          e);
    }
  }

  private S evolve(S state, WholeCommand.Event<E> event) {
    try {
      return domain
          .decider()
          .evolve(
              state,
              event
                  .record(domain.schema())
                  .orElseThrow(() -> new IllegalStateException("this release does not know it")));
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      throw new Broken("evolve fails at version " + event.version(), e);
    }
  }

  /** The commands these events belong to, after this version. */
  private List<WholeCommand<E>> commands(long after, List<byte[]> events) {
    List<WholeCommand<E>> commands = new ArrayList<>();
    List<WholeCommand.Event<E>> together = new ArrayList<>();
    long next = after + 1;
    for (byte[] bytes : events) {
      WholeCommand.Event<E> event = following(bytes, next);
      next++;
      together.add(event);
      if (event.version() == event.through()) {
        commands.add(new WholeCommand<>(List.copyOf(together)));
        together.clear();
      }
    }
    return commands;
  }

  /** The event that must be of this version. */
  private WholeCommand.Event<E> following(byte[] bytes, long version) {
    WholeCommand.Event<E> event;
    try {
      event = WholeCommand.Event.read(messages, bytes);
    } catch (UnreadableMessage e) {
      throw new Broken("version " + version + " cannot be read: " + e.detail(), e);
    }
    if (event.version() != version) {
      throw new Broken(
          "version " + event.version() + " lies where " + version + " should follow", null);
    }
    return event;
  }
}

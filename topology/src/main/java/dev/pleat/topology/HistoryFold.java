package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageCodec;
import dev.pleat.schemas.RowCodec;
import dev.pleat.schemas.UnreadableMessage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  /** What came of the events, with the versions of the rules that made it. */
  private record Snapshot(
      long version, int stateVersion, byte[] state, Map<String, SnapshotRow> rows) {}

  /** A row, empty if there was none at that version. */
  private record SnapshotRow(int viewVersion, byte[] row) {}

  /** Thrown when events cannot be folded: one is missing, or the rules throw. */
  public static final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private Broken(String detail, @Nullable Throwable cause) {
      super(detail, cause);
    }
  }

  private static final int CHUNK = 1_000;

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

  /** Folds a command into the bytes of a row; empty ones are none. */
  private record RowFold<V extends Record, E>(View view, RowCodec<V> rows, CommandFold<V, E> fold) {

    byte[] apply(byte[] before, WholeCommand<E> command) {
      Optional<V> row = before.length == 0 ? Optional.empty() : Optional.of(rows.read(before));
      return fold.apply(row, command)
          .map(after -> rows.write(after, command.version()))
          .orElseGet(() -> new byte[0]);
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
   * What was known at a version, or at the last one before it at which a command was whole.
   *
   * @param nearest the last snapshot up to there, if there is one
   * @throws Broken if the events cannot be folded
   */
  public byte[] at(Optional<byte[]> nearest, long version, Events events) {
    byte[] made =
        nearest.filter(this::isOfToday).orElseGet(() -> snapshot(Optional.empty(), List.of()));
    int chunk = CHUNK;
    for (long from = version(made) + 1; from <= version; from = version(made) + 1) {
      List<byte[]> next = events.between(from, version, chunk);
      byte[] after = snapshot(Optional.of(made), next);
      if (version(after) >= from) {
        made = after;
      } else if (next.size() == chunk) {
        // A command of more events than were looked at.
        chunk *= 2;
      } else {
        return made;
      }
    }
    return made;
  }

  /** The version of a snapshot. */
  public static long version(byte[] snapshot) {
    return read(snapshot).version();
  }

  private static Snapshot read(byte[] snapshot) {
    return JsonCodec.readValue(snapshot, Snapshot.class);
  }

  /** Whether all of a snapshot was made by the rules of today. */
  private boolean isOfToday(byte[] snapshot) {
    Snapshot made = read(snapshot);
    return made.stateVersion() == domain.decider().stateVersion()
        && views.values().stream().allMatch(fold -> isOfToday(made, fold.view()));
  }

  private static boolean isOfToday(Snapshot made, View view) {
    SnapshotRow row = made.rows().get(view.name());
    return row != null && row.viewVersion() == view.version();
  }

  /**
   * What came of these events.
   *
   * @param before the snapshot they follow, made by the rules of today; empty if they begin with
   *     the first
   * @param events as they lie on the log, without a gap; those of a command that is not whole are
   *     left out
   * @throws Broken if they cannot be folded
   */
  private byte[] snapshot(Optional<byte[]> before, List<byte[]> events) {
    Optional<Snapshot> from = before.map(HistoryFold::read);
    S state = from.isPresent() ? domain.state(from.get().state()) : domain.decider().initialState();
    Map<String, byte[]> rows = new LinkedHashMap<>();
    for (String view : views.keySet()) {
      rows.put(
          view,
          from.flatMap(it -> Optional.ofNullable(it.rows().get(view)))
              .map(SnapshotRow::row)
              .orElseGet(() -> new byte[0]));
    }
    long version = from.map(Snapshot::version).orElse(0L);
    for (WholeCommand<E> command : commands(version, events)) {
      state = evolve(state, command);
      for (RowFold<?, E> fold : views.values()) {
        rows.put(fold.view().name(), row(fold, rows, command));
      }
      version = command.version();
    }
    Map<String, SnapshotRow> made = new LinkedHashMap<>();
    rows.forEach(
        (view, row) -> {
          RowFold<?, E> fold = views.get(view);
          if (fold != null) {
            made.put(view, new SnapshotRow(fold.view().version(), row));
          }
        });
    return JsonCodec.writeValue(
        new Snapshot(version, domain.decider().stateVersion(), domain.stateBytes(state), made));
  }

  private static <E> byte[] row(
      RowFold<?, E> fold, Map<String, byte[]> rows, WholeCommand<E> command) {
    try {
      return fold.apply(rows.getOrDefault(fold.view().name(), new byte[0]), command);
    } catch (EventGuard.ProjectionFailed e) {
      throw new Broken(
          "the projection of %s fails at version %d"
              .formatted(fold.view().name(), command.version()),
          e);
    }
  }

  private S evolve(S state, WholeCommand<E> command) {
    S after = state;
    for (WholeCommand.Event<E> event : command.events()) {
      try {
        after = domain.decider().evolve(after, event(event));
      } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
        throw new Broken("evolve fails at version " + event.version(), e);
      }
    }
    return after;
  }

  private E event(WholeCommand.Event<E> event) {
    return switch (event) {
      case WholeCommand.Ready<E> ready -> ready.event().event();
      case WholeCommand.General<E> general -> {
        String action = general.event().action();
        yield JsonCodec.toRecord(
            general.event().data(),
            domain
                .schema()
                .event(action)
                .orElseThrow(() -> new Broken("this release knows no event " + action, null)));
      }
    };
  }

  /** The commands these events belong to, after this version. */
  private List<WholeCommand<E>> commands(long after, List<byte[]> events) {
    List<WholeCommand<E>> commands = new ArrayList<>();
    List<WholeCommand.Event<E>> together = new ArrayList<>();
    long next = after + 1;
    for (byte[] bytes : events) {
      WholeCommand.Event<E> event = read(bytes, next);
      if (event.version() != next) {
        throw new Broken(
            "version " + event.version() + " lies where " + next + " should follow", null);
      }
      next++;
      together.add(event);
      if (event.version() == event.through()) {
        commands.add(new WholeCommand<>(List.copyOf(together)));
        together.clear();
      }
    }
    return commands;
  }

  private WholeCommand.Event<E> read(byte[] bytes, long version) {
    Optional<MessageCodec.ReadEvent<E>> ready = messages.readEvent(bytes);
    if (ready.isPresent()) {
      return new WholeCommand.Ready<>(ready.get());
    }
    try {
      return new WholeCommand.General<>(messages.readAnyEvent(bytes));
    } catch (UnreadableMessage e) {
      throw new Broken("version " + version + " cannot be read: " + e.detail(), e);
    }
  }

  /** The row of a view in a snapshot; empty if there was none. */
  public static Optional<byte[]> row(byte[] snapshot, View view) {
    return Optional.ofNullable(read(snapshot).rows().get(view.name()))
        .map(SnapshotRow::row)
        .filter(row -> row.length > 0);
  }
}

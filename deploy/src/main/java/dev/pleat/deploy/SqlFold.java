package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.deploy.SqlGenerations.Position;
import dev.pleat.interactivequeries.ViewTables;
import dev.pleat.schemas.StoppedView;
import dev.pleat.topology.CannotFold;
import dev.pleat.topology.GuardedFold;
import dev.pleat.topology.GuardedFold.Kept;
import dev.pleat.topology.ViewIndex;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Folds events into the tables of one generation of a view: rows, versions seen, what is held back,
 * index entries and the offset in one transaction. Immutable.
 *
 * <p>Where a generation is in a partition is a row that is locked first, and held against where the
 * events were read: whoever read them from somewhere else, because another process has folded them,
 * changes nothing. So no event is folded twice, whoever believes that it is the only one.
 */
record SqlFold(SqlGenerations generations, int generation, GuardedFold fold, ViewIndex index) {

  private static final Logger LOG = LoggerFactory.getLogger(SqlFold.class);

  /** How a view goes on without the event at which it stopped. */
  static final String SKIP = "skip";

  /** How a view goes on with the event at which it stopped. */
  static final String CONTINUE = "continue";

  /** An event as it lies on the log. */
  // An array, not a copy of one: it is handed through.
  @SuppressWarnings("ArrayRecordComponent")
  record Event(long offset, @Nullable String key, byte @Nullable [] value) {}

  /**
   * What was read of a partition.
   *
   * @param from where reading began
   * @param to where it goes on
   */
  record Stretch(int partition, long from, List<Event> events, long to) {}

  /** Thrown when a generation is not where it was when the events were read. */
  static final class Fenced extends Exception {
    private static final long serialVersionUID = 1L;

    Fenced(String message) {
      super(message);
    }
  }

  /** What is kept of the aggregates of one transaction. */
  private record Kepts(Map<String, Kept> before, Map<String, Kept> after) {}

  /**
   * Folds what was read, and commits that.
   *
   * @return where the generation is now, by partition
   * @throws Fenced if another process has folded meanwhile; nothing was changed
   * @throws SQLException if that is not known
   */
  Map<Integer, Position> fold(Connection connection, List<Stretch> stretches)
      throws SQLException, Fenced {
    try {
      Map<Integer, Position> at = generations.locked(connection, generation);
      for (Stretch stretch : stretches) {
        Position position = at.get(stretch.partition());
        if (position == null || position.next() != stretch.from()) {
          throw new Fenced(
              "partition "
                  + stretch.partition()
                  + " was read from "
                  + stretch.from()
                  + " and is folded up to "
                  + (position == null ? "nowhere" : position.next()));
        }
      }
      Map<String, Kept> before = kept(connection, stretches);
      Kepts kepts = new Kepts(before, new LinkedHashMap<>(before));
      for (Stretch stretch : stretches) {
        Position was = Objects.requireNonNull(at.get(stretch.partition()));
        Position is = fold(stretch, was, kepts);
        if (!is.equals(was)) {
          generations.move(connection, generation, stretch.partition(), is);
          at.put(stretch.partition(), is);
        }
      }
      write(connection, kepts);
      connection.commit();
      return at;
    } catch (SQLException | Fenced | RuntimeException e) {
      connection.rollback();
      throw e;
    }
  }

  private Position fold(Stretch stretch, Position was, Kepts kepts) {
    if (was.stopped().isPresent() && was.resume().isEmpty()) {
      return was;
    }
    boolean skip = was.resume().filter(SKIP::equals).isPresent();
    was.resume()
        .ifPresent(
            how -> LOG.warn("{} goes on at {}: {}", name(), was.stopped().orElseThrow(), how));
    for (Event event : stretch.events()) {
      String key = String.valueOf(event.key());
      Kept kept = kepts.after().getOrDefault(key, Kept.NOTHING);
      try {
        kepts
            .after()
            .put(
                key,
                skip
                    ? fold.skip(event.key(), event.value(), kept)
                    : fold.fold(event.key(), event.value(), kept));
      } catch (CannotFold e) {
        LOG.error(
            "{} stopped at {}-{} offset {}: {}: {}",
            name(),
            generations.schema().eventsTopic(),
            stretch.partition(),
            event.offset(),
            e.reason(),
            e.detail(),
            e.getCause());
        return new Position(
            event.offset(),
            Optional.of(
                new StoppedView(stretch.partition(), event.offset(), e.reason(), e.detail())),
            Optional.empty());
      }
      // Only the event at which it stopped, which is the first one.
      skip = false;
    }
    boolean goesOn = was.stopped().isPresent() && !stretch.events().isEmpty();
    return goesOn || was.stopped().isEmpty()
        ? new Position(stretch.to(), Optional.empty(), Optional.empty())
        : was;
  }

  private String name() {
    return "the view " + generations.schema().name() + "/" + generations.view().name();
  }

  // ---- reading what is kept

  private Map<String, Kept> kept(Connection connection, List<Stretch> stretches)
      throws SQLException {
    Set<String> keys = new LinkedHashSet<>();
    for (Stretch stretch : stretches) {
      for (Event event : stretch.events()) {
        // What cannot be a text of the database is no aggregate's id either.
        if (event.key() != null && event.key().indexOf('\0') < 0) {
          keys.add(event.key());
        }
      }
    }
    Map<String, Kept> kept = new LinkedHashMap<>();
    if (keys.isEmpty()) {
      return kept;
    }
    String sql =
        "select key, version, row, held from "
            + tables().rows()
            + " where generation = ? and key = any (?)";
    Array asked = connection.createArrayOf("text", keys.toArray());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setInt(1, generation);
      statement.setArray(2, asked);
      try (ResultSet found = statement.executeQuery()) {
        while (found.next()) {
          kept.put(
              found.getString(1),
              new Kept(
                  found.getLong(2),
                  Optional.ofNullable(found.getString(3)).map(json -> json.getBytes(UTF_8)),
                  Optional.ofNullable(found.getBytes(4))));
        }
      }
    } finally {
      asked.free();
    }
    return kept;
  }

  private ViewTables tables() {
    return ViewTables.of(generations.schema(), generations.view());
  }

  // ---- writing what has changed

  private void write(Connection connection, Kepts kepts) throws SQLException {
    Map<String, Kept> changed = new LinkedHashMap<>();
    kepts
        .after()
        .forEach(
            (key, kept) -> {
              if (kept != kepts.before().getOrDefault(key, Kept.NOTHING)) {
                changed.put(key, kept);
              }
            });
    if (changed.isEmpty()) {
      return;
    }
    String sql =
        """
        insert into %s (generation, key, version, row, held) values (?, ?, ?, ?::json, ?)
        on conflict (generation, key) do update
        set version = excluded.version, row = excluded.row, held = excluded.held
        """
            .formatted(tables().rows());
    try (PreparedStatement writing = connection.prepareStatement(sql)) {
      for (Map.Entry<String, Kept> each : changed.entrySet()) {
        Kept kept = each.getValue();
        writing.setInt(1, generation);
        writing.setString(2, each.getKey());
        writing.setLong(3, kept.seen());
        writing.setString(4, kept.row().map(row -> new String(row, UTF_8)).orElse(null));
        writing.setBytes(5, kept.held().orElse(null));
        writing.addBatch();
      }
      writing.executeBatch();
    }
    if (!index.isEmpty()) {
      writeEntries(connection, changed, kepts.before());
    }
  }

  private void writeEntries(
      Connection connection, Map<String, Kept> changed, Map<String, Kept> before)
      throws SQLException {
    try (PreparedStatement deleting =
            connection.prepareStatement(
                "delete from " + tables().found() + " where generation = ? and entry = ?");
        PreparedStatement adding =
            connection.prepareStatement(
                "insert into " + tables().found() + " (generation, entry, key) values (?, ?, ?)")) {
      for (Map.Entry<String, Kept> each : changed.entrySet()) {
        String key = each.getKey();
        Set<Bytes> old = entries(key, before.getOrDefault(key, Kept.NOTHING));
        Set<Bytes> now = entries(key, each.getValue());
        for (Bytes entry : old) {
          if (!now.contains(entry)) {
            deleting.setInt(1, generation);
            deleting.setBytes(2, entry.get());
            deleting.addBatch();
          }
        }
        for (Bytes entry : now) {
          if (!old.contains(entry)) {
            adding.setInt(1, generation);
            adding.setBytes(2, entry.get());
            adding.setString(3, key);
            adding.addBatch();
          }
        }
      }
      deleting.executeBatch();
      adding.executeBatch();
    }
  }

  private Set<Bytes> entries(String key, Kept kept) {
    return kept.row().map(row -> Set.copyOf(index.entries(key, row))).orElse(Set.of());
  }
}

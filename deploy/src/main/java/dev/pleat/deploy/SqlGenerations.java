package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.deploy.Generation.State;
import dev.pleat.interactivequeries.ViewTables;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.StoppedView;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The generations of a view in a database, and up to where each is folded. Says nothing of
 * transactions: who calls ends them. Immutable; the connections are used by one thread each.
 *
 * @param logId the id of the events topic that the generations of this release are made from
 */
record SqlGenerations(DomainSchema<?, ?> schema, View view, String logId) {

  /**
   * One making of the view from the events.
   *
   * @param log the id of the events topic it is made from
   * @param eventsPerSecond the most events read a second while it is built beside another; 0 for as
   *     many as it can
   */
  record Made(int number, int version, String log, State state, int eventsPerSecond) {}

  /**
   * Where a generation is in a partition of the events.
   *
   * @param next the offset that is folded next
   * @param stopped why it is not folded
   * @param resume how it goes on, once somebody has said so
   */
  record Position(long next, Optional<StoppedView> stopped, Optional<String> resume) {}

  private interface Read<T> {
    T read(ResultSet found) throws SQLException;
  }

  private PreparedStatement prepared(Connection connection, String sql, Object... more)
      throws SQLException {
    PreparedStatement statement =
        connection.prepareStatement(
            sql.formatted(ViewTables.GENERATIONS, ViewTables.POSITIONS)
                .replace(":view", "domain = ? and view = ?"));
    statement.setString(1, schema.name());
    statement.setString(2, view.name());
    for (int i = 0; i < more.length; i++) {
      statement.setObject(i + 3, more[i]);
    }
    return statement;
  }

  private <T> T ask(Connection connection, Read<T> read, String sql, Object... more)
      throws SQLException {
    try (PreparedStatement asked = prepared(connection, sql, more);
        ResultSet found = asked.executeQuery()) {
      return read.read(found);
    }
  }

  private int change(Connection connection, String sql, Object... more) throws SQLException {
    try (PreparedStatement changing = prepared(connection, sql, more)) {
      return changing.executeUpdate();
    }
  }

  /** All there ever were, oldest first. */
  List<Made> all(Connection connection) throws SQLException {
    return ask(
        connection,
        found -> {
          List<Made> all = new ArrayList<>();
          while (found.next()) {
            all.add(
                new Made(
                    found.getInt(1),
                    found.getInt(2),
                    found.getString(3),
                    State.valueOf(found.getString(4).toUpperCase(Locale.ROOT)),
                    found.getInt(5)));
          }
          return all;
        },
        """
        select generation, version, log, state, events_per_second from %1$s
        where :view order by generation
        """);
  }

  /** Of the version that this release declares and the log that serves. */
  boolean isOwn(Made made) {
    return made.version() == view.version()
        && made.log().equals(logId)
        && made.state() != State.DROPPED;
  }

  /** Whether nobody needs another one any more when this one serves. */
  static boolean replaces(Made serving, Made other) {
    return other.version() < serving.version()
        || (other.version() == serving.version() && other.number() < serving.number());
  }

  /**
   * Begins one from the first event, unless another process has just begun one.
   *
   * @return its number, which is the other process's then
   */
  int begin(Connection connection, int partitions, int eventsPerSecond) throws SQLException {
    int last = all(connection).stream().mapToInt(Made::number).max().orElse(0);
    int number = last + 1;
    int begun =
        change(
            connection,
            """
            insert into %1$s (domain, view, generation, version, log, state, events_per_second)
            values (?, ?, ?, ?, ?, 'building', ?) on conflict do nothing
            """,
            number,
            view.version(),
            logId,
            eventsPerSecond);
    for (int partition = 0; begun > 0 && partition < partitions; partition++) {
      change(
          connection,
          """
          insert into %2$s (domain, view, generation, partition, next_offset)
          values (?, ?, ?, ?, 0)
          """,
          number,
          partition);
    }
    return number;
  }

  void set(Connection connection, int generation, State state) throws SQLException {
    change(
        connection,
        """
        with changed as (select ? as domain, ? as view, ?::integer as generation, ? as state)
        update %1$s g set state = c.state from changed c
        where g.domain = c.domain and g.view = c.view and g.generation = c.generation
        """,
        generation,
        state.name().toLowerCase(Locale.ROOT));
  }

  /** Where it is, by partition; empty if it was deleted. */
  Map<Integer, Position> positions(Connection connection, int generation) throws SQLException {
    return positions(connection, generation, "");
  }

  /**
   * The same; nobody else changes them, or a row of the generation, before the transaction ends.
   */
  Map<Integer, Position> locked(Connection connection, int generation) throws SQLException {
    return positions(connection, generation, " for update");
  }

  private Map<Integer, Position> positions(Connection connection, int generation, String locking)
      throws SQLException {
    return ask(
        connection,
        found -> {
          Map<Integer, Position> positions = new TreeMap<>();
          while (found.next()) {
            positions.put(
                found.getInt(1),
                new Position(
                    found.getLong(2),
                    Optional.ofNullable(found.getString(3)).map(SqlGenerations::mark),
                    Optional.ofNullable(found.getString(4))));
          }
          return positions;
        },
        """
        select partition, next_offset, stopped, resume from %2$s
        where :view and generation = ? order by partition"""
            + locking,
        generation);
  }

  private static StoppedView mark(String json) {
    return JsonCodec.readValue(json.getBytes(UTF_8), StoppedView.class);
  }

  /** Writes where it is in a partition that is {@link #locked}. */
  void move(Connection connection, int generation, int partition, Position to) throws SQLException {
    try (PreparedStatement moving =
        connection.prepareStatement(
            """
            update %s set next_offset = ?, stopped = ?, resume = null
            where domain = ? and view = ? and generation = ? and partition = ?
            """
                .formatted(ViewTables.POSITIONS))) {
      moving.setLong(1, to.next());
      moving.setString(
          2, to.stopped().map(mark -> new String(JsonCodec.writeValue(mark), UTF_8)).orElse(null));
      moving.setString(3, schema.name());
      moving.setString(4, view.name());
      moving.setInt(5, generation);
      moving.setInt(6, partition);
      moving.executeUpdate();
    }
  }

  /** Says how a generation goes on wherever it has stopped; the marks at which it will. */
  List<StoppedView> resume(Connection connection, int generation, String how) throws SQLException {
    return ask(
        connection,
        found -> {
          List<StoppedView> marks = new ArrayList<>();
          while (found.next()) {
            marks.add(mark(found.getString(1)));
          }
          return marks;
        },
        """
        with asked as (select ? as domain, ? as view, ?::integer as generation, ? as how)
        update %2$s p set resume = a.how from asked a
        where p.domain = a.domain and p.view = a.view and p.generation = a.generation
          and p.stopped is not null
        returning p.stopped
        """,
        generation,
        how);
  }

  /** What nobody else holds who folds this generation. */
  String lock(int generation) {
    return "pleat/" + schema.name() + "/" + view.name() + "/g" + generation;
  }

  /**
   * Deletes some of what a generation has, if nobody folds it.
   *
   * @return whether nothing is left
   */
  boolean delete(Connection connection, int generation, int rows) throws SQLException {
    if (positions(connection, generation).isEmpty()) {
      return true;
    }
    try (PreparedStatement locking =
        connection.prepareStatement("select pg_try_advisory_xact_lock(hashtextextended(?, 0))")) {
      locking.setString(1, lock(generation));
      try (ResultSet locked = locking.executeQuery()) {
        if (!locked.next() || !locked.getBoolean(1)) {
          return false;
        }
      }
    }
    ViewTables tables = ViewTables.of(schema, view);
    int deleted = delete(connection, tables.rows(), generation, rows);
    if (!view.indexes().isEmpty()) {
      deleted += delete(connection, tables.found(), generation, rows);
    }
    if (deleted == 0) {
      change(connection, "delete from %2$s where :view and generation = ?", generation);
      set(connection, generation, State.DROPPED);
    }
    return deleted == 0;
  }

  private static int delete(Connection connection, String table, int generation, int rows)
      throws SQLException {
    String sql =
        "delete from %1$s where ctid = any (array (select ctid from %1$s where generation = ? limit ?))"
            .formatted(table);
    try (PreparedStatement deleting = connection.prepareStatement(sql)) {
      deleting.setInt(1, generation);
      deleting.setInt(2, rows);
      return deleting.executeUpdate();
    }
  }
}

package dev.pleat.deploy;

import dev.pleat.interactivequeries.ViewTables;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** The tables of views in a database: made where they are not there, and checked where they are. */
final class SqlTables {

  /** Of the tables as they are made here. Another number needs a way from this one. */
  private static final int FORMAT = 1;

  private static final String FORMATS = ViewTables.SCHEMA + ".format";

  private SqlTables() {}

  /**
   * Makes what is not there yet of what all views share. Several processes may do so at once.
   *
   * @throws StartRefused if the database cannot keep views, or another release made the tables
   */
  static void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      if (!text(statement, "show server_encoding").equals("UTF8")) {
        throw new StartRefused("--views-in: the database must have the encoding UTF8");
      }
      statement.execute("select pg_advisory_xact_lock(hashtext('pleat'))");
      if (text(statement, "select to_regclass('" + FORMATS + "') is null").equals("t")) {
        make(statement);
      }
      String format = text(statement, "select max(version) from " + FORMATS);
      if (!format.equals(Integer.toString(FORMAT))) {
        throw new StartRefused(
            "--views-in: the tables in the schema "
                + ViewTables.SCHEMA
                + " are of format "
                + format
                + ", and this release knows "
                + FORMAT
                + ": use another database, or drop the schema and let the views be made anew");
      }
    }
    connection.commit();
  }

  private static void make(Statement statement) throws SQLException {
    statement.execute("create schema if not exists " + ViewTables.SCHEMA);
    statement.execute("create table " + FORMATS + " (version integer not null)");
    statement.execute("insert into " + FORMATS + " values (" + FORMAT + ")");
    statement.execute(
        """
        create table %s (
          domain text, view text, generation integer, version integer not null, log text not null,
          state text not null, events_per_second integer not null,
          primary key (domain, view, generation))
        """
            .formatted(ViewTables.GENERATIONS));
    statement.execute(
        """
        create table %s (
          domain text, view text, generation integer, partition integer,
          next_offset bigint not null, stopped text, resume text,
          primary key (domain, view, generation, partition))
        """
            .formatted(ViewTables.POSITIONS));
  }

  /** Makes the tables of a view, if they are not there yet. */
  static void prepare(Connection connection, DomainSchema<?, ?> schema, View view)
      throws SQLException {
    ViewTables tables = ViewTables.of(schema, view);
    try (Statement statement = connection.createStatement()) {
      statement.execute("select pg_advisory_xact_lock(hashtext('pleat'))");
      // Keys in the order of their bytes, as everywhere; rows exactly as they are answered.
      statement.execute(
          """
          create table if not exists %s (
            generation integer, key text collate "C", version bigint not null, row json, held bytea,
            primary key (generation, key))
          """
              .formatted(tables.rows()));
      if (!view.indexes().isEmpty()) {
        statement.execute(
            """
            create table if not exists %s (
              generation integer, entry bytea, key text collate "C" not null,
              primary key (generation, entry))
            """
                .formatted(tables.found()));
      }
    }
    connection.commit();
  }

  private static String text(Statement statement, String sql) throws SQLException {
    try (ResultSet found = statement.executeQuery(sql)) {
      return found.next() ? String.valueOf(found.getString(1)) : "";
    }
  }
}

package dev.pleat.deploy;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A real PostgreSQL server on a free port, for tests that ask, stop and start it. */
final class PostgresServer implements AutoCloseable {

  private final Path directory;
  private final int port;
  private EmbeddedPostgres server;

  private PostgresServer(Path directory) {
    this.directory = directory;
    this.server = start(directory, 0);
    this.port = server.getPort();
  }

  /** Starts a new one, which keeps its data here. */
  static PostgresServer start(Path directory) {
    return new PostgresServer(directory);
  }

  private static EmbeddedPostgres start(Path directory, int port) {
    try {
      EmbeddedPostgres.Builder builder =
          EmbeddedPostgres.builder().setDataDirectory(directory).setCleanDataDirectory(false);
      return (port == 0 ? builder : builder.setPort(port)).start();
    } catch (IOException e) {
      throw new UncheckedIOException("PostgreSQL does not start", e);
    }
  }

  /** Stops it; {@link #startAgain} starts it with what it had. */
  void stop() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void startAgain() {
    server = start(directory, port);
  }

  String url(String database) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?user=postgres";
  }

  /** A database as Pleat is told of it. */
  ViewDatabase database(String name) {
    return ViewDatabase.of("--views-in", url(name), Optional.empty());
  }

  /** Makes an empty database. */
  ViewDatabase create(String name) {
    run("postgres", "create database " + name);
    return database(name);
  }

  void run(String database, String sql) {
    try (Connection connection = DriverManager.getConnection(url(database));
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /** The first column of what a query finds. */
  List<String> ask(String database, String sql) {
    List<String> answers = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection(url(database));
        Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(sql)) {
      while (found.next()) {
        answers.add(found.getString(1));
      }
      return answers;
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  @Override
  public void close() {
    stop();
  }
}

package dev.pleat.deploy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The PostgreSQL database of a process's views, and how it is reached. Immutable; it holds the
 * password, which it does not show.
 *
 * @param url without any secret
 * @param password empty where the database asks for none
 */
record ViewDatabase(String url, Optional<String> password) {

  /** Whoever waits longer for a database gets no answer from it in time either. */
  private static final Duration CONNECT = Duration.ofSeconds(3);

  private static final Duration ANSWER = Duration.ofSeconds(15);

  /** How long a question waits for a connection that is free. */
  private static final Duration BORROW = Duration.ofSeconds(1);

  private static final int READERS = 8;
  private static final int MAX_PASSWORD_BYTES = 1_024;

  /**
   * What the server bounds. A statement: a large page. A lock: the switch to another generation. A
   * transaction that stands still, or a connection of whoever folds: a process that hangs must not
   * hold up the others. The rest notices a machine that is gone.
   */
  private static final String BOUNDS =
      "-c statement_timeout=10s -c lock_timeout=10s -c idle_in_transaction_session_timeout=10s"
          + " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=2"
          + " -c tcp_user_timeout=20s";

  private static final String WHOEVER_FOLDS = " -c idle_session_timeout=30s";

  private static final Pattern URL =
      Pattern.compile(
          "jdbc:postgresql://(?:[A-Za-z0-9.-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}\\])(?::[0-9]{1,5})?"
              + "/[A-Za-z0-9_.-]{1,63}(?:\\?([A-Za-z0-9_.=&/~-]{1,1000}))?");

  /** What else may be said of a connection: nothing that changes what is answered. */
  private static final List<String> PARAMETERS = List.of("user", "sslmode", "sslrootcert");

  /**
   * The database at a URL.
   *
   * @throws StartRefused if it is none that can be used; the message never shows what was given
   */
  static ViewDatabase of(String flag, String url, Optional<String> password) {
    Matcher parts = URL.matcher(url);
    if (!parts.matches()) {
      throw new StartRefused(
          flag
              + ": must be like jdbc:postgresql://db.example.org:5432/shop?user=pleat; a password"
              + " does not belong in it");
    }
    for (String parameter : Optional.ofNullable(parts.group(1)).orElse("").split("&", -1)) {
      String name = parameter.split("=", 2)[0].toLowerCase(Locale.ROOT);
      if (!name.isEmpty() && !PARAMETERS.contains(name)) {
        throw new StartRefused(
            flag
                + ": takes the parameters "
                + String.join(", ", PARAMETERS)
                + " only; give the password by PLEAT_VIEWS_PASSWORD or --views-password-file");
      }
    }
    return new ViewDatabase(url, password);
  }

  /**
   * The password in a file, without the end of its line.
   *
   * @throws StartRefused if it cannot be read
   */
  static String password(String flag, Path file) {
    try {
      if (Files.size(file) > MAX_PASSWORD_BYTES) {
        throw new StartRefused(flag + " " + file + ": is larger than a password");
      }
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new StartRefused(flag + " " + file + ": cannot be read");
    }
  }

  private PGSimpleDataSource source(String bounds) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setURL(url);
    password.ifPresent(source::setPassword);
    source.setApplicationName("pleat");
    source.setConnectTimeout(Math.toIntExact(CONNECT.toSeconds()));
    source.setLoginTimeout(Math.toIntExact(CONNECT.toSeconds()));
    source.setSocketTimeout(Math.toIntExact(ANSWER.toSeconds()));
    source.setTcpKeepAlive(true);
    source.setOptions(bounds);
    return source;
  }

  /** A connection to write with, which begins transactions by itself. */
  Connection connect() throws SQLException {
    Connection connection = source(BOUNDS + WHOEVER_FOLDS).getConnection();
    connection.setAutoCommit(false);
    return connection;
  }

  /** Connections to read with. Connects when it is asked, not before. */
  HikariDataSource readers() {
    HikariConfig config = new HikariConfig();
    config.setPoolName("views");
    config.setDataSource(source(BOUNDS));
    config.setMaximumPoolSize(READERS);
    config.setMinimumIdle(1);
    config.setConnectionTimeout(BORROW.toMillis());
    config.setInitializationFailTimeout(-1);
    config.setAutoCommit(false);
    config.setReadOnly(true);
    config.setTransactionIsolation("TRANSACTION_REPEATABLE_READ");
    return new HikariDataSource(config);
  }

  @Override
  public String toString() {
    return url;
  }
}

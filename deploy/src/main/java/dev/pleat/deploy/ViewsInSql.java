package dev.pleat.deploy;

import com.zaxxer.hikari.HikariDataSource;
import dev.pleat.interactivequeries.Answer;
import dev.pleat.interactivequeries.Health;
import dev.pleat.interactivequeries.SqlViews;
import dev.pleat.interactivequeries.ViewOperations;
import dev.pleat.interactivequeries.ViewTables;
import dev.pleat.interactivequeries.Views;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.StoppedView;
import dev.pleat.topology.Domain;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All views of this process that are kept in a database, and the thread that looks after them. Safe
 * for use by many threads.
 */
final class ViewsInSql implements ViewOperations, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ViewsInSql.class);
  private static final Duration PAUSE = Duration.ofMillis(300);

  /** What will not go by itself: who asks is refused, or asks for a database that is not there. */
  private static final List<String> NOT_TO_BE_MENDED_BY_WAITING = List.of("28", "3D", "42");

  private final List<SqlServedView> views = new ArrayList<>();
  private final ViewDatabase database;
  private final HikariDataSource readers;
  private final Views rows;
  private final Semaphore news = new Semaphore(0);
  private final Thread follower =
      Thread.ofPlatform().name("views-in-sql").daemon(true).unstarted(this::follow);
  private volatile Optional<String> noDatabase = Optional.of("its database was not asked yet");
  private volatile boolean closing;

  /**
   * Begins to keep the views of these domains that are not derived.
   *
   * @param logId the id of the events topic of a domain
   * @param partitions how many partitions the topics of a domain have
   * @throws StartRefused if the database cannot keep them; one that does not answer is waited for
   */
  ViewsInSql(
      List<Domain<?, ?, ?>> domains,
      Function<String, String> logId,
      ToIntFunction<DomainSchema<?, ?>> partitions,
      SqlServedView.Surroundings surroundings) {
    this.database = surroundings.database();
    for (Domain<?, ?, ?> domain : domains) {
      DomainSchema<?, ?> schema = domain.schema();
      for (View view : schema.views()) {
        if (isKept(view)) {
          requireNames(schema, view);
          views.add(
              new SqlServedView(
                  domain,
                  view,
                  logId.apply(schema.name()),
                  partitions.applyAsInt(schema),
                  surroundings));
        }
      }
    }
    try (Connection connection = database.connect()) {
      SqlTables.prepare(connection);
    } catch (SQLException e) {
      String state = String.valueOf(e.getSQLState());
      if (NOT_TO_BE_MENDED_BY_WAITING.stream().anyMatch(state::startsWith)) {
        throw new StartRefused("--views-in " + database + ": " + said(e));
      }
      LOG.warn("{} does not answer yet: {}", database, said(e));
    }
    this.readers = database.readers();
    this.rows = new SqlViews(readers, logId, partitions);
    follower.start();
  }

  private static void requireNames(DomainSchema<?, ?> schema, View view) {
    try {
      ViewTables.of(schema, view);
    } catch (IllegalArgumentException e) {
      throw new StartRefused("--views-in: " + e.getMessage());
    }
  }

  /** Derived views are made in the Kafka Streams DSL, and stay there. */
  static boolean isKept(View view) {
    return view.derived().isEmpty();
  }

  /** Where the rows are read. */
  Views rows() {
    return rows;
  }

  private static String said(SQLException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("").strip();
  }

  private void follow() {
    while (!closing) {
      try (Connection connection = database.connect()) {
        SqlTables.prepare(connection);
        while (!closing) {
          for (SqlServedView view : views) {
            view.step(connection);
          }
          noDatabase = Optional.empty();
          rest();
        }
      } catch (SQLException e) {
        isHeldUp("its database does not answer: " + said(e));
        rest();
      } catch (StartRefused e) {
        isHeldUp(String.valueOf(e.getMessage()));
        rest();
      } catch (RuntimeException e) {
        LOG.warn("the views in a database are not looked after now", e);
        isHeldUp("it is not looked after: " + e);
        rest();
      }
    }
  }

  private void isHeldUp(String why) {
    if (!closing && !noDatabase.equals(Optional.of(why))) {
      LOG.warn("views are not kept now: {}", why);
    }
    noDatabase = Optional.of(why);
  }

  private void rest() {
    try {
      news.tryAcquire(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
      news.drainPermits();
    } catch (InterruptedException e) {
      LOG.debug("closed");
    }
  }

  /** Which views can be asked at all. */
  List<Health.Role> working() {
    return views.stream().map(view -> view.working(noDatabase)).toList();
  }

  /** Which views have stopped at an event. */
  List<Health.Role> stopped() {
    return views.stream().flatMap(view -> view.stopped().stream()).toList();
  }

  @Override
  public List<Report> reports() {
    return views.stream().flatMap(view -> view.reports(noDatabase).stream()).toList();
  }

  private interface Action<T> {
    T on(SqlServedView view, Connection connection) throws SQLException;
  }

  private <T> T on(DomainSchema<?, ?> schema, View view, Action<T> action) throws SQLException {
    SqlServedView kept =
        views.stream()
            .filter(served -> served.is(schema, view))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(schema + " has no view " + view.name() + " here"));
    try (Connection connection = database.connect()) {
      return action.on(kept, connection);
    } finally {
      news.release();
    }
  }

  private <T> Answer<T> answer(DomainSchema<?, ?> schema, View view, Action<Answer<T>> action) {
    try {
      return on(schema, view, action);
    } catch (SQLException e) {
      return new Answer.Unavailable<>(
          Answer.NOT_NOW, "the database of the view does not answer now");
    }
  }

  @Override
  public Answer<List<StoppedView>> resume(DomainSchema<?, ?> schema, View view, boolean skip) {
    return answer(
        schema, view, (kept, connection) -> new Answer.Found<>(kept.resume(connection, skip)));
  }

  @Override
  public Answer<Integer> rebuild(DomainSchema<?, ?> schema, View view, int eventsPerSecond) {
    return answer(schema, view, (kept, connection) -> kept.rebuild(connection, eventsPerSecond));
  }

  @Override
  public Answer<Integer> cancel(DomainSchema<?, ?> schema, View view) {
    return answer(schema, view, SqlServedView::cancel);
  }

  @Override
  public void close() {
    closing = true;
    follower.interrupt();
    try {
      follower.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    views.forEach(SqlServedView::close);
    readers.close();
  }
}

package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.interactivequeries.Answer.NotYet;
import dev.pleat.interactivequeries.Selection.ByKey;
import dev.pleat.interactivequeries.Selection.ByText;
import dev.pleat.interactivequeries.Selection.InOrder;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.IndexKey;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.StoppedView;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Views from tables of a database, which every instance can ask for every row. Of views that are
 * not derived. Safe for use by many threads.
 *
 * <p>Each question is one read-only transaction over one state of the database.
 */
public final class SqlViews implements Views {

  private static final Logger LOG = LoggerFactory.getLogger(SqlViews.class);

  /** So many rows are in memory beside those of the page, each of up to 1 MB. */
  private static final int FETCHED = 16;

  private final DataSource database;
  private final Function<String, String> logId;
  private final ToIntFunction<DomainSchema<?, ?>> partitions;
  private final Patience patience = new Patience();

  /**
   * Views in a database.
   *
   * @param database whose connections begin transactions by themselves, read-only and over one
   *     state of the database; they have time-outs, as their borrowing has
   * @param logId the id of the log of a domain
   * @param partitions how many partitions the topics of a domain have
   */
  public SqlViews(
      DataSource database,
      Function<String, String> logId,
      ToIntFunction<DomainSchema<?, ?>> partitions) {
    this.database = database;
    this.logId = logId;
    this.partitions = partitions;
  }

  @Override
  public Answer<Row> row(
      DomainSchema<?, ?> schema, View view, String key, List<ReadAfter> after, Duration wait) {
    Optional<Integer> partition =
        Optional.of(LocalStores.partitionOf(key, partitions.applyAsInt(schema)));
    return patience.ask(
        () -> answer(schema, view, partition, after, asked -> asked.row(key)), wait);
  }

  @Override
  public Answer<Page> page(
      DomainSchema<?, ?> schema,
      View view,
      PageRequest page,
      List<ReadAfter> after,
      Duration wait) {
    return patience.ask(
        () -> answer(schema, view, Optional.empty(), after, asked -> asked.page(page)), wait);
  }

  private interface Question<T> {
    Answer<T> ask(Serving serving) throws SQLException;
  }

  private <T> Answer<T> answer(
      DomainSchema<?, ?> schema,
      View view,
      Optional<Integer> partition,
      List<ReadAfter> after,
      Question<T> question) {
    try (Connection connection = database.getConnection()) {
      try {
        return answer(connection, schema, view, partition, after, question);
      } finally {
        connection.rollback();
      }
    } catch (SQLException e) {
      LOG.debug("the view {} cannot be read now", view.name(), e);
      return StreamsViews.notNow(view, "its database does not answer");
    }
  }

  private <T> Answer<T> answer(
      Connection connection,
      DomainSchema<?, ?> schema,
      View view,
      Optional<Integer> partition,
      List<ReadAfter> after,
      Question<T> question)
      throws SQLException {
    Optional<Serving> serving = serving(connection, schema, view);
    if (serving.isEmpty()) {
      return StreamsViews.notNow(view, "it is being made from the events");
    }
    Optional<StoppedView> stopped =
        serving.get().stopped().values().stream()
            .filter(mark -> partition.filter(asked -> asked != mark.partition()).isEmpty())
            .findFirst();
    if (stopped.isPresent()) {
      return StreamsViews.stopped(view, schema, stopped.get());
    }
    for (ReadAfter write : after) {
      if (write.version() > 0 && serving.get().seen(write.aggregateId()) < write.version()) {
        return new NotYet<>("the view " + view.name() + " has not reached that version yet");
      }
    }
    return question.ask(serving.get());
  }

  /** The newest generation that serves, of the version and the log of this release. */
  private Optional<Serving> serving(Connection connection, DomainSchema<?, ?> schema, View view)
      throws SQLException {
    String sql =
        """
        select g.generation, p.stopped from %s g left join %s p
          on p.domain = g.domain and p.view = g.view and p.generation = g.generation
          and p.stopped is not null
        where g.domain = ? and g.view = ? and g.version = ? and g.log = ? and g.state = 'serving'
        order by g.generation desc
        """
            .formatted(ViewTables.GENERATIONS, ViewTables.POSITIONS);
    try (PreparedStatement asked = connection.prepareStatement(sql)) {
      asked.setString(1, schema.name());
      asked.setString(2, view.name());
      asked.setInt(3, view.version());
      asked.setString(4, logId.apply(schema.name()));
      try (ResultSet rows = asked.executeQuery()) {
        Map<Integer, StoppedView> stopped = new TreeMap<>();
        int newest = 0;
        while (rows.next() && (newest == 0 || newest == rows.getInt(1))) {
          newest = rows.getInt(1);
          Optional.ofNullable(rows.getString(2))
              .map(json -> JsonCodec.readValue(json.getBytes(UTF_8), StoppedView.class))
              .ifPresent(mark -> stopped.put(mark.partition(), mark));
        }
        return newest == 0
            ? Optional.empty()
            : Optional.of(
                new Serving(connection, view, ViewTables.of(schema, view), newest, stopped));
      }
    }
  }

  /** A generation that is asked, in one transaction. */
  private record Serving(
      Connection connection,
      View view,
      ViewTables tables,
      int generation,
      Map<Integer, StoppedView> stopped) {

    long seen(String aggregateId) throws SQLException {
      String sql = "select version from " + tables.rows() + " where generation = ? and key = ?";
      try (PreparedStatement asked = connection.prepareStatement(sql)) {
        asked.setInt(1, generation);
        asked.setString(2, aggregateId);
        try (ResultSet found = asked.executeQuery()) {
          return found.next() ? found.getLong(1) : 0;
        }
      }
    }

    Answer<Row> row(String key) throws SQLException {
      String sql =
          "select row from "
              + tables.rows()
              + " where generation = ? and key = ? and row is not null";
      try (PreparedStatement asked = connection.prepareStatement(sql)) {
        asked.setInt(1, generation);
        asked.setString(2, key);
        try (ResultSet found = asked.executeQuery()) {
          return found.next() ? new Found<>(row(found, 1)) : new NotFound<>();
        }
      }
    }

    private Row row(ResultSet found, int column) throws SQLException {
      return Row.of(view, found.getString(column).getBytes(UTF_8));
    }

    Answer<Page> page(PageRequest page) throws SQLException {
      return switch (page.selection()) {
        case ByKey keys -> byKey(keys, page);
        case ByText text -> byEntry(IndexKey.text(text.index(), text.text()), page);
        case InOrder order -> byEntry(IndexKey.beginning(order.index()), page);
      };
    }

    private Answer<Page> byKey(ByKey keys, PageRequest page) throws SQLException {
      String first = keys.first(page.from());
      // No key has a zero byte, and no text in the database may.
      int zero = first.indexOf('\0');
      String sql =
          "select key, row from "
              + tables.rows()
              + " where generation = ? and key >= ? and row is not null order by key";
      try (PreparedStatement asked = connection.prepareStatement(sql)) {
        asked.setInt(1, generation);
        asked.setString(2, zero < 0 ? first : first.substring(0, zero));
        return page(
            asked,
            page,
            found -> found.getString(1).getBytes(UTF_8),
            key -> Arrays.compareUnsigned(key, first.getBytes(UTF_8)) >= 0,
            keys::includes);
      }
    }

    private Answer<Page> byEntry(byte[] beginning, PageRequest page) throws SQLException {
      String sql =
          """
          select f.entry, r.row from %s f join %s r
            on r.generation = f.generation and r.key = f.key
          where f.generation = ? and f.entry >= ? and f.entry < ? order by f.entry
          """
              .formatted(tables.found(), tables.rows());
      try (PreparedStatement asked = connection.prepareStatement(sql)) {
        asked.setInt(1, generation);
        asked.setBytes(
            2,
            page.from()
                .filter(from -> Arrays.compareUnsigned(from, beginning) > 0)
                .orElse(beginning));
        asked.setBytes(3, IndexKey.after(beginning));
        return page(asked, page, found -> found.getBytes(1), entry -> true, entry -> true);
      }
    }

    private interface Place {
      byte[] of(ResultSet found) throws SQLException;
    }

    private interface Chosen {
      boolean is(byte[] place);
    }

    /** Reads until the page is full, or what lies there is not of the selection any more. */
    private Answer<Page> page(
        PreparedStatement asked, PageRequest page, Place place, Chosen begun, Chosen selected)
        throws SQLException {
      asked.setFetchSize(FETCHED);
      List<Row> rows = new ArrayList<>();
      Optional<byte[]> last = Optional.empty();
      long bytes = 0;
      try (ResultSet found = asked.executeQuery()) {
        while (found.next()) {
          byte[] at = place.of(found);
          if (!begun.is(at) || page.from().filter(from -> Arrays.equals(from, at)).isPresent()) {
            continue;
          }
          if (!selected.is(at)) {
            return new Found<>(new Page(rows, Optional.empty()));
          }
          if (rows.size() == page.limit() || bytes >= RowList.MAX_PAGE_BYTES) {
            return new Found<>(new Page(rows, last));
          }
          Row row = row(found, 2);
          rows.add(row);
          bytes += row.json().length;
          last = Optional.of(at);
        }
      }
      return new Found<>(new Page(rows, Optional.empty()));
    }
  }
}

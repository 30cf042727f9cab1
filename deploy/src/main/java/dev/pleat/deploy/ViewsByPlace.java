package dev.pleat.deploy;

import dev.pleat.interactivequeries.Answer;
import dev.pleat.interactivequeries.Page;
import dev.pleat.interactivequeries.PageRequest;
import dev.pleat.interactivequeries.ReadAfter;
import dev.pleat.interactivequeries.Row;
import dev.pleat.interactivequeries.ViewOperations;
import dev.pleat.interactivequeries.Views;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.StoppedView;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * Views of which some are in a database and the derived ones in state stores: each is asked where
 * it is. Safe for use by many threads.
 */
record ViewsByPlace(ViewsInSql database, Views stores, ViewOperations applications)
    implements Views, ViewOperations {

  private Views rows(View view) {
    return ViewsInSql.isKept(view) ? database.rows() : stores;
  }

  private ViewOperations operations(View view) {
    return ViewsInSql.isKept(view) ? database : applications;
  }

  @Override
  public Answer<Row> row(
      DomainSchema<?, ?> schema, View view, String key, List<ReadAfter> after, Duration wait) {
    return rows(view).row(schema, view, key, after, wait);
  }

  @Override
  public Answer<Page> page(
      DomainSchema<?, ?> schema,
      View view,
      PageRequest page,
      List<ReadAfter> after,
      Duration wait) {
    return rows(view).page(schema, view, page, after, wait);
  }

  @Override
  public List<Report> reports() {
    return Stream.concat(database.reports().stream(), applications.reports().stream()).toList();
  }

  @Override
  public Answer<List<StoppedView>> resume(DomainSchema<?, ?> schema, View view, boolean skip) {
    return operations(view).resume(schema, view, skip);
  }

  @Override
  public Answer<Integer> rebuild(DomainSchema<?, ?> schema, View view, int eventsPerSecond) {
    return operations(view).rebuild(schema, view, eventsPerSecond);
  }

  @Override
  public Answer<Integer> cancel(DomainSchema<?, ?> schema, View view) {
    return operations(view).cancel(schema, view);
  }
}

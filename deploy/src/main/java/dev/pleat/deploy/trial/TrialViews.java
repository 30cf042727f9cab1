package dev.pleat.deploy.trial;

import dev.pleat.interactivequeries.Answer;
import dev.pleat.interactivequeries.Page;
import dev.pleat.interactivequeries.PageRequest;
import dev.pleat.interactivequeries.ReadAfter;
import dev.pleat.interactivequeries.Row;
import dev.pleat.interactivequeries.Views;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.time.Duration;
import java.util.List;

/**
 * The views of a trial: those there are, and a word about those there are not. Safe for use by many
 * threads.
 */
record TrialViews(Views kept) implements Views {

  @Override
  public Answer<Row> row(
      DomainSchema<?, ?> schema, View view, String key, List<ReadAfter> after, Duration wait) {
    return view.derived().isPresent()
        ? Absent.view(view)
        : kept.row(schema, view, key, after, wait);
  }

  @Override
  public Answer<Page> page(
      DomainSchema<?, ?> schema,
      View view,
      PageRequest page,
      List<ReadAfter> after,
      Duration wait) {
    return view.derived().isPresent()
        ? Absent.view(view)
        : kept.page(schema, view, page, after, wait);
  }
}

package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.time.Duration;
import java.util.List;

/** Where the rows of views are looked up. Safe for use by many threads. */
public interface Views {

  /**
   * The row of one key. Blocks the calling thread while the row cannot be had and the wait is not
   * over.
   *
   * @param after writes that the row must have seen, each in a domain the view is made from; of a
   *     view that is not derived, all to the aggregate of this key
   * @param wait how long to wait for those, or for data that is being moved or restored
   */
  Answer<Row> row(
      DomainSchema<?, ?> schema, View view, String key, List<ReadAfter> after, Duration wait);

  /**
   * Some of the rows that are selected, in their order. Blocks the calling thread as {@link #row}
   * does.
   *
   * @param after writes that all rows must have seen, each in a domain the view is made from
   * @param wait how long to wait for those, or for data that is being moved or restored
   */
  Answer<Page> page(
      DomainSchema<?, ?> schema, View view, PageRequest page, List<ReadAfter> after, Duration wait);
}

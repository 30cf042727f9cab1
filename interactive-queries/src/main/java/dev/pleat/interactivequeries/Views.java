package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

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
   * Some of the rows that are selected, in their order.
   *
   * @param selection of indexes that the view declares
   * @param after where the page before of the same selection ended; empty to begin
   * @param limit the most rows to answer, at least 1
   */
  Answer<Page> page(
      DomainSchema<?, ?> schema, View view, Selection selection, Optional<byte[]> after, int limit);
}

package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.time.Duration;
import java.util.Optional;

/** Where the rows of views are looked up. Safe for use by many threads. */
public interface Views {

  /**
   * The row of one key. Blocks the calling thread while the row cannot be had and the wait is not
   * over.
   *
   * @param atLeastVersion the row must have seen this version of the aggregate; 0 for any
   * @param wait how long to wait for that version, or for data that is being moved or restored
   */
  Answer<Row> row(
      DomainSchema<?, ?> schema, View view, String key, long atLeastVersion, Duration wait);

  /**
   * The rows that follow a key, in the order of keys.
   *
   * @param afterKey where the page before ended; empty to begin
   * @param limit the most rows to answer, at least 1
   */
  Answer<Page> page(DomainSchema<?, ?> schema, View view, Optional<String> afterKey, int limit);
}

package dev.pleat.interactivequeries;

import java.util.List;
import java.util.Optional;

/**
 * Some rows of a view in the order of their keys, as UTF-8.
 *
 * @param rows may be fewer than asked for though more follow: a page is also bounded in bytes
 * @param next the key after which the next page begins; empty if this is the last one
 */
public record Page(List<Row> rows, Optional<String> next) {

  /** Keeps its own copy of the rows. */
  public Page {
    rows = List.copyOf(rows);
  }
}

package dev.pleat.interactivequeries;

import java.util.List;
import java.util.Optional;

/**
 * Some of the rows that were selected, in their order.
 *
 * @param rows may be fewer than asked for though more follow: a page is also bounded in bytes
 * @param next the place after which the next page begins, which only who made it understands; empty
 *     if this is the last one
 */
public record Page(List<Row> rows, Optional<byte[]> next) {

  /** Keeps its own copy of the rows. */
  public Page {
    rows = List.copyOf(rows);
  }
}

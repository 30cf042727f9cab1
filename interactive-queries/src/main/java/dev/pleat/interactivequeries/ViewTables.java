package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;

/**
 * The names of the tables of a view that is kept in a database. They are made of names that a
 * domain declares and nothing else, and may be put into SQL as they are.
 *
 * <p>Beside these, {@value #GENERATIONS} says which generations of views there are and {@value
 * #POSITIONS} up to where each is folded. The rows of all generations of a view are in the same
 * tables, so that another one is asked as soon as it is said that it serves.
 *
 * @param rows generation, key (in the order of its bytes), version seen, row as JSON, events held
 * @param found generation, {@link dev.pleat.schemas.IndexKey entry}, key of the row
 */
public record ViewTables(String rows, String found) {

  /** The schema of the database in which all tables are. */
  public static final String SCHEMA = "pleat";

  /** The table of generations. */
  public static final String GENERATIONS = SCHEMA + ".generations";

  /** The table of positions, and of where views have stopped. */
  public static final String POSITIONS = SCHEMA + ".positions";

  private static final String FOUND = ".found";

  /** PostgreSQL cuts longer names. */
  private static final int MAX_NAME = 63;

  /**
   * Those of a view.
   *
   * @throws IllegalArgumentException if the names of the domain and the view are too long together
   */
  public static ViewTables of(DomainSchema<?, ?> schema, View view) {
    String name = schema.name() + "." + view.name();
    if (name.length() + FOUND.length() > MAX_NAME) {
      throw new IllegalArgumentException(
          "the names of the domain and the view "
              + name
              + " have more than "
              + (MAX_NAME - FOUND.length())
              + " characters together: no table can be named after them");
    }
    return new ViewTables(quoted(name), quoted(name + FOUND));
  }

  /** Names of domains and views are lower case letters, digits and dashes. */
  private static String quoted(String name) {
    return SCHEMA + ".\"" + name + "\"";
  }
}

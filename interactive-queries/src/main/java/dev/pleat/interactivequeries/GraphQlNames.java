package dev.pleat.interactivequeries;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Names as GraphQL has them: {@code customer-id} is {@code customerId}, the row of {@code by-id} in
 * {@code customers} is a {@code CustomersById}. One that is taken already gets an underscore at its
 * end. Used by one thread.
 */
final class GraphQlNames {

  private static final String WORD = "[_A-Za-z][_0-9A-Za-z]*";

  private final Set<String> taken;

  /** Names among which these are taken. */
  GraphQlNames(String... taken) {
    this.taken = new HashSet<>(List.of(taken));
  }

  /** This name if it is free; it is taken from now on. */
  String taking(String name) {
    String free = name;
    while (!taken.add(free)) {
      free += "_";
    }
    return free;
  }

  /** A field's name: its parts in camelCase. */
  static String field(String... parts) {
    String name = type(parts);
    return name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
  }

  /** A type's name: its parts in PascalCase. */
  static String type(String... parts) {
    StringBuilder name = new StringBuilder();
    for (String part : parts) {
      for (String word : part.split("-", -1)) {
        String usable = word.replaceAll("[^0-9A-Za-z_]", "_");
        if (!usable.isEmpty()) {
          name.append(usable.substring(0, 1).toUpperCase(Locale.ROOT)).append(usable.substring(1));
        }
      }
    }
    // Two underscores begin what belongs to GraphQL itself.
    String text = name.toString().replaceFirst("^_+", "");
    return text.matches(WORD) ? text : "X" + text;
  }

  /** A value of an enumeration: its words in capitals. */
  static String constant(String name) {
    return name.replace('-', '_').toUpperCase(Locale.ROOT);
  }

  /** Whether a text can be a value of an enumeration as it is. */
  static boolean isConstant(Object text) {
    return text instanceof String name
        && name.matches(WORD)
        && !name.startsWith("__")
        && !Set.of("true", "false", "null").contains(name);
  }
}

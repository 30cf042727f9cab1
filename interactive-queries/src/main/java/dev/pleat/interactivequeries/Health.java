package dev.pleat.interactivequeries;

import java.util.List;
import java.util.Optional;

/** What the process says about itself. Safe for use by many threads; must not block. */
@FunctionalInterface
public interface Health {

  /**
   * One thing the process does.
   *
   * @param name for example {@code decide calculator}
   * @param up whether it does it
   * @param reason why not, or what it is busy with
   */
  record Role(String name, boolean up, Optional<String> reason) {}

  /** The roles that must be up before requests are sent here. */
  List<Role> ready();

  /** The roles that make a restart necessary when they are down; none unless said otherwise. */
  default List<Role> live() {
    return List.of();
  }
}

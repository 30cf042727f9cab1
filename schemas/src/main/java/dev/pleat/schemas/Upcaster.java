package dev.pleat.schemas;

import java.util.Map;

/**
 * Turns the data of an action or event as one version of its schema has it into what the next one
 * has. Pure: the same data gives the same, and nothing else is asked.
 *
 * <p>Events are never edited: one that was written years ago is read through all upcasters since.
 */
@FunctionalInterface
public interface Upcaster {

  /**
   * The data in the next version.
   *
   * @param data the fields by name, in kebab-case; values are plain Java: strings, numbers,
   *     booleans, lists, maps. A copy of its own, which may be changed and returned
   */
  Map<String, Object> upcast(Map<String, Object> data);
}

package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/** Which rows of a view are listed, and in which order. */
public sealed interface Selection {

  /**
   * In the order of keys (their bytes in UTF-8).
   *
   * @param prefix what the keys begin with; empty for all
   * @param from the first key; empty to begin with the first there is
   * @param before the first key that is listed no more; empty for all to the end
   */
  record ByKey(String prefix, Optional<String> from, Optional<String> before) implements Selection {

    /**
     * The first key that may be listed.
     *
     * @param after the last key that was listed
     */
    String first(Optional<byte[]> after) {
      return Stream.of(prefix, from.orElse(""), after.map(key -> new String(key, UTF_8)).orElse(""))
          .max(Comparator.comparing(text -> text.getBytes(UTF_8), Arrays::compareUnsigned))
          .orElseThrow();
    }

    /** Whether a key, as its bytes in UTF-8, is listed. */
    boolean includes(byte[] key) {
      byte[] beginning = prefix.getBytes(UTF_8);
      return key.length >= beginning.length
          && Arrays.equals(key, 0, beginning.length, beginning, 0, beginning.length)
          && from.filter(text -> Arrays.compareUnsigned(key, text.getBytes(UTF_8)) < 0).isEmpty()
          && before
              .filter(text -> Arrays.compareUnsigned(key, text.getBytes(UTF_8)) >= 0)
              .isEmpty();
    }
  }

  /**
   * Those that an index finds by this text, in the order of keys.
   *
   * @param text in the index's normal form
   */
  record ByText(String index, String text) implements Selection {}

  /** All that have a place in an order. */
  record InOrder(String index) implements Selection {}

  /** All, in the order of keys. */
  static Selection all() {
    return new ByKey("", Optional.empty(), Optional.empty());
  }
}

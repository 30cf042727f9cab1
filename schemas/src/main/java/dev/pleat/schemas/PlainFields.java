package dev.pleat.schemas;

import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A message in plain JSON of which one field after the other is taken, in one pass. What is not
 * plain or not as usual it refuses, without saying why: then the general way is taken. Used by one
 * thread.
 */
abstract class PlainFields {

  final PlainJson json;

  PlainFields(byte[] value) {
    json = new PlainJson(value);
  }

  /** The names of fields as {@link #takeAll} wants them, in their usual order. */
  static byte[][] names(String... names) {
    return Stream.of(names).map(PlainJson::name).toArray(byte[][]::new);
  }

  /** Takes the value of a field that was not there before; false if it is not the usual one. */
  abstract boolean takes(int field);

  /** Takes the whole message, and says which fields were there; 0 if it is not plain. */
  int takeAll(byte[][] names) {
    int seen = takeObject(names, this::takes);
    return json.isAtEnd() ? seen : 0;
  }

  /** Takes the value of one field, by its number. */
  interface Taking {
    boolean takes(int field);
  }

  /** Takes an object, and says which fields were there; 0 if it is not plain. */
  int takeObject(byte[][] names, Taking value) {
    int seen = 0;
    if (!json.takes('{')) {
      return 0;
    }
    int field = -1;
    do {
      field = json.field(names, field + 1);
      if (field < 0 || (seen & 1 << field) != 0 || !value.takes(field)) {
        return 0;
      }
      seen |= 1 << field;
    } while (json.takes(','));
    return json.takes('}') ? seen : 0;
  }

  /** Takes a short text; null if there is none, or it is empty and so counts as absent. */
  @Nullable String label() {
    String text = name();
    return text == null || text.isEmpty() || text.length() > JsonCodec.MAX_LABEL_CHARS
        ? null
        : text;
  }

  @Nullable String name() {
    return json.text() ? json.string() : null;
  }
}

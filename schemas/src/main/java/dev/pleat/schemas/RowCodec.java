package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.DomainSchema.View;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads and writes the rows of a view, in one pass where they are plain: the record's fields, and
 * last the aggregate's version. Immutable; safe for use by many threads.
 */
public final class RowCodec<V extends Record> {

  private static final String VERSION = "version";
  private static final byte[] BEFORE_VERSION = ",\"version\":".getBytes(UTF_8);
  private static final int MAX_DIGITS = 18;
  private static final int USUAL_BYTES = 256;

  /** A form, and the names of its fields and the version. */
  private record RowForm<V>(RecordForm<V> form, byte[][] names) {}

  private record Versioned(long version) {}

  private final Class<V> type;
  private final Optional<RowForm<V>> form;

  private RowCodec(Class<V> type, Optional<RowForm<V>> form) {
    this.type = type;
    this.form = form;
  }

  /** Compiles the record and JSON Schema of a view's rows, once. */
  public static <V extends Record> RowCodec<V> of(
      DomainSchema<?, ?> schema, View view, Class<V> row) {
    return new RowCodec<>(
        row,
        RecordForm.of(row, schema.jsonSchemas().source(view.name()).orElseThrow(), "")
            .map(form -> new RowForm<>(form, form.namesAnd(VERSION))));
  }

  /**
   * Reads a row, without its version.
   *
   * @throws UnreadableMessage if these bytes are no such row
   */
  public V read(byte[] bytes) {
    return atOnce(bytes).orElseGet(() -> JsonCodec.toRecord(JsonCodec.readObject(bytes), type));
  }

  private Optional<V> atOnce(byte[] bytes) {
    if (form.isEmpty()) {
      return Optional.empty();
    }
    PlainJson json = new PlainJson(bytes);
    RecordForm.Read<V> read = form.get().form().read(json, form.get().names());
    return read != null && json.isAtEnd() ? Optional.of(read.record()) : Optional.empty();
  }

  /**
   * The version of a row, which is its last field as {@link #write} writes it: the rest is not read
   * then.
   *
   * @throws UnreadableMessage if the bytes are not a JSON object with a version
   */
  public static long version(byte[] row) {
    long version = versionAtEnd(row);
    return version < 0 ? JsonCodec.readValue(row, Versioned.class).version() : version;
  }

  /** -1 if the bytes do not end as they are written. */
  static long versionAtEnd(byte[] row) {
    int end = row.length - 1;
    if (end < 0 || row[end] != '}') {
      return -1;
    }
    long version = 0;
    long tens = 1;
    int at = end - 1;
    while (at >= 0 && row[at] >= '0' && row[at] <= '9' && end - at <= MAX_DIGITS) {
      version += tens * (row[at] - '0');
      tens *= 10;
      at--;
    }
    int begin = at + 1 - BEFORE_VERSION.length;
    boolean isVersion =
        at < end - 1
            && begin > 0
            && Arrays.equals(row, begin, at + 1, BEFORE_VERSION, 0, BEFORE_VERSION.length);
    return isVersion ? version : -1;
  }

  /**
   * The bytes of a row.
   *
   * @throws IllegalArgumentException if it has something that could not be read back
   */
  public byte[] write(V row, long version) {
    if (form.isPresent()) {
      ByteOutput json = new ByteOutput(USUAL_BYTES).put('{');
      if (form.get().form().writeFields(row, Optional.empty(), json) > 0) {
        return json.utf8(",\"version\":").decimal(version).put('}').toBytes();
      }
    }
    return JsonCodec.toObject(row).with(VERSION, version).bytes();
  }
}

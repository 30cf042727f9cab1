package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.JsonCodec;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Map;

/**
 * A JSON object put together of parts that are JSON already: parsing them to write them again would
 * be wasted. Used by one thread.
 */
final class JsonParts {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private char separator = '{';

  /** These fields in their order; values are plain Java. */
  JsonParts fields(Map<String, ?> fields) {
    return fieldsOf(JsonCodec.object(fields).bytes());
  }

  /** The fields of an object. */
  JsonParts fieldsOf(byte[] object) {
    int inside = object.length - 2;
    if (inside > 0) {
      out.write(separator);
      out.write(object, 1, inside);
      separator = ',';
    }
    return this;
  }

  /** A field whose value is JSON already. */
  JsonParts field(String name, byte[] value) {
    name(name);
    out.writeBytes(value);
    return this;
  }

  /** A field whose value is an array of what is JSON already. */
  JsonParts field(String name, List<byte[]> values) {
    name(name);
    char before = '[';
    for (byte[] value : values) {
      out.write(before);
      out.writeBytes(value);
      before = ',';
    }
    out.writeBytes((values.isEmpty() ? "[]" : "]").getBytes(UTF_8));
    return this;
  }

  /** The name is one that needs no escapes. */
  private void name(String name) {
    out.writeBytes((separator + "\"" + name + "\":").getBytes(UTF_8));
    separator = ',';
  }

  byte[] toBytes() {
    out.writeBytes((separator == '{' ? "{}" : "}").getBytes(UTF_8));
    return out.toByteArray();
  }
}

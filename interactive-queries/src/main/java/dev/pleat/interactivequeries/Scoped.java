package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.interactivequeries.Checked.Kind;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Places in one list or stream, as text that clients hand back: what was handed out for another one
 * is not taken. Immutable; safe for use by many threads.
 */
record Scoped(Kind kind, int scope) {

  /**
   * The places of what these texts describe.
   *
   * @param of whatever makes a place of another list or stream meaningless here
   */
  static Scoped of(Kind kind, String of) {
    CRC32C sum = new CRC32C();
    sum.update(of.getBytes(UTF_8));
    return new Scoped(kind, (int) sum.getValue());
  }

  String text(byte[] place) {
    return Checked.text(
        kind, ByteBuffer.allocate(Integer.BYTES + place.length).putInt(scope).put(place).array());
  }

  /** The place in a text; empty if it is none of this list or stream. */
  Optional<byte[]> place(String text) {
    return Checked.payload(kind, text)
        .filter(bytes -> bytes.length >= Integer.BYTES && ByteBuffer.wrap(bytes).getInt() == scope)
        .map(bytes -> Arrays.copyOfRange(bytes, Integer.BYTES, bytes.length));
  }
}

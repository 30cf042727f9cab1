package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;

/**
 * Puts JSON together from pieces that need no escaping, as {@link JsonCodec} would write it. Used
 * by one thread.
 */
final class JsonBytes {

  private static final byte[] HEX = "0123456789abcdef".getBytes(ISO_8859_1);

  private byte[] bytes = new byte[512];
  private int end;

  /** Whether text is the same in JSON, between quotes. */
  static boolean needsNoEscape(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c == '"' || c == '\\' || c == 0x7F || Character.isSurrogate(c)) {
        return false;
      }
    }
    return true;
  }

  static byte[] piece(String json) {
    return json.getBytes(UTF_8);
  }

  JsonBytes put(byte[] piece) {
    ensure(piece.length);
    System.arraycopy(piece, 0, bytes, end, piece.length);
    end += piece.length;
    return this;
  }

  JsonBytes put(char ascii) {
    ensure(1);
    bytes[end++] = (byte) ascii;
    return this;
  }

  /** In quotes. */
  JsonBytes put(UUID id) {
    ensure(38);
    bytes[end++] = '"';
    hex(id.getMostSignificantBits() >>> 32, 8);
    bytes[end++] = '-';
    hex(id.getMostSignificantBits() >>> 16, 4);
    bytes[end++] = '-';
    hex(id.getMostSignificantBits(), 4);
    bytes[end++] = '-';
    hex(id.getLeastSignificantBits() >>> 48, 4);
    bytes[end++] = '-';
    hex(id.getLeastSignificantBits(), 12);
    bytes[end++] = '"';
    return this;
  }

  private void hex(long value, int digits) {
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
      bytes[end++] = HEX[(int) (value >>> shift) & 0xF];
    }
  }

  /** In quotes; the text must need no escape. */
  @SuppressWarnings("deprecation") // the cheapest way to the bytes of text known to be ASCII
  JsonBytes put(String text) {
    int length = text.length();
    ensure(length + 2);
    bytes[end++] = '"';
    boolean ascii = true;
    for (int i = 0; i < length; i++) {
      ascii &= text.charAt(i) < 0x80;
    }
    if (ascii) {
      text.getBytes(0, length, bytes, end);
      end += length;
    } else {
      put(text.getBytes(UTF_8));
    }
    return put('"');
  }

  JsonBytes put(Instant instant) {
    return put(JsonCodec.text(instant));
  }

  JsonBytes put(long number) {
    if (number < 0) {
      return put(piece(Long.toString(number)));
    }
    int digits = 1;
    for (long rest = number; rest > 9; rest /= 10) {
      digits++;
    }
    ensure(digits);
    long rest = number;
    for (int at = end + digits - 1; at >= end; at--) {
      bytes[at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    end += digits;
    return this;
  }

  /** The number must be finite. */
  JsonBytes put(double number) {
    return put(piece(Double.toString(number)));
  }

  byte[] toBytes() {
    return Arrays.copyOf(bytes, end);
  }

  private void ensure(int more) {
    if (end + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, end + more));
    }
  }
}

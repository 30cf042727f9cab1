package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;

/**
 * Bytes being written, with the few forms that messages are made of. What it writes as JSON has the
 * very bytes the JSON library would write. Used by one thread.
 */
final class ByteOutput {

  private static final byte[] HEX = "0123456789abcdef".getBytes(ISO_8859_1);

  /** Below it Java writes a double without an exponent. */
  private static final int PLAIN_BELOW = 10_000_000;

  private static final int MAX_LONG_DIGITS = 20;

  private byte[] bytes;
  private int length;

  ByteOutput(int capacity) {
    bytes = new byte[capacity];
  }

  byte[] toBytes() {
    return Arrays.copyOf(bytes, length);
  }

  int length() {
    return length;
  }

  /** Leaves only so many bytes, no more than there are. */
  ByteOutput cutTo(int first) {
    length = first;
    return this;
  }

  void update(MessageDigest digest) {
    digest.update(bytes, 0, length);
  }

  private void makeRoom(int more) {
    if (more > bytes.length - length) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(length, more), bytes.length * 2));
    }
  }

  // ---- bytes

  ByteOutput put(int single) {
    makeRoom(1);
    bytes[length++] = (byte) single;
    return this;
  }

  ByteOutput put(byte[] from) {
    return put(from, 0, from.length);
  }

  ByteOutput put(byte[] from, int begin, int end) {
    makeRoom(end - begin);
    System.arraycopy(from, begin, bytes, length, end - begin);
    length += end - begin;
    return this;
  }

  ByteOutput utf8(String text) {
    makeRoom(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        return put(text.getBytes(UTF_8));
      }
      bytes[length + i] = (byte) c;
    }
    length += text.length();
    return this;
  }

  ByteOutput bigEndian(long number) {
    makeRoom(Long.BYTES);
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes[length++] = (byte) (number >>> shift);
    }
    return this;
  }

  // ---- text

  ByteOutput decimal(long number) {
    if (number == Long.MIN_VALUE) {
      return utf8(Long.toString(number));
    }
    makeRoom(MAX_LONG_DIGITS);
    long rest = number;
    if (rest < 0) {
      bytes[length++] = '-';
      rest = -rest;
    }
    int digits = 1;
    for (long bound = 10; digits < MAX_LONG_DIGITS - 1 && rest >= bound; bound *= 10) {
      digits++;
    }
    for (int at = length + digits - 1; at >= length; at--) {
      bytes[at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += digits;
    return this;
  }

  ByteOutput uuid(UUID id) {
    makeRoom(36);
    long most = id.getMostSignificantBits();
    long least = id.getLeastSignificantBits();
    hex(most >>> 32, 8);
    bytes[length++] = '-';
    hex(most >>> 16, 4);
    bytes[length++] = '-';
    hex(most, 4);
    bytes[length++] = '-';
    hex(least >>> 48, 4);
    bytes[length++] = '-';
    hex(least, 12);
    return this;
  }

  private void hex(long lowest, int digits) {
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
      bytes[length++] = HEX[(int) (lowest >>> shift) & 0xF];
    }
  }

  ByteOutput instant(Instant instant) {
    makeRoom(InstantText.LENGTH);
    if (InstantText.write(instant, bytes, length)) {
      length += InstantText.LENGTH;
      return this;
    }
    return utf8(InstantText.of(instant));
  }

  // ---- JSON

  ByteOutput jsonNumber(double number) {
    int whole = (int) number;
    boolean isPlain =
        whole == number
            && -PLAIN_BELOW < whole
            && whole < PLAIN_BELOW
            && (whole != 0 || Double.doubleToRawLongBits(number) == 0);
    return isPlain ? decimal(whole).put('.').put('0') : utf8(Double.toString(number));
  }

  /** A text in its quotes. */
  ByteOutput jsonText(String text) {
    makeRoom(text.length() + 2);
    int at = length;
    bytes[at++] = '"';
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c == '"' || c == '\\' || c >= 0x80) {
        return put(JsonCodec.quoted(text));
      }
      bytes[at++] = (byte) c;
    }
    bytes[at++] = '"';
    length = at;
    return this;
  }
}

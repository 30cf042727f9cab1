package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** UUIDs in their usual form: 36 characters, lower case. */
final class UuidText {

  static final int LENGTH = 36;

  /** What a character is worth; -1 for one that is no digit. */
  private static final byte[] WORTH = new byte[256];

  static {
    Arrays.fill(WORTH, (byte) -1);
    for (int i = 0; i < 16; i++) {
      WORTH["0123456789abcdef".charAt(i)] = (byte) i;
    }
  }

  private UuidText() {}

  /** The UUID these bytes are; null if they are none. */
  static @Nullable UUID read(byte[] text, int from, int to) {
    if (!isUuid(text, from, to)) {
      return null;
    }
    long most =
        (long) four(text, from) << 48
            | (long) four(text, from + 4) << 32
            | (long) four(text, from + 9) << 16
            | four(text, from + 14);
    long least =
        (long) four(text, from + 19) << 48
            | (long) four(text, from + 24) << 32
            | (long) four(text, from + 28) << 16
            | four(text, from + 32);
    return new UUID(most, least);
  }

  static boolean isUuid(String text) {
    // What is not Latin-1 becomes a question mark, which is in no UUID.
    return text.length() == LENGTH && isUuid(text.getBytes(ISO_8859_1), 0, LENGTH);
  }

  static boolean isUuid(byte[] text, int from, int to) {
    return to - from == LENGTH
        && text[from + 8] == '-'
        && text[from + 13] == '-'
        && text[from + 18] == '-'
        && text[from + 23] == '-'
        && (four(text, from)
                | four(text, from + 4)
                | four(text, from + 9)
                | four(text, from + 14)
                | four(text, from + 19)
                | four(text, from + 24)
                | four(text, from + 28)
                | four(text, from + 32))
            >= 0;
  }

  /** The worth of four digits; negative if one of them is none. */
  private static int four(byte[] text, int at) {
    return WORTH[text[at] & 0xFF] << 12
        | WORTH[text[at + 1] & 0xFF] << 8
        | WORTH[text[at + 2] & 0xFF] << 4
        | WORTH[text[at + 3] & 0xFF];
  }
}

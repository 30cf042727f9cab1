package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON in its plainest form, in one pass from its bytes: texts without escapes, and numbers
 * of at most 24 characters and 18 digits. Of anything else it only says that it does not read it;
 * what it reads, every JSON reader reads the same. Used by one thread.
 */
final class PlainJson {

  private static final int MAX_TEXT_BYTES = 64 * 1024;
  private static final int MAX_NUMBER_CHARS = 24;
  private static final int MAX_DIGITS = 18;
  private static final int MAX_EXPONENT_DIGITS = 3;

  /** Of integers below it, and powers of ten up to the next one, doubles are exact. */
  private static final long EXACT_BELOW = 1L << 53;

  private static final double[] EXACT_POWERS = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22
  };

  private final byte[] bytes;
  private int at;

  /** Where the text or number read last lies, a text without its quotes. */
  private int from;

  private int to;
  private boolean isAscii;

  /** The number read last: its digits, with the sign, times ten to the exponent. */
  private long digits;

  private int exponent;
  private boolean isWhole;

  PlainJson(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Takes the next character if it is this one, white space before it aside. */
  boolean takes(int character) {
    skipSpace();
    if (at < bytes.length && bytes[at] == character) {
      at++;
      return true;
    }
    return false;
  }

  /** Whether nothing but white space is left. */
  boolean isAtEnd() {
    skipSpace();
    return at == bytes.length;
  }

  private void skipSpace() {
    while (at < bytes.length && bytes[at] <= ' ' && isSpace(bytes[at])) {
      at++;
    }
  }

  private static boolean isSpace(byte c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
  }

  private boolean takes(byte[] literal) {
    int end = at + literal.length;
    if (end <= bytes.length && Arrays.equals(bytes, at, end, literal, 0, literal.length)) {
      at = end;
      return true;
    }
    return false;
  }

  /** A field's name as {@link #field} wants it: in its quotes, with the colon. */
  static byte[] name(String name) {
    return ("\"" + name + "\":").getBytes(UTF_8);
  }

  /**
   * Takes a field's name and the colon.
   *
   * @param expected which of the names it probably is
   * @return which of the names it is; -1 if it is none of them
   */
  int field(byte[][] names, int expected) {
    skipSpace();
    if (expected < names.length && takes(names[expected])) {
      return expected;
    }
    if (!text()) {
      return -1;
    }
    for (int i = 0; i < names.length; i++) {
      if (names[i].length == to - from + 3 && isText(names[i], 1)) {
        return takes(':') ? i : -1;
      }
    }
    return -1;
  }

  private boolean isText(byte[] other, int begin) {
    return Arrays.equals(bytes, from, to, other, begin, begin + to - from);
  }

  // ---- texts

  /** Takes a text; false if there is none or it is not plain. */
  boolean text() {
    if (!takes('"')) {
      return false;
    }
    int all = 0;
    for (int i = at; i < bytes.length; i++) {
      byte c = bytes[i];
      if (c == '"') {
        from = at;
        to = i;
        at = i + 1;
        isAscii = all >= 0;
        return to - from <= MAX_TEXT_BYTES;
      }
      if (c == '\\' || (c >= 0 && c < ' ')) {
        return false;
      }
      all |= c;
    }
    return false;
  }

  int from() {
    return from;
  }

  int to() {
    return to;
  }

  /** The text read last; null if it is not UTF-8. */
  @Nullable String string() {
    if (isAscii) {
      return new String(bytes, from, to - from, ISO_8859_1);
    }
    String text = new String(bytes, from, to - from, UTF_8);
    // That is what Java makes of whatever is not UTF-8.
    return text.indexOf('\uFFFD') < 0 ? text : null;
  }

  /** Which of these the text read last is; -1 for none of them. */
  int oneOf(byte[][] texts) {
    for (int i = 0; i < texts.length; i++) {
      if (texts[i].length == to - from && isText(texts[i], 0)) {
        return i;
      }
    }
    return -1;
  }

  boolean isUuid() {
    return UuidText.isUuid(bytes, from, to);
  }

  /** Takes a text; null if it is not a UUID. */
  @Nullable UUID uuid() {
    return text() ? UuidText.read(bytes, from, to) : null;
  }

  /** Takes a text; null if it is not an instant. */
  @Nullable Instant instant() {
    if (!text()) {
      return null;
    }
    Instant usual = InstantText.readUsual(bytes, from, to);
    if (usual != null) {
      return usual;
    }
    String other = string();
    return other == null ? null : InstantText.read(other).orElse(null);
  }

  /** Copies a part of the bytes. */
  void copy(int begin, int end, ByteOutput out) {
    out.put(bytes, begin, end);
  }

  // ---- numbers

  /** Takes a number; false if there is none or it has too many characters. */
  boolean number() {
    skipSpace();
    int begin = at;
    int i = at;
    boolean isNegative = i < bytes.length && bytes[i] == '-';
    i += isNegative ? 1 : 0;
    long number = 0;
    int significant = 0;
    int first = i;
    for (; i < bytes.length && isDigit(bytes[i]); i++) {
      number = number * 10 + bytes[i] - '0';
      significant += significant > 0 || bytes[i] != '0' ? 1 : 0;
    }
    if (i == first || (bytes[first] == '0' && i > first + 1)) {
      return false;
    }
    int power = 0;
    boolean isInteger = true;
    if (i < bytes.length && bytes[i] == '.') {
      isInteger = false;
      first = ++i;
      for (; i < bytes.length && isDigit(bytes[i]); i++) {
        number = number * 10 + bytes[i] - '0';
        significant += significant > 0 || bytes[i] != '0' ? 1 : 0;
      }
      if (i == first) {
        return false;
      }
      power = first - i;
    }
    if (i < bytes.length && (bytes[i] | 0x20) == 'e') {
      isInteger = false;
      i++;
      boolean isFraction = i < bytes.length && bytes[i] == '-';
      i += isFraction || (i < bytes.length && bytes[i] == '+') ? 1 : 0;
      first = i;
      int tens = 0;
      for (; i < bytes.length && isDigit(bytes[i]) && i - first <= MAX_EXPONENT_DIGITS; i++) {
        tens = tens * 10 + bytes[i] - '0';
      }
      if (i == first || i - first > MAX_EXPONENT_DIGITS) {
        return false;
      }
      power += isFraction ? -tens : tens;
    }
    from = begin;
    to = i;
    at = i;
    digits = isNegative ? -number : number;
    exponent = power;
    isWhole = isInteger;
    return significant <= MAX_DIGITS && to - from <= MAX_NUMBER_CHARS;
  }

  private static boolean isDigit(byte c) {
    return c >= '0' && c <= '9';
  }

  /** Whether the number read last is written as an integer. */
  boolean isWhole() {
    return isWhole;
  }

  /** The number read last without its power of ten. */
  long digits() {
    return digits;
  }

  /** The power of ten of the number read last. */
  int exponent() {
    return exponent;
  }

  /** The double next to the number read last; NaN if it is too small or too large for one. */
  double nearestDouble() {
    if (digits == 0) {
      return 0;
    }
    if (-EXACT_BELOW < digits && digits < EXACT_BELOW) {
      // A single operation on exact numbers rounds once, so rightly.
      if (exponent == 0) {
        return digits;
      } else if (exponent < 0 && -exponent < EXACT_POWERS.length) {
        return digits / EXACT_POWERS[-exponent];
      } else if (exponent > 0 && exponent < EXACT_POWERS.length) {
        return digits * EXACT_POWERS[exponent];
      }
    }
    double number = Double.parseDouble(new String(bytes, from, to - from, ISO_8859_1));
    return number == 0 || Double.isInfinite(number) ? Double.NaN : number;
  }

  /** Takes an integer from 0; -1 if there is none. */
  long count() {
    return number() && isWhole && bytes[from] != '-' ? digits : -1;
  }

  /** Takes {@code true} or {@code false}; null if there is neither. */
  @Nullable Boolean truth() {
    skipSpace();
    return takes(TRUE) ? Boolean.TRUE : takes(FALSE) ? Boolean.FALSE : null;
  }

  private static final byte[] TRUE = "true".getBytes(ISO_8859_1);
  private static final byte[] FALSE = "false".getBytes(ISO_8859_1);
}

package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigDecimal;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The canonical form of JSON that fingerprints are made of: the same bytes for the same value
 * however it is written, and for no other value.
 *
 * <ul>
 *   <li>object: <code>{</code>, number of fields, then by name in order: name, value
 *   <li>array: {@code [}, number of elements, elements
 *   <li>text: {@code "}, text; number: {@code #}, its digits without zeros at either end, {@code
 *       e}, the power of ten of the last digit, {@code ;} (zero: {@code #0;})
 *   <li>{@code t}, {@code f}, {@code n}
 * </ul>
 *
 * A name or text is its length in UTF-8 and its UTF-8; lengths and numbers of things are varints.
 */
final class Canonical {

  static final int TEXT = '"';
  static final int NUMBER = '#';
  static final int TRUE = 't';
  static final int FALSE = 'f';
  static final int NULL = 'n';

  private static final int FINGERPRINT_BYTES = 16;
  private static final MessageDigest SHA_256 = NameBasedId.digest("SHA-256");

  private Canonical() {}

  static void object(ByteOutput out, int fields) {
    out.put('{').varint(fields);
  }

  static void array(ByteOutput out, int elements) {
    out.put('[').varint(elements);
  }

  static void text(ByteOutput out, String text) {
    byte[] utf8 = text.getBytes(UTF_8);
    out.varint(utf8.length).put(utf8);
  }

  /** The number of these digits times ten to the power. */
  static void number(ByteOutput out, long digits, long power) {
    if (digits == 0) {
      zero(out);
      return;
    }
    long rest = digits;
    long exponent = power;
    while (rest % 10 == 0) {
      rest /= 10;
      exponent++;
    }
    out.decimal(rest).put('e').decimal(exponent).put(';');
  }

  static void number(ByteOutput out, BigDecimal number) {
    if (number.signum() == 0) {
      zero(out);
      return;
    }
    String digits = number.unscaledValue().toString();
    int end = digits.length();
    while (digits.charAt(end - 1) == '0') {
      end--;
    }
    // In longs: a scale at its limit overflows BigDecimal.stripTrailingZeros.
    long exponent = (long) digits.length() - end - number.scale();
    out.utf8(digits.substring(0, end)).put('e').decimal(exponent).put(';');
  }

  private static void zero(ByteOutput out) {
    out.put('0').put(';');
  }

  static byte[] fingerprint(ByteOutput canonical) {
    MessageDigest digest = NameBasedId.copy(SHA_256);
    canonical.update(digest);
    return Arrays.copyOf(digest.digest(), FINGERPRINT_BYTES);
  }
}

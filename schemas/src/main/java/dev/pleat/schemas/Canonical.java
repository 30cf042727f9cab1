package dev.pleat.schemas;

import java.math.BigDecimal;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The canonical form of JSON that fingerprints are made of: no white space, fields sorted by name,
 * a comma after every field and element, and numbers as their digits without zeros at either end,
 * {@code e}, and the power of ten of the last digit. So it is the same for the same value however
 * that is written, and another for any other.
 */
final class Canonical {

  private static final int FINGERPRINT_BYTES = 16;
  private static final MessageDigest SHA_256 = NameBasedId.digest("SHA-256");

  private Canonical() {}

  /** The number of these digits times ten to the power. */
  static void number(ByteOutput out, long digits, long power) {
    if (digits == 0) {
      out.put('0');
      return;
    }
    long rest = digits;
    long exponent = power;
    while (rest % 10 == 0) {
      rest /= 10;
      exponent++;
    }
    out.decimal(rest).put('e').decimal(exponent);
  }

  static void number(ByteOutput out, BigDecimal number) {
    if (number.signum() == 0) {
      out.put('0');
      return;
    }
    String digits = number.unscaledValue().toString();
    int end = digits.length();
    while (digits.charAt(end - 1) == '0') {
      end--;
    }
    // In longs: a scale at its limit overflows BigDecimal.stripTrailingZeros.
    long exponent = (long) digits.length() - end - number.scale();
    out.utf8(digits.substring(0, end)).put('e').decimal(exponent);
  }

  static byte[] fingerprint(ByteOutput canonical) {
    MessageDigest digest = NameBasedId.copy(SHA_256);
    canonical.update(digest);
    return Arrays.copyOf(digest.digest(), FINGERPRINT_BYTES);
  }
}

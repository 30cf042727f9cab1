package dev.pleat.interactivequeries;

import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Text that clients hand back as they got it: bytes with a kind and a checksum, so that a mangled
 * one is told from a good one. It is not secret and not proof of anything.
 */
final class Checked {

  /** What the bytes are; the number is part of the text and never changes. */
  enum Kind {
    TOKEN(1),
    CURSOR(2),
    EVENT_ID(3);

    private final byte number;

    Kind(int number) {
      this.number = (byte) number;
    }
  }

  private static final int HEADER_BYTES = 5;
  private static final int MAX_CHARS = 2048;

  private Checked() {}

  static String text(Kind kind, byte[] payload) {
    byte[] bytes = new byte[HEADER_BYTES + payload.length];
    bytes[0] = kind.number;
    System.arraycopy(payload, 0, bytes, HEADER_BYTES, payload.length);
    int checksum = checksum(bytes);
    for (int i = 0; i < 4; i++) {
      bytes[1 + i] = (byte) (checksum >>> (24 - 8 * i));
    }
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** The bytes, or empty if this text was not made by {@link #text} with this kind. */
  static Optional<byte[]> payload(Kind kind, String text) {
    if (text.length() > MAX_CHARS) {
      return Optional.empty();
    }
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    if (bytes.length < HEADER_BYTES || bytes[0] != kind.number) {
      return Optional.empty();
    }
    byte[] payload = Arrays.copyOfRange(bytes, HEADER_BYTES, bytes.length);
    // Made again, not only summed again: Base64 has bits left over in which texts can differ.
    return text(kind, payload).equals(text) ? Optional.of(payload) : Optional.empty();
  }

  private static int checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes[0]);
    crc.update(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES);
    return (int) crc.getValue();
  }
}

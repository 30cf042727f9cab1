package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/**
 * Ids that are names: version 5 UUIDs (RFC 9562, section 5.5), so that doing the same thing twice
 * can only produce the same id. The names below are part of the contract and never change.
 */
public final class NameBasedId {

  /** The namespace of every id Pleat makes: the version 5 UUID of the DNS name pleat.dev. */
  public static final UUID NAMESPACE = UUID.fromString("0f33627e-40a4-5688-b69c-6702c5d5dfc1");

  private static final MessageDigest SHA_1 = digest("SHA-1");

  private NameBasedId() {}

  /** The id of a command's event: {@code domain/aggregate/command/index}, index from 0. */
  public static UUID ofEvent(String domain, String aggregateId, UUID commandId, int index) {
    return of(NAMESPACE, domain + "/" + aggregateId + "/" + commandId + "/" + index);
  }

  /** The id of a command's outcome: {@code domain/aggregate/command/outcome}. */
  public static UUID ofOutcome(String domain, String aggregateId, UUID commandId) {
    return of(NAMESPACE, domain + "/" + aggregateId + "/" + commandId + "/outcome");
  }

  /** The id of an aggregate that a creating route makes: {@code domain/command}. */
  public static UUID ofAggregate(String domain, UUID commandId) {
    return of(NAMESPACE, domain + "/" + commandId);
  }

  /** The id of another thing a command makes: {@code domain/aggregate/command/new/index}. */
  static UUID ofThing(String domain, String aggregateId, UUID commandId, int index) {
    return of(NAMESPACE, domain + "/" + aggregateId + "/" + commandId + "/new/" + index);
  }

  /** The version 5 UUID of a name (UTF-8) in a namespace. */
  static UUID of(UUID namespace, String name) {
    byte[] text = name.getBytes(UTF_8);
    byte[] hash =
        sha1(
            ByteBuffer.allocate(16 + text.length)
                .putLong(namespace.getMostSignificantBits())
                .putLong(namespace.getLeastSignificantBits())
                .put(text)
                .array());
    ByteBuffer bits = ByteBuffer.wrap(hash);
    long most = (bits.getLong() & ~0xF000L) | 0x5000L;
    long least = (bits.getLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
    return new UUID(most, least);
  }

  private static byte[] sha1(byte[] bytes) {
    try {
      return ((MessageDigest) SHA_1.clone()).digest(bytes);
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("SHA-1 of this platform cannot be copied", e);
    }
  }

  /** A digest to be copied, never used itself. */
  static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has " + algorithm, e);
    }
  }
}

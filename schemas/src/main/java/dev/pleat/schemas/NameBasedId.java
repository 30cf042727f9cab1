package dev.pleat.schemas;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Ids that are names: version 5 UUIDs (RFC 9562, section 5.5), so that doing the same thing twice
 * can only produce the same id. The names below are part of the contract and never change.
 */
public final class NameBasedId {

  /** The namespace of every id Pleat makes: the version 5 UUID of the DNS name pleat.dev. */
  public static final UUID NAMESPACE = UUID.fromString("0f33627e-40a4-5688-b69c-6702c5d5dfc1");

  private static final MessageDigest SHA_1 = digest("SHA-1");
  private static final int USUAL_NAME_BYTES = 160;

  private NameBasedId() {}

  /** The id of a command's event: {@code domain/aggregate/command/index}, index from 0. */
  public static UUID ofEvent(String domain, String aggregateId, UUID commandId, int index) {
    return new OfCommand(domain, aggregateId, commandId).event(index);
  }

  /** The id of a command's outcome: {@code domain/aggregate/command/outcome}. */
  public static UUID ofOutcome(String domain, String aggregateId, UUID commandId) {
    return new OfCommand(domain, aggregateId, commandId).outcome();
  }

  /** The ids of what comes of one command, whose names begin alike. Used by one thread. */
  public static final class OfCommand {
    private final ByteOutput name;
    private final int common;

    /** Of this command to this aggregate. */
    public OfCommand(String domain, String aggregateId, UUID commandId) {
      name = ofCommand(domain, aggregateId, commandId);
      common = name.length();
    }

    /** The same as {@link NameBasedId#ofEvent}. */
    public UUID event(int index) {
      return hashed(name.cutTo(common).put('/').decimal(index));
    }

    /** The ids of so many events, in their order. */
    public List<UUID> events(int count) {
      List<UUID> events = new ArrayList<>(count);
      for (int index = 0; index < count; index++) {
        events.add(event(index));
      }
      return events;
    }

    /** The same as {@link NameBasedId#ofOutcome}. */
    public UUID outcome() {
      return hashed(name.cutTo(common).utf8("/outcome"));
    }
  }

  /** The id of an aggregate that a creating route makes: {@code domain/command}. */
  public static UUID ofAggregate(String domain, UUID commandId) {
    return hashed(in(NAMESPACE).utf8(domain).put('/').uuid(commandId));
  }

  /** The id of another thing a command makes: {@code domain/aggregate/command/new/index}. */
  static UUID ofThing(String domain, String aggregateId, UUID commandId, int index) {
    return hashed(ofCommand(domain, aggregateId, commandId).utf8("/new/").decimal(index));
  }

  /**
   * The id of a command that a policy sends because of an event: {@code
   * policy:domain/policy/event/index}. No domain's name has a colon in it.
   */
  public static UUID ofReaction(String domain, String policy, UUID eventId, int index) {
    return hashed(ofPolicy(domain, policy, eventId).utf8("/").decimal(index));
  }

  /**
   * The id of a command that a policy sends when a deadline has come that an event set: {@code
   * policy:domain/policy/event/deadline/name}.
   */
  public static UUID ofDeadline(String domain, String policy, UUID eventId, String name) {
    return hashed(ofPolicy(domain, policy, eventId).utf8("/deadline/").utf8(name));
  }

  /** The id of another thing a policy makes: {@code policy:domain/policy/event/new/index}. */
  static UUID ofReactionsThing(String domain, String policy, UUID eventId, int index) {
    return hashed(ofPolicy(domain, policy, eventId).utf8("/new/").decimal(index));
  }

  /**
   * What tells a call of an effect from all others, the same whenever it is repeated: {@code
   * effect:domain/effect/event}.
   */
  public static UUID ofCall(String domain, String effect, UUID eventId) {
    return hashed(ofEffect(domain, effect, eventId));
  }

  /**
   * The id of the command that records what became of a call: {@code
   * effect:domain/effect/event/result}.
   */
  public static UUID ofResult(String domain, String effect, UUID eventId, String result) {
    return hashed(ofEffect(domain, effect, eventId).put('/').utf8(result));
  }

  /** The version 5 UUID of a name (UTF-8) in a namespace. */
  static UUID of(UUID namespace, String name) {
    return hashed(in(namespace).utf8(name));
  }

  private static ByteOutput ofCommand(String domain, String aggregateId, UUID commandId) {
    return in(NAMESPACE).utf8(domain).put('/').utf8(aggregateId).put('/').uuid(commandId);
  }

  private static ByteOutput ofPolicy(String domain, String policy, UUID eventId) {
    return in(NAMESPACE).utf8("policy:").utf8(domain).put('/').utf8(policy).put('/').uuid(eventId);
  }

  private static ByteOutput ofEffect(String domain, String effect, UUID eventId) {
    return in(NAMESPACE).utf8("effect:").utf8(domain).put('/').utf8(effect).put('/').uuid(eventId);
  }

  private static ByteOutput in(UUID namespace) {
    return new ByteOutput(USUAL_NAME_BYTES)
        .bigEndian(namespace.getMostSignificantBits())
        .bigEndian(namespace.getLeastSignificantBits());
  }

  private static UUID hashed(ByteOutput name) {
    MessageDigest digest = copy(SHA_1);
    name.update(digest);
    ByteBuffer bits = ByteBuffer.wrap(digest.digest());
    long most = (bits.getLong() & ~0xF000L) | 0x5000L;
    long least = (bits.getLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
    return new UUID(most, least);
  }

  /** A digest that is only ever copied. */
  static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has " + algorithm, e);
    }
  }

  /** A digest of one's own; it costs less than asking the platform for one. */
  static MessageDigest copy(MessageDigest digest) {
    try {
      return (MessageDigest) digest.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException(digest.getAlgorithm() + " of this platform has no copies", e);
    }
  }
}

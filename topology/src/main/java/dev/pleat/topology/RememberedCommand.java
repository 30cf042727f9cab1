package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.Outcome.Verdict;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.utils.ByteUtils;

/**
 * A command that was decided, kept so that it is answered the same way when it comes again.
 *
 * <p>Its bytes are an entry: an accepted command without labels takes 33 or 34. The ids of outcome
 * and events are not kept, because they derive from the command's id.
 *
 * @param id the command's id
 * @param fingerprint of action, data and expected version; {@link #ANY_PAYLOAD} if it is not known
 * @param decidedAt when the log received the command, in ms since 1970: memory is counted from here
 * @param outcome the first outcome
 */
record RememberedCommand(UUID id, long fingerprint, long decidedAt, Outcome outcome) {

  /*
   * An entry, integers in big-endian order or as base-128 numbers (v):
   *
   *   id (16) | fingerprint (8) | decided at, ms (6) | flags (1) | version (v) |
   *   accepted: number of events (v) | rejected: reason, detail (texts) |
   *   outcome's time in ms (6), where it is not the time of decision | correlation id | actor
   *
   * A text is its length in bytes (v) and UTF-8. The flags are the verdict and what is there.
   */

  /** The fingerprint of a command of which only the events are left. */
  static final long ANY_PAYLOAD = 0;

  /** No entry is shorter. */
  static final int LEAST_BYTES = 16 + 8 + 6 + 1 + 1;

  /** Where in an entry the time of decision begins. */
  private static final int DECIDED_AT = 24;

  private static final int VERDICT = 0b11;
  private static final int ACCEPTED = 0;
  private static final int UNCHANGED = 1;
  private static final int REJECTED = 2;
  private static final int OWN_TIME = 1 << 2;
  private static final int CORRELATION_ID = 1 << 3;
  private static final int ACTOR = 1 << 4;
  private static final int KNOWN = (1 << 5) - 1;

  private static final int FIXED_BYTES = 16 + 8 + 6 + 1 + 10 + 5 + 6;

  boolean isSamePayload(long other) {
    return fingerprint == other || fingerprint == ANY_PAYLOAD;
  }

  byte[] entry() {
    byte[] correlationId = utf8(outcome.correlationId());
    byte[] actor = utf8(outcome.actor());
    byte[] reason = {};
    byte[] detail = {};
    if (outcome.verdict() instanceof Rejected rejected) {
      reason = rejected.reason().getBytes(UTF_8);
      detail = rejected.detail().getBytes(UTF_8);
    }
    long time = outcome.timestamp().toEpochMilli();
    ByteBuffer out =
        ByteBuffer.allocate(
            FIXED_BYTES + 20 + correlationId.length + actor.length + reason.length + detail.length);
    out.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    out.putLong(fingerprint);
    putTime(out, decidedAt);
    out.put(
        (byte)
            (verdictFlag()
                | (time == decidedAt ? 0 : OWN_TIME)
                | (correlationId.length == 0 ? 0 : CORRELATION_ID)
                | (actor.length == 0 ? 0 : ACTOR)));
    ByteUtils.writeVarlong(outcome.verdict().version(), out);
    switch (outcome.verdict()) {
      case Accepted accepted -> ByteUtils.writeUnsignedVarint(accepted.events().size(), out);
      case Unchanged unchanged -> {}
      case Rejected rejected -> {
        putText(out, reason);
        putText(out, detail);
      }
    }
    if (time != decidedAt) {
      putTime(out, time);
    }
    if (correlationId.length > 0) {
      putText(out, correlationId);
    }
    if (actor.length > 0) {
      putText(out, actor);
    }
    byte[] entry = new byte[out.position()];
    out.flip().get(entry);
    return entry;
  }

  private int verdictFlag() {
    return switch (outcome.verdict()) {
      case Accepted accepted -> ACCEPTED;
      case Unchanged unchanged -> UNCHANGED;
      case Rejected rejected -> REJECTED;
    };
  }

  /** Reads the entry of a command to this aggregate. */
  static RememberedCommand read(ByteBuffer entry, AggregateName aggregate) {
    try {
      UUID id = new UUID(entry.getLong(), entry.getLong());
      long fingerprint = entry.getLong();
      long decidedAt = getTime(entry);
      int flags = entry.get();
      if ((flags & ~KNOWN) != 0) {
        throw new IllegalStateException("a remembered command has flags " + flags);
      }
      long version = ByteUtils.readVarlong(entry);
      Verdict verdict =
          switch (flags & VERDICT) {
            case ACCEPTED ->
                new Accepted(version, aggregate.eventsOf(id, ByteUtils.readUnsignedVarint(entry)));
            case UNCHANGED -> new Unchanged(version);
            case REJECTED -> new Rejected(version, getText(entry), getText(entry));
            default -> throw new IllegalStateException("a remembered command has flags " + flags);
          };
      long time = (flags & OWN_TIME) == 0 ? decidedAt : getTime(entry);
      Optional<String> correlationId =
          (flags & CORRELATION_ID) == 0 ? Optional.empty() : Optional.of(getText(entry));
      Optional<String> actor =
          (flags & ACTOR) == 0 ? Optional.empty() : Optional.of(getText(entry));
      return new RememberedCommand(
          id,
          fingerprint,
          decidedAt,
          new Outcome(
              aggregate.outcomeOf(id),
              id,
              verdict,
              Instant.ofEpochMilli(time),
              correlationId,
              actor,
              false));
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw new IllegalStateException("a remembered command is cut off", e);
    }
  }

  /** When the command was decided whose entry begins here, without reading the rest. */
  static long decidedAt(ByteBuffer entries, int at) {
    return entries.getLong(at + DECIDED_AT - 2) & 0xFFFF_FFFF_FFFFL;
  }

  /** Whether the entry that begins here is of this command. */
  static boolean isOf(UUID commandId, ByteBuffer entries, int at) {
    return entries.getLong(at + 8) == commandId.getLeastSignificantBits()
        && entries.getLong(at) == commandId.getMostSignificantBits();
  }

  private static byte[] utf8(Optional<String> text) {
    return text.isEmpty() ? new byte[0] : text.get().getBytes(UTF_8);
  }

  /** 48 bits: enough until the year 10889. */
  private static void putTime(ByteBuffer out, long time) {
    out.putShort((short) (time >>> 32)).putInt((int) time);
  }

  private static long getTime(ByteBuffer in) {
    return (in.getShort() & 0xFFFFL) << 32 | in.getInt() & 0xFFFF_FFFFL;
  }

  private static void putText(ByteBuffer out, byte[] utf8) {
    ByteUtils.writeUnsignedVarint(utf8.length, out);
    out.put(utf8);
  }

  private static String getText(ByteBuffer in) {
    int length = ByteUtils.readUnsignedVarint(in);
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] utf8 = new byte[length];
    in.get(utf8);
    return new String(utf8, UTF_8);
  }
}

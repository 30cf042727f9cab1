package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.Outcome;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Reads aggregates as the first release stored them; they are stored in the present format when
 * they next change.
 */
final class FirstFormat {

  private static final byte FORMAT = 1;
  private static final int FINGERPRINT_BYTES = 16;
  private static final int ACCEPTED = 0;
  private static final int UNCHANGED = 1;
  private static final int REJECTED = 2;

  private FirstFormat() {}

  static Aggregate aggregate(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      requireFormat(in, "an aggregate's state");
      long version = in.readLong();
      long lastEventTime = in.readLong();
      // The overflow store of that release had another name.
      in.readLong();
      int stateVersion = in.readInt();
      byte[] state = readBytes(in, in.readInt());
      int count = in.readUnsignedByte();
      RecentCommands remembered = RecentCommands.NONE;
      for (int i = 0; i < count; i++) {
        remembered =
            remembered
                .adding(command(in), Long.MIN_VALUE, Aggregate.REMEMBERED_HERE, Integer.MAX_VALUE)
                .commands();
      }
      return new Aggregate(
          version, lastEventTime, Aggregate.Overflow.NONE, stateVersion, state, remembered);
    } catch (IOException e) {
      throw new IllegalStateException("an aggregate's state is cut off", e);
    }
  }

  private static RememberedCommand command(DataInputStream in) throws IOException {
    requireFormat(in, "a remembered command");
    UUID id = readUuid(in);
    long fingerprint = ByteBuffer.wrap(readBytes(in, FINGERPRINT_BYTES)).getLong();
    long decidedAt = in.readLong();
    UUID outcomeId = readUuid(in);
    Instant timestamp = Instant.ofEpochMilli(in.readLong());
    Optional<String> correlationId = readText(in);
    Optional<String> actor = readText(in);
    Outcome.Verdict verdict = readVerdict(in, in.readLong());
    return new RememberedCommand(
        id,
        fingerprint,
        decidedAt,
        new Outcome(outcomeId, id, verdict, timestamp, correlationId, actor, false));
  }

  private static Outcome.Verdict readVerdict(DataInputStream in, long version) throws IOException {
    int kind = in.readByte();
    return switch (kind) {
      case ACCEPTED -> {
        int count = in.readInt();
        List<UUID> events = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          events.add(readUuid(in));
        }
        yield new Outcome.Accepted(version, events);
      }
      case UNCHANGED -> new Outcome.Unchanged(version);
      case REJECTED ->
          new Outcome.Rejected(version, readText(in).orElse(""), readText(in).orElse(""));
      default -> throw new IllegalStateException("a remembered command has verdict " + kind);
    };
  }

  private static void requireFormat(DataInputStream in, String what) throws IOException {
    byte format = in.readByte();
    if (format != FORMAT) {
      throw new IllegalStateException(what + " is of format " + format + " inside format 1");
    }
  }

  /** Exactly so many bytes. */
  private static byte[] readBytes(DataInputStream in, int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException(bytes.length + " bytes of " + count);
    }
    return bytes;
  }

  private static UUID readUuid(DataInputStream in) throws IOException {
    return new UUID(in.readLong(), in.readLong());
  }

  private static Optional<String> readText(DataInputStream in) throws IOException {
    String text = new String(readBytes(in, in.readInt()), UTF_8);
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }
}

package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.Outcome;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A command that was decided, kept so that it is answered the same way when it comes again.
 *
 * @param id the command's id
 * @param fingerprint of action, data and expected version, 16 bytes
 * @param decidedAt when the log received the command, in ms since 1970: memory is counted from here
 * @param outcome the first outcome
 */
record RememberedCommand(UUID id, byte[] fingerprint, long decidedAt, Outcome outcome) {

  private static final byte FORMAT = 1;
  private static final int FINGERPRINT_BYTES = 16;
  private static final int ACCEPTED = 0;
  private static final int UNCHANGED = 1;
  private static final int REJECTED = 2;

  boolean isSamePayload(byte[] other) {
    return Arrays.equals(fingerprint, other);
  }

  /** On its own, for the overflow store: with the aggregate it belongs to given on reading. */
  byte[] bytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return bytes.toByteArray();
  }

  static RememberedCommand read(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      return readFrom(in);
    } catch (IOException e) {
      throw new IllegalStateException("a remembered command is cut off", e);
    }
  }

  void writeTo(DataOutputStream out) throws IOException {
    out.writeByte(FORMAT);
    writeUuid(out, id);
    out.write(fingerprint);
    out.writeLong(decidedAt);
    writeUuid(out, outcome.id());
    out.writeLong(outcome.timestamp().toEpochMilli());
    writeText(out, outcome.correlationId().orElse(""));
    writeText(out, outcome.actor().orElse(""));
    out.writeLong(outcome.verdict().version());
    switch (outcome.verdict()) {
      case Outcome.Accepted accepted -> {
        out.writeByte(ACCEPTED);
        out.writeInt(accepted.events().size());
        for (UUID event : accepted.events()) {
          writeUuid(out, event);
        }
      }
      case Outcome.Unchanged unchanged -> out.writeByte(UNCHANGED);
      case Outcome.Rejected rejected -> {
        out.writeByte(REJECTED);
        writeText(out, rejected.reason());
        writeText(out, rejected.detail());
      }
    }
  }

  static RememberedCommand readFrom(DataInputStream in) throws IOException {
    byte format = in.readByte();
    if (format != FORMAT) {
      throw new IllegalStateException(
          "a remembered command is of format " + format + "; this release reads " + FORMAT);
    }
    UUID id = readUuid(in);
    byte[] fingerprint = readBytes(in, FINGERPRINT_BYTES);
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

  /** Exactly so many bytes. */
  static byte[] readBytes(DataInputStream in, int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException(bytes.length + " bytes of " + count);
    }
    return bytes;
  }

  private static Outcome.Verdict readVerdict(DataInputStream in, long version) throws IOException {
    int kind = in.readByte();
    return switch (kind) {
      case ACCEPTED -> {
        int count = in.readInt();
        List<UUID> events = new ArrayList<>(count);
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

  private static void writeUuid(DataOutputStream out, UUID id) throws IOException {
    out.writeLong(id.getMostSignificantBits());
    out.writeLong(id.getLeastSignificantBits());
  }

  private static UUID readUuid(DataInputStream in) throws IOException {
    return new UUID(in.readLong(), in.readLong());
  }

  private static void writeText(DataOutputStream out, String text) throws IOException {
    byte[] utf8 = text.getBytes(UTF_8);
    out.writeInt(utf8.length);
    out.write(utf8);
  }

  private static Optional<String> readText(DataInputStream in) throws IOException {
    String text = new String(readBytes(in, in.readInt()), UTF_8);
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }
}

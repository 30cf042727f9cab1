package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.interactivequeries.Checked.Kind;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Optional;

/**
 * What a command's answer carries so that a reader can ask to be served at or after it.
 *
 * @param domain the domain
 * @param logId which incarnation of the domain's event log: a version of another one says nothing
 * @param aggregateId the aggregate
 * @param version the aggregate's version after the command, counted in events
 */
record Token(String domain, String logId, String aggregateId, long version) {

  private static final int MAX_TEXT_BYTES = 255;

  /** The token as clients carry it: URL-safe, opaque. */
  String text() {
    byte[] domainBytes = bounded(domain);
    byte[] logBytes = bounded(logId);
    byte[] idBytes = aggregateId.getBytes(UTF_8);
    return Checked.text(
        Kind.TOKEN,
        ByteBuffer.allocate(10 + domainBytes.length + logBytes.length + idBytes.length)
            .putLong(version)
            .put((byte) domainBytes.length)
            .put(domainBytes)
            .put((byte) logBytes.length)
            .put(logBytes)
            .put(idBytes)
            .array());
  }

  /** The token a client handed back, or empty if the text is none. */
  static Optional<Token> parse(String text) {
    return Checked.payload(Kind.TOKEN, text)
        .flatMap(
            payload -> {
              ByteBuffer bytes = ByteBuffer.wrap(payload);
              try {
                long version = bytes.getLong();
                String domain = take(bytes, Byte.toUnsignedInt(bytes.get()));
                String logId = take(bytes, Byte.toUnsignedInt(bytes.get()));
                String aggregateId = take(bytes, bytes.remaining());
                return version < 0
                    ? Optional.empty()
                    : Optional.of(new Token(domain, logId, aggregateId, version));
              } catch (BufferUnderflowException | CharacterCodingException e) {
                return Optional.empty();
              }
            });
  }

  private static String take(ByteBuffer bytes, int length) throws CharacterCodingException {
    if (length > bytes.remaining()) {
      throw new BufferUnderflowException();
    }
    ByteBuffer part = bytes.slice(bytes.position(), length);
    bytes.position(bytes.position() + length);
    return UTF_8.newDecoder().decode(part).toString();
  }

  private static byte[] bounded(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    if (bytes.length > MAX_TEXT_BYTES) {
      throw new IllegalArgumentException("a domain's name or log id has more than 255 bytes");
    }
    return bytes;
  }
}

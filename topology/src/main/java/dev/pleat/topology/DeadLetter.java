package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * A record that could not be read as a command at all, or an event that an effect could not act on,
 * on its way to {@code <domain>.dead-letters}: its own key, value and headers, and why it is there.
 *
 * @param reason one of {@code no-key}, {@code no-value}, {@code value-too-large}, {@code
 *     invalid-key}, {@code unreadable}, {@code no-command-id}, {@code invalid-command-id}, {@code
 *     too-many-hops}, {@code effect-failed}, {@code call-refused}
 * @param detail a sentence for a person; it may quote the character or word that is wrong
 */
record DeadLetter(String reason, String detail) {

  /** Key, value and headers that are together below this are copied whole, in bytes. */
  private static final int MAX_COPIED_BYTES = 900 * 1024;

  /** What is kept of a key or a value that is too large to copy, in bytes. */
  private static final int KEPT_BYTES = 64 * 1024;

  Record<byte[], byte[]> record(Record<byte[], byte[]> record, RecordMetadata source) {
    byte @Nullable [] key = record.key();
    byte @Nullable [] value = record.value();
    int headerBytes = bytes(record.headers());
    boolean whole = length(key) + length(value) + headerBytes <= MAX_COPIED_BYTES;
    Record<byte[], byte[]> letter =
        new Record<>(whole ? key : cut(key), whole ? value : cut(value), record.timestamp());
    Headers headers = letter.headers();
    if (headerBytes <= KEPT_BYTES) {
      record.headers().forEach(headers::add);
    } else {
      add(headers, "pleat-headers-dropped", Integer.toString(headerBytes));
    }
    add(headers, "pleat-reason", reason);
    add(headers, "pleat-detail", detail);
    add(headers, "pleat-topic", source.topic());
    add(headers, "pleat-partition", Integer.toString(source.partition()));
    add(headers, "pleat-offset", Long.toString(source.offset()));
    add(headers, "pleat-timestamp", Long.toString(record.timestamp()));
    if (!whole && length(key) > KEPT_BYTES) {
      add(headers, "pleat-key-sha256", sha256(key));
    }
    if (!whole && length(value) > KEPT_BYTES) {
      add(headers, "pleat-value-sha256", sha256(value));
    }
    return letter;
  }

  private static byte @Nullable [] cut(byte @Nullable [] bytes) {
    return bytes == null || bytes.length <= KEPT_BYTES ? bytes : Arrays.copyOf(bytes, KEPT_BYTES);
  }

  private static int bytes(Headers headers) {
    int sum = 0;
    for (Header header : headers) {
      sum += header.key().length() * 3 + length(header.value());
    }
    return sum;
  }

  private static int length(byte @Nullable [] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  private static void add(Headers headers, String name, String value) {
    headers.add(name, value.getBytes(UTF_8));
  }

  private static String sha256(byte @Nullable [] bytes) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(bytes == null ? new byte[0] : bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}

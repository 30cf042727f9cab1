package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageHeaders;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * Where a message comes from, as its record's headers say: the trace it belongs to, the event that
 * caused its command, and how many policies lie before it. Pure.
 */
final class Origin {

  private static final int MAX_TRACEPARENT_BYTES = 256;
  private static final int CAUSE_BYTES = 36;
  private static final int MAX_HOPS_BYTES = 3;

  private Origin() {}

  /** Copies them from a command to what comes of it. */
  static void carry(Headers from, Headers to) {
    carry(from, MessageHeaders.TRACEPARENT, MAX_TRACEPARENT_BYTES, to);
    carry(from, MessageHeaders.CAUSE, CAUSE_BYTES, to);
    carry(from, MessageHeaders.HOPS, MAX_HOPS_BYTES, to);
  }

  static void carryTrace(Headers from, Headers to) {
    carry(from, MessageHeaders.TRACEPARENT, MAX_TRACEPARENT_BYTES, to);
  }

  /** Copies one header, unless it is missing or too long. */
  static void carry(Headers from, String name, int maxBytes, Headers to) {
    Header header = from.lastHeader(name);
    if (header != null && header.value() != null && header.value().length <= maxBytes) {
      to.add(name, header.value());
    }
  }

  /** How many policies lie before a message; 0 where nothing says so. */
  static int hops(Headers headers) {
    return text(headers, MessageHeaders.HOPS)
        .filter(text -> text.matches("[0-9]{1," + MAX_HOPS_BYTES + "}"))
        .map(Integer::parseInt)
        .orElse(0);
  }

  /** The event that caused it; empty where nothing says so. */
  static Optional<UUID> cause(Headers headers) {
    return text(headers, MessageHeaders.CAUSE).flatMap(JsonCodec::uuid);
  }

  private static Optional<String> text(Headers headers, String name) {
    return Optional.ofNullable(headers.lastHeader(name))
        .map(Header::value)
        .map(value -> new String(value, UTF_8));
  }
}

package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;

/**
 * The stores of a domain's history, and what lies where in them: by aggregate, and there by
 * version.
 */
public final class HistoryKey {

  /** The state store of every event, as it lies on the log. */
  public static final String EVENTS = "history-events";

  /** The state store of what some of the versions had made of the events before. */
  public static final String SNAPSHOTS = "history-snapshots";

  /** The state store of the last version of each aggregate, and of its last snapshot. */
  public static final String LAST = "history-last";

  private HistoryKey() {}

  /** The key of a version of an aggregate; those of an aggregate lie in the order of versions. */
  public static byte[] of(String aggregateId, long version) {
    byte[] id = aggregateId.getBytes(UTF_8);
    // No id has a control character, so no id's keys lie among another's.
    return ByteBuffer.allocate(id.length + 1 + Long.BYTES)
        .put(id)
        .put((byte) 0)
        .putLong(version)
        .array();
  }

  /** The version in a key. */
  public static long version(byte[] key) {
    return ByteBuffer.wrap(key).getLong(key.length - Long.BYTES);
  }
}

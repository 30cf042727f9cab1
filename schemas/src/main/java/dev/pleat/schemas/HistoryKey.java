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

  /** The state store of every outcome that is not replayed, as it lies on the log. */
  public static final String OUTCOMES = "history-outcomes";

  private HistoryKey() {}

  /** The key of a version of an aggregate; those of an aggregate lie in the order of versions. */
  public static byte[] of(String aggregateId, long version) {
    return key(aggregateId, Long.BYTES).putLong(version).array();
  }

  /**
   * The key of an outcome: those of an aggregate lie in the order in which they were decided.
   *
   * @param version the aggregate's version after the command
   * @param place tells apart those of one version, rising, from 1
   */
  public static byte[] ofOutcome(String aggregateId, long version, long place) {
    return key(aggregateId, 2 * Long.BYTES).putLong(version).putLong(place).array();
  }

  private static ByteBuffer key(String aggregateId, int more) {
    byte[] id = aggregateId.getBytes(UTF_8);
    // No id has a control character, so no id's keys lie among another's.
    return ByteBuffer.allocate(id.length + 1 + more).put(id).put((byte) 0);
  }

  /** The version in the key of an outcome. */
  public static long outcomeVersion(byte[] key) {
    return ByteBuffer.wrap(key).getLong(key.length - 2 * Long.BYTES);
  }

  /** The place in the key of an outcome. */
  public static long outcomePlace(byte[] key) {
    return ByteBuffer.wrap(key).getLong(key.length - Long.BYTES);
  }

  /** The version in a key. */
  public static long version(byte[] key) {
    return ByteBuffer.wrap(key).getLong(key.length - Long.BYTES);
  }
}

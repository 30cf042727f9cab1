package dev.pleat.topology;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.ByteUtils;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * What the write side stores of one aggregate, and its bytes.
 *
 * @param version how many events it has; 0 if it does not exist
 * @param lastEventTime the timestamp of its newest event, in ms since 1970
 * @param overflow where those of its remembered commands lie that are not here
 * @param stateVersion the version of the state's shape
 * @param state the decider's state, in the engine's codec; empty if the aggregate does not exist
 * @param remembered the newest commands
 */
record Aggregate(
    long version,
    long lastEventTime,
    Overflow overflow,
    int stateVersion,
    byte[] state,
    RecentCommands remembered) {

  /** The store: aggregate id (UTF-8) to the bytes made here. */
  static final String STORE = "aggregates";

  private static final byte FORMAT = 2;
  private static final byte FIRST_FORMAT = 1;

  /** How many commands are remembered beside the state; older ones go to the overflow store. */
  static final int REMEMBERED_HERE = 16;

  private static final int MAX_HEAD_BYTES = 1 + 10 + 10 + 10 + 1 + 5 + 5 + 1;

  /**
   * The periods of the overflow store that hold commands of one aggregate.
   *
   * @param newest the newest such period; 0 if there is none
   * @param before a bit for each of the periods before it, the lowest for the one just before
   */
  record Overflow(long newest, int before) {

    static final Overflow NONE = new Overflow(0, 0);

    /** How many periods can be of interest at one time. */
    static final int PERIODS = 3;

    boolean mayHave(long period) {
      if (newest == 0) {
        return false;
      }
      long back = newest - period;
      return back == 0 || back > 0 && back < PERIODS && (before >> (back - 1) & 1) != 0;
    }

    Overflow with(long period) {
      if (newest == 0) {
        return new Overflow(period, 0);
      }
      long ahead = period - newest;
      int kept = (1 << (PERIODS - 1)) - 1;
      if (ahead > 0) {
        return new Overflow(
            period, ahead >= PERIODS ? 0 : ((before << 1 | 1) << (ahead - 1)) & kept);
      }
      return ahead == 0 || -ahead >= PERIODS
          ? this
          : new Overflow(newest, before | 1 << (-ahead - 1));
    }
  }

  static StoreBuilder<?> store() {
    return Stores.keyValueStoreBuilder(
        Stores.persistentKeyValueStore(STORE), Serdes.String(), Serdes.ByteArray());
  }

  static Aggregate absent() {
    return new Aggregate(0, 0, Overflow.NONE, 0, new byte[0], RecentCommands.NONE);
  }

  boolean exists() {
    return version > 0;
  }

  /** With these commands remembered here, and others in these periods of the overflow store. */
  Aggregate remembering(RecentCommands here, Overflow elsewhere) {
    return new Aggregate(version, lastEventTime, elsewhere, stateVersion, state, here);
  }

  /** How many bytes {@link #bytes} has beside the remembered commands, at most. */
  int maxBytesWithoutMemory() {
    return MAX_HEAD_BYTES + state.length;
  }

  /** How many bytes a record leaves for remembered commands; below 0 if it is too small. */
  int roomForMemory(int recordBytes) {
    return recordBytes - maxBytesWithoutMemory();
  }

  byte[] bytes() {
    ByteBuffer out = ByteBuffer.allocate(maxBytesWithoutMemory() + remembered.byteCount());
    out.put(FORMAT);
    ByteUtils.writeVarlong(version, out);
    ByteUtils.writeVarlong(lastEventTime, out);
    ByteUtils.writeVarlong(overflow.newest(), out);
    out.put((byte) overflow.before());
    ByteUtils.writeUnsignedVarint(stateVersion, out);
    ByteUtils.writeUnsignedVarint(state.length, out);
    out.put(state);
    out.put((byte) remembered.size());
    remembered.writeTo(out);
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }

  /**
   * Reads what {@link #bytes} wrote, or what the first format was.
   *
   * @throws IllegalStateException if these bytes are of another format
   */
  static Aggregate read(byte[] bytes) {
    if (bytes.length > 0 && bytes[0] == FIRST_FORMAT) {
      return FirstFormat.aggregate(bytes);
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      byte format = in.get();
      if (format != FORMAT) {
        throw new IllegalStateException(
            "an aggregate's state is of format " + format + "; this release reads up to " + FORMAT);
      }
      long version = ByteUtils.readVarlong(in);
      long lastEventTime = ByteUtils.readVarlong(in);
      long newest = ByteUtils.readVarlong(in);
      int before = in.get();
      int stateVersion = ByteUtils.readUnsignedVarint(in);
      int length = ByteUtils.readUnsignedVarint(in);
      if (length < 0 || length > in.remaining()) {
        throw new BufferUnderflowException();
      }
      byte[] state = new byte[length];
      in.get(state);
      int count = in.get() & 0xFF;
      return new Aggregate(
          version,
          lastEventTime,
          newest == 0 && before == 0 ? Overflow.NONE : new Overflow(newest, before),
          stateVersion,
          state,
          RecentCommands.read(bytes, in.position(), count));
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw new IllegalStateException("an aggregate's state is cut off", e);
    }
  }
}

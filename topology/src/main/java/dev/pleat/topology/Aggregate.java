package dev.pleat.topology;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * What the write side stores of one aggregate, and its bytes.
 *
 * @param version how many events it has; 0 if it does not exist
 * @param lastEventTime the timestamp of its newest event, in ms since 1970
 * @param overflowTime the time of the newest remembered command that lies in the overflow store and
 *     not here, in ms since 1970; 0 if there is none
 * @param stateVersion the version of the state's shape
 * @param state the decider's state, in the engine's codec; empty if the aggregate does not exist
 * @param remembered the newest commands, oldest first
 */
record Aggregate(
    long version,
    long lastEventTime,
    long overflowTime,
    int stateVersion,
    byte[] state,
    List<RememberedCommand> remembered) {

  /** The store: aggregate id (UTF-8) to the bytes made here. */
  static final String STORE = "aggregates";

  private static final byte FORMAT = 1;

  /** How many commands are remembered beside the state; older ones go to the overflow store. */
  static final int REMEMBERED_HERE = 16;

  static StoreBuilder<?> store() {
    return Stores.keyValueStoreBuilder(
        Stores.persistentKeyValueStore(STORE), Serdes.String(), Serdes.ByteArray());
  }

  static Aggregate absent() {
    return new Aggregate(0, 0, 0, 0, new byte[0], List.of());
  }

  boolean exists() {
    return version > 0;
  }

  Optional<RememberedCommand> remembers(UUID commandId) {
    return remembered.stream().filter(command -> command.id().equals(commandId)).findFirst();
  }

  /** With these commands remembered here, and those handed to the overflow store. */
  Aggregate remembering(List<RememberedCommand> here, List<RememberedCommand> overflowing) {
    long newestOverflow =
        overflowing.stream().mapToLong(RememberedCommand::decidedAt).max().orElse(0);
    return new Aggregate(
        version,
        lastEventTime,
        Math.max(overflowTime, newestOverflow),
        stateVersion,
        state,
        List.copyOf(here));
  }

  byte[] bytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256 + state.length);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(FORMAT);
      out.writeLong(version);
      out.writeLong(lastEventTime);
      out.writeLong(overflowTime);
      out.writeInt(stateVersion);
      out.writeInt(state.length);
      out.write(state);
      out.writeByte(remembered.size());
      for (RememberedCommand command : remembered) {
        command.writeTo(out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return bytes.toByteArray();
  }

  /**
   * Reads what {@link #bytes} wrote.
   *
   * @throws IllegalStateException if these bytes are of another format
   */
  static Aggregate read(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      byte format = in.readByte();
      if (format != FORMAT) {
        throw new IllegalStateException(
            "an aggregate's state is of format " + format + "; this release reads " + FORMAT);
      }
      long version = in.readLong();
      long lastEventTime = in.readLong();
      long overflowTime = in.readLong();
      int stateVersion = in.readInt();
      byte[] state = RememberedCommand.readBytes(in, in.readInt());
      int count = in.readUnsignedByte();
      List<RememberedCommand> remembered = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        remembered.add(RememberedCommand.readFrom(in));
      }
      return new Aggregate(version, lastEventTime, overflowTime, stateVersion, state, remembered);
    } catch (IOException e) {
      throw new IllegalStateException("an aggregate's state is cut off", e);
    }
  }
}

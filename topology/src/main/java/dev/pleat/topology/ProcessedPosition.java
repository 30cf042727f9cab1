package dev.pleat.topology;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * How far the commands of one partition have been answered, kept with the state: when the consumer
 * group is rewound, records below it are skipped. Used by one stream thread at a time.
 */
final class ProcessedPosition {

  private static final String STORE = "processed-position";
  private static final byte FORMAT = 1;

  private final InputLog log;
  private KeyValueStore<Integer, byte[]> store;
  private int partition;
  private long next;

  @SuppressWarnings("NullAway.Init") // init comes first
  ProcessedPosition(InputLog log) {
    this.log = log;
  }

  /** One row a partition; cached, because it changes with every record and only the last counts. */
  static StoreBuilder<?> store() {
    return Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(STORE), Serdes.Integer(), Serdes.ByteArray())
        .withCachingEnabled();
  }

  void init(ProcessorContext<?, ?> context) {
    store = context.getStateStore(STORE);
    partition = context.taskId().partition();
    byte[] row = store.get(partition);
    next = row == null ? 0 : read(row);
  }

  boolean isProcessed(long offset) {
    return offset < next;
  }

  void processed(long offset) {
    next = offset + 1;
    store.put(partition, bytes());
  }

  private byte[] bytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(48);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(FORMAT);
      out.writeUTF(log.topicId());
      out.writeLong(next);
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return bytes.toByteArray();
  }

  private long read(byte[] row) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(row))) {
      byte format = in.readByte();
      if (format != FORMAT) {
        throw new IllegalStateException("the processed position is of format " + format);
      }
      String topicId = in.readUTF();
      long position = in.readLong();
      if (topicId.equals(log.topicId())) {
        return position;
      }
      if (log.acceptRecreated()) {
        return 0;
      }
      throw new IllegalStateException(
          "partition "
              + partition
              + ": the state was made from commands topic "
              + topicId
              + ", this one is "
              + log.topicId()
              + ": it was deleted and created again");
    } catch (IOException e) {
      throw new IllegalStateException("the processed position is cut off", e);
    }
  }
}

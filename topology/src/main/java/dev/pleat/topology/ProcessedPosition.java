package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.ProcessingContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * How far the commands of one partition have been answered, or its events reacted to, kept with the
 * state: when the consumer group is rewound, records below it are skipped. The room that remembered
 * commands take is in the same row. Used by one stream thread at a time.
 */
final class ProcessedPosition {

  static final String STORE = "processed-position";
  private static final byte FORMAT = 2;
  private static final byte FIRST_FORMAT = 1;

  private final String storeName;
  private final InputLog log;
  private final byte[] topicId;
  private final MemoryUse use;
  private KeyValueStore<Integer, byte[]> store;
  private int partition;
  private long next;

  /** In the commands topic. */
  ProcessedPosition(InputLog log, MemoryUse use) {
    this(STORE, log, use);
  }

  @SuppressWarnings("NullAway.Init") // init comes first
  ProcessedPosition(String storeName, InputLog log, MemoryUse use) {
    this.storeName = storeName;
    this.log = log;
    this.topicId = log.topicId().getBytes(UTF_8);
    this.use = use;
  }

  /** One row a partition; cached, because it changes with every record and only the last counts. */
  static StoreBuilder<?> store(String name) {
    return Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(name), Serdes.Integer(), Serdes.ByteArray())
        .withCachingEnabled();
  }

  void init(ProcessingContext context) {
    store = context.getStateStore(storeName);
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

  /** Sends the row to its changelog now, so that it does not hold up the commit. */
  void send() {
    CachedStore.send(store);
  }

  private byte[] bytes() {
    ByteBuffer out = ByteBuffer.allocate(2 + topicId.length + Long.BYTES + MemoryUse.BYTES);
    out.put(FORMAT).put((byte) topicId.length).put(topicId).putLong(next);
    use.writeTo(out);
    return out.array();
  }

  private long read(byte[] row) {
    try {
      ByteBuffer in = ByteBuffer.wrap(row);
      byte format = in.get();
      if (format != FORMAT && format != FIRST_FORMAT) {
        throw new IllegalStateException("the processed position is of format " + format);
      }
      byte[] topic = new byte[format == FIRST_FORMAT ? in.getShort() : in.get()];
      in.get(topic);
      long position = in.getLong();
      if (format == FORMAT) {
        use.readFrom(in);
      }
      String topicId = new String(topic, UTF_8);
      if (topicId.equals(log.topicId())) {
        return position;
      }
      if (log.acceptRecreated()) {
        return 0;
      }
      throw new IllegalStateException(
          "partition "
              + partition
              + ": the state was made from topic "
              + topicId
              + ", this one is "
              + log.topicId()
              + ": it was deleted and created again");
    } catch (BufferUnderflowException | NegativeArraySizeException e) {
      throw new IllegalStateException("the processed position is cut off", e);
    }
  }
}

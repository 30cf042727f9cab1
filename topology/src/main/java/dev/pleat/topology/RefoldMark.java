package dev.pleat.topology;

import java.nio.ByteBuffer;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The mark of a partition whose state a refold has begun to fold anew. It lies with the state and
 * commits with it: whoever comes to own the partition does not decide on half of a state, whatever
 * they were told by others.
 *
 * <p>It is not taken away. A command topology is told how many refolds are complete, and the mark
 * of one of these means nothing any more.
 */
final class RefoldMark {

  private static final byte FORMAT = 1;

  private RefoldMark() {}

  /** Beside the processed positions, whose keys are not negative. */
  private static int key(ProcessorContext<?, ?> context) {
    return -1 - context.taskId().partition();
  }

  private static KeyValueStore<Integer, byte[]> store(ProcessorContext<?, ?> context) {
    return context.getStateStore(ProcessedPosition.STORE);
  }

  static void leave(ProcessorContext<?, ?> context, int refolds) {
    store(context)
        .put(
            key(context),
            ByteBuffer.allocate(1 + Integer.BYTES).put(FORMAT).putInt(refolds).array());
  }

  /**
   * Refuses state that is not complete.
   *
   * @param refolds how many refolds are
   * @throws IllegalStateException if a later one has begun on this partition
   */
  static void requireNoneAfter(ProcessorContext<?, ?> context, int refolds) {
    byte[] mark = store(context).get(key(context));
    if (mark == null) {
      return;
    }
    if (mark.length != 1 + Integer.BYTES || mark[0] != FORMAT) {
      throw new IllegalStateException("the mark of a refold is of another format");
    }
    if (ByteBuffer.wrap(mark, 1, Integer.BYTES).getInt() > refolds) {
      throw new IllegalStateException(
          "partition "
              + context.taskId().partition()
              + ": its state is being folded anew from the events and is not complete");
    }
  }
}

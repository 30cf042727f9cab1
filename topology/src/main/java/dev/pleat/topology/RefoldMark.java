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

  /** More refolds than there ever are: the state is of a log that another one took the place of. */
  private static final int CLOSED = Integer.MAX_VALUE;

  private RefoldMark() {}

  /** Beside the processed positions, whose keys are not negative. */
  private static int key(int partition) {
    return -1 - partition;
  }

  private static byte[] value(int refolds) {
    return ByteBuffer.allocate(1 + Integer.BYTES).put(FORMAT).putInt(refolds).array();
  }

  /** What closes a partition for good, as the changelog topic has it. */
  static ClosingMark closing(String topic, int partition) {
    return new ClosingMark(
        topic,
        partition,
        ByteBuffer.allocate(Integer.BYTES).putInt(key(partition)).array(),
        value(CLOSED));
  }

  private static KeyValueStore<Integer, byte[]> store(ProcessorContext<?, ?> context) {
    return context.getStateStore(ProcessedPosition.STORE);
  }

  static void leave(ProcessorContext<?, ?> context, int refolds) {
    store(context).put(key(context.taskId().partition()), value(refolds));
  }

  /**
   * Refuses state of a log that another one took the place of.
   *
   * @throws IllegalStateException if it is
   */
  static void requireNotClosed(ProcessorContext<?, ?> context) {
    requireNoneAfter(context, CLOSED - 1);
  }

  /**
   * Refuses state that is not complete.
   *
   * @param refolds how many refolds are
   * @throws IllegalStateException if a later one has begun on this partition
   */
  static void requireNoneAfter(ProcessorContext<?, ?> context, int refolds) {
    byte[] mark = store(context).get(key(context.taskId().partition()));
    if (mark == null) {
      return;
    }
    if (mark.length != 1 + Integer.BYTES || mark[0] != FORMAT) {
      throw new IllegalStateException("the mark of a refold is of another format");
    }
    int last = ByteBuffer.wrap(mark, 1, Integer.BYTES).getInt();
    if (last == CLOSED) {
      throw new IllegalStateException(
          "partition "
              + context.taskId().partition()
              + ": another generation of the log took the place of this one; start this process"
              + " again");
    }
    if (last > refolds) {
      throw new IllegalStateException(
          "partition "
              + context.taskId().partition()
              + ": its state is being folded anew from the events and is not complete");
    }
  }
}

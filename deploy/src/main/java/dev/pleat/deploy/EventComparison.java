package dev.pleat.deploy;

import java.util.Arrays;
import java.util.Iterator;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Finds the first event in which two logs of one partition differ. Pure. */
final class EventComparison {

  private EventComparison() {}

  /**
   * What was found.
   *
   * @param same how many events are the same, before the first difference
   */
  record Compared(long same, Optional<Pair> first) {}

  /** What both logs have in the same place; one of them perhaps nothing. */
  record Pair(
      Optional<ConsumerRecord<byte[], byte[]>> live,
      Optional<ConsumerRecord<byte[], byte[]>> rebuilt) {}

  /**
   * Compares key and value, byte for byte, and the order. The live log may go on longer than the
   * other one, because it grows: what it has after an offset need not be in the other one.
   *
   * @param certain the live offset before which all events must be in the other log
   */
  static Compared between(
      Iterator<ConsumerRecord<byte[], byte[]>> live,
      Iterator<ConsumerRecord<byte[], byte[]>> rebuilt,
      long certain) {
    long same = 0;
    while (rebuilt.hasNext()) {
      ConsumerRecord<byte[], byte[]> again = rebuilt.next();
      if (!live.hasNext()) {
        return new Compared(same, Optional.of(new Pair(Optional.empty(), Optional.of(again))));
      }
      ConsumerRecord<byte[], byte[]> first = live.next();
      if (!Arrays.equals(first.key(), again.key())
          || !Arrays.equals(first.value(), again.value())) {
        return new Compared(same, Optional.of(new Pair(Optional.of(first), Optional.of(again))));
      }
      same++;
    }
    Optional<ConsumerRecord<byte[], byte[]>> more =
        live.hasNext()
            ? Optional.of(live.next()).filter(event -> event.offset() < certain)
            : Optional.empty();
    return new Compared(same, more.map(event -> new Pair(Optional.of(event), Optional.empty())));
  }
}

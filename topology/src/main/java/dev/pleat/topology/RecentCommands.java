package dev.pleat.topology;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.utils.ByteUtils;

/**
 * The newest commands of one aggregate, oldest first, as the bytes they are stored in: most of them
 * are only ever passed on. Immutable.
 */
final class RecentCommands {

  static final RecentCommands NONE = new RecentCommands(new byte[0], 0, 0, 0);

  /** Above any entry there can be: reason, detail and labels are limited. */
  private static final int MAX_ENTRY_BYTES = 64 * 1024;

  private static final int MAX_LENGTH_BYTES = 3;

  private final byte[] bytes;
  private final int from;
  private final int to;
  private final int count;

  private RecentCommands(byte[] bytes, int from, int to, int count) {
    this.bytes = bytes;
    this.from = from;
    this.to = to;
    this.count = count;
  }

  /** Takes the bytes as they are; they are not copied and must not change. */
  static RecentCommands read(byte[] bytes, int from, int count) {
    RecentCommands commands = new RecentCommands(bytes, from, bytes.length, count);
    int end = from;
    for (int i = 0; i < count; i++) {
      end = commands.end(end);
    }
    if (end != bytes.length) {
      throw new IllegalStateException("an aggregate's state has bytes left");
    }
    return commands;
  }

  int size() {
    return count;
  }

  int byteCount() {
    return to - from;
  }

  void writeTo(ByteBuffer out) {
    out.put(bytes, from, to - from);
  }

  /** All of them, oldest first. */
  List<RememberedCommand> all(AggregateName aggregate) {
    List<RememberedCommand> all = new ArrayList<>(count);
    for (int at = from; at < to; ) {
      all.add(entry(at, aggregate));
      at = end(at);
    }
    return all;
  }

  Optional<RememberedCommand> find(UUID commandId, AggregateName aggregate) {
    ByteBuffer all = ByteBuffer.wrap(bytes);
    for (int at = from; at < to; ) {
      if (RememberedCommand.isOf(commandId, all, begin(at))) {
        return Optional.of(entry(at, aggregate));
      }
      at = end(at);
    }
    return Optional.empty();
  }

  /**
   * These commands with one more.
   *
   * @param commands the newest, including the one more
   * @param dropped those that found no room, oldest first
   */
  record Added(RecentCommands commands, List<Dropped> dropped) {}

  /** One that found no room, as an entry. */
  record Dropped(UUID id, long decidedAt, byte[] entry) {}

  /**
   * Adds one. Those decided before {@code oldest} are forgotten; of the others at most {@code max}
   * stay here.
   *
   * @param maxBytes how many bytes they may have together
   */
  Added adding(RememberedCommand command, long oldest, int max, int maxBytes) {
    byte[] entry = command.entry();
    int entryBytes = ByteUtils.sizeOfUnsignedVarint(entry.length) + entry.length;
    List<Dropped> dropped = List.of();
    ByteBuffer all = ByteBuffer.wrap(bytes);
    int begin = from;
    int left = count;
    while (left > 0) {
      long decidedAt = RememberedCommand.decidedAt(all, begin(begin));
      boolean isForgotten = decidedAt < oldest;
      if (!isForgotten && left < max && to - begin + entryBytes <= maxBytes) {
        break;
      }
      if (!isForgotten) {
        dropped = dropped.isEmpty() ? new ArrayList<>(1) : dropped;
        dropped.add(dropped(all, begin(begin), end(begin), decidedAt));
      }
      begin = end(begin);
      left--;
    }
    if (entryBytes > maxBytes) {
      dropped = dropped.isEmpty() ? new ArrayList<>(1) : dropped;
      dropped.add(new Dropped(command.id(), command.decidedAt(), entry));
      return new Added(NONE, dropped);
    }
    ByteBuffer out = ByteBuffer.allocate(to - begin + entryBytes);
    out.put(bytes, begin, to - begin);
    ByteUtils.writeUnsignedVarint(entry.length, out);
    out.put(entry);
    return new Added(new RecentCommands(out.array(), 0, out.capacity(), left + 1), dropped);
  }

  private static Dropped dropped(ByteBuffer all, int begin, int end, long decidedAt) {
    byte[] copy = new byte[end - begin];
    all.get(begin, copy);
    return new Dropped(new UUID(all.getLong(begin), all.getLong(begin + 8)), decidedAt, copy);
  }

  private RememberedCommand entry(int at, AggregateName aggregate) {
    int begin = begin(at);
    return RememberedCommand.read(
        ByteBuffer.wrap(bytes, begin, end(at) - begin).slice(), aggregate);
  }

  /** Where the entry begins whose length lies here. */
  private int begin(int at) {
    int begin = at;
    while (begin < to && bytes[begin] < 0) {
      begin++;
    }
    return begin + 1;
  }

  /** Where it ends. */
  private int end(int at) {
    int begin = begin(at);
    if (begin > to || begin - at > MAX_LENGTH_BYTES) {
      throw cutOff();
    }
    int length = 0;
    for (int i = begin - 1; i >= at; i--) {
      length = length << 7 | bytes[i] & 0x7F;
    }
    if (length < RememberedCommand.LEAST_BYTES || length > MAX_ENTRY_BYTES || length > to - begin) {
      throw cutOff();
    }
    return begin + length;
  }

  private static IllegalStateException cutOff() {
    return new IllegalStateException("an aggregate's state is cut off");
  }
}

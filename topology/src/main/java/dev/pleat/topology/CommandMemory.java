package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.topology.Aggregate.Overflow;
import dev.pleat.topology.RecentCommands.Added;
import dev.pleat.topology.RecentCommands.Dropped;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Remembers which commands were decided, for a stated time and within a stated room: the newest in
 * the aggregate's own record, older ones in a store that forgets whole segments of time at once.
 * Used by one stream thread at a time.
 */
final class CommandMemory {

  /*
   * The overflow store
   *
   * Time is cut into periods of half the memory's time, so three of them cover it. An entry lies
   * under aggregate, command id and the end of the period it was decided in: whether a
   * command is there takes one read of an exact key for each period, and an aggregate's record says
   * in which periods there is anything of it. An aggregate that does not exist has no record; a
   * mark under its bare key says the same of one period.
   */

  static final String OVERFLOW = "decided-commands";

  /** The key of an entry that is no command: those begin with an aggregate's id. */
  private static final byte[] TRACE = {};

  private static final byte[] MARK = {};
  private static final Duration TRACE_DELAY = Duration.ofMillis(100);

  /** What an entry takes beside its key and value: the period, a sequence number, offsets. */
  private static final int ENTRY_OVERHEAD_BYTES = 24;

  private final long memoryMs;
  private final long periodMs;
  private final long maxBytes;
  private final MemoryUse use;
  private WindowStore<byte[], byte[]> overflow;
  private Cancellable trace;

  @SuppressWarnings("NullAway.Init") // init comes first
  CommandMemory(MemoryLimits limits, MemoryUse use) {
    this.memoryMs = limits.time().toMillis();
    this.periodMs = periodMs(limits);
    this.maxBytes = limits.bytes();
    this.use = use;
  }

  private static long periodMs(MemoryLimits limits) {
    return (limits.time().toMillis() + 1) / 2;
  }

  static StoreBuilder<?> store(MemoryLimits limits) {
    Duration retention = Duration.ofMillis(periodMs(limits) * Overflow.PERIODS);
    return Stores.windowStoreBuilder(
        Stores.persistentWindowStore(OVERFLOW, retention, Duration.ofMillis(1), false),
        Serdes.ByteArray(),
        Serdes.ByteArray());
  }

  void init(ProcessorContext<?, ?> context) {
    overflow = context.getStateStore(OVERFLOW);
    trace = context.schedule(TRACE_DELAY, PunctuationType.WALL_CLOCK_TIME, now -> leaveTrace());
  }

  /**
   * Leaves one empty entry in a store that was never written, soon after the start. Kafka Streams
   * 4.3 takes a store of segments without any for a corrupted one: every start would wipe all
   * stores of the partition and read them back from their changelogs.
   *
   * <p>Not in {@link #init}, where nobody would commit it. The entry lies at the beginning of time,
   * so that the store's own time stays that of the log.
   */
  private void leaveTrace() {
    trace.cancel();
    try (KeyValueIterator<Windowed<byte[]>, byte[]> any = overflow.all()) {
      if (!any.hasNext()) {
        overflow.put(TRACE, MARK, 0);
      }
    }
  }

  /** The command of this id, if it was decided within the memory's time. */
  Optional<RememberedCommand> find(
      AggregateName name, Aggregate aggregate, UUID commandId, long now) {
    Optional<RememberedCommand> here = aggregate.remembered().find(commandId, name);
    if (here.isPresent()) {
      return here.filter(command -> isRemembered(command.decidedAt(), now));
    }
    Overflow elsewhere = aggregate.exists() ? aggregate.overflow() : marked(name, now);
    if (elsewhere.newest() == 0) {
      return Optional.empty();
    }
    byte[] key = key(name, commandId);
    long oldest = period(now) - Overflow.PERIODS + 1;
    // The log's clock may have gone back since.
    for (long period = elsewhere.newest(); period >= oldest; period--) {
      byte[] entry = elsewhere.mayHave(period) ? overflow.fetch(key, period * periodMs) : null;
      if (entry != null) {
        return Optional.of(RememberedCommand.read(ByteBuffer.wrap(entry), name))
            .filter(command -> isRemembered(command.decidedAt(), now));
      }
    }
    return Optional.empty();
  }

  /** Where commands lie that were sent to an aggregate before it existed. */
  Overflow marked(AggregateName name, long now) {
    Overflow marked = Overflow.NONE;
    byte[] key = key(name);
    // The log's clock may have gone back since.
    long newest = period(now) + 1;
    for (long period = newest - Overflow.PERIODS; period <= newest; period++) {
      if (period > 0 && overflow.fetch(key, period * periodMs) != null) {
        marked = marked.with(period);
      }
    }
    return marked;
  }

  /** What has to be stored so that a command is remembered, or why it cannot be. */
  sealed interface Remembering {}

  /**
   * It can be.
   *
   * @param aggregate the aggregate with this memory
   * @param bytes the aggregate's bytes; empty if it does not exist and is not stored
   * @param overflowing what goes to the overflow store
   */
  record Fits(Aggregate aggregate, byte[] bytes, List<Dropped> overflowing)
      implements Remembering {}

  /** The aggregate cannot be kept in a record at all. */
  record TooLarge() implements Remembering {}

  /** There is no room left for commands that find none beside their aggregate. */
  record Full() implements Remembering {}

  /** Works out, without storing anything, how to remember this command. */
  Remembering remember(
      AggregateName name, Aggregate aggregate, RememberedCommand command, long now, int maxBytes) {
    if (!aggregate.exists()) {
      List<Dropped> alone =
          List.of(new Dropped(command.id(), command.decidedAt(), command.entry()));
      return hasRoom(name, alone, now) ? new Fits(aggregate, new byte[0], alone) : new Full();
    }
    int left = aggregate.roomForMemory(maxBytes);
    if (left < 0) {
      return new TooLarge();
    }
    Added added =
        aggregate.remembered().adding(command, now - memoryMs + 1, Aggregate.REMEMBERED_HERE, left);
    Overflow elsewhere = aggregate.overflow();
    if (!added.dropped().isEmpty()) {
      if (!hasRoom(name, added.dropped(), now)) {
        return new Full();
      }
      for (Dropped dropped : added.dropped()) {
        elsewhere = elsewhere.with(period(dropped.decidedAt()));
      }
    }
    Aggregate after = aggregate.remembering(added.commands(), elsewhere);
    return new Fits(after, after.bytes(), added.dropped());
  }

  private boolean hasRoom(AggregateName name, List<Dropped> commands, long now) {
    long bytes = 0;
    for (Dropped command : commands) {
      bytes += bytesOf(key(name, command.id()), command.entry());
    }
    return use.total(period(now)) + bytes <= maxBytes;
  }

  private static long bytesOf(byte[] key, byte[] entry) {
    return key.length + entry.length + ENTRY_OVERHEAD_BYTES;
  }

  /** Stores what found no room beside the aggregate. */
  void overflow(AggregateName name, boolean exists, List<Dropped> commands) {
    for (Dropped command : commands) {
      byte[] key = key(name, command.id());
      long period = period(command.decidedAt());
      overflow.put(key, command.entry(), period * periodMs);
      use.add(period, bytesOf(key, command.entry()));
      if (!exists) {
        overflow.put(key(name), MARK, period * periodMs);
      }
    }
  }

  private boolean isRemembered(long decidedAt, long now) {
    return decidedAt > now - memoryMs;
  }

  /** Counted from 1: 0 stands for none. */
  private long period(long time) {
    return time / periodMs + 1;
  }

  /** No aggregate's id has a zero in it. */
  private static byte[] key(AggregateName name) {
    byte[] id = name.id().getBytes(UTF_8);
    byte[] key = new byte[id.length + 1];
    System.arraycopy(id, 0, key, 0, id.length);
    return key;
  }

  private static byte[] key(AggregateName name, UUID commandId) {
    byte[] id = name.id().getBytes(UTF_8);
    return ByteBuffer.allocate(id.length + 1 + 16)
        .put(id)
        .put((byte) 0)
        .putLong(commandId.getMostSignificantBits())
        .putLong(commandId.getLeastSignificantBits())
        .array();
  }
}

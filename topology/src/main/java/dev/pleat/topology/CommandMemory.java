package dev.pleat.topology;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
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
import org.apache.kafka.streams.state.WindowStoreIterator;

/**
 * Remembers which commands were decided, for a stated time: the newest in the aggregate's own
 * record, older ones in a store that forgets whole segments of time at once. Used by one stream
 * thread at a time.
 */
final class CommandMemory {

  private static final String OVERFLOW = "remembered-commands";

  /** Not the present: a log's clock may go back when another broker takes over. */
  private static final Instant NEWEST = Instant.ofEpochMilli(Long.MAX_VALUE);

  /** The key of an entry that is no command: those begin with an aggregate's id. */
  private static final String TRACE = "";

  private static final Duration TRACE_DELAY = Duration.ofMillis(100);

  private final long memoryMs;
  private WindowStore<String, byte[]> overflow;
  private Cancellable trace;

  @SuppressWarnings("NullAway.Init") // init comes first
  CommandMemory(Duration memory) {
    this.memoryMs = memory.toMillis();
  }

  static StoreBuilder<?> store(Duration memory) {
    return Stores.windowStoreBuilder(
        Stores.persistentWindowStore(OVERFLOW, memory, Duration.ofMillis(1), false),
        Serdes.String(),
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
    try (KeyValueIterator<Windowed<String>, byte[]> any = overflow.all()) {
      if (!any.hasNext()) {
        overflow.put(TRACE, new byte[0], 0);
      }
    }
  }

  /** The command of this id, if it was decided within the memory's time. */
  Optional<RememberedCommand> find(
      String aggregateId, Aggregate aggregate, UUID commandId, long now) {
    Optional<RememberedCommand> here = aggregate.remembers(commandId);
    if (here.isPresent()) {
      return here.filter(command -> isRemembered(command.decidedAt(), now));
    }
    // An aggregate that does not exist keeps everything in the overflow store.
    if (aggregate.exists() && !isRemembered(aggregate.overflowTime(), now)) {
      return Optional.empty();
    }
    try (WindowStoreIterator<byte[]> found =
        overflow.fetch(key(aggregateId, commandId), oldest(now), NEWEST)) {
      return found.hasNext()
          ? Optional.of(RememberedCommand.read(found.next().value))
          : Optional.empty();
    }
  }

  /** The time of the newest command to this aggregate in the overflow store; 0 if there is none. */
  long newestInOverflow(String aggregateId, long now) {
    String prefix = aggregateId + '\0';
    long newest = 0;
    try (KeyValueIterator<Windowed<String>, byte[]> found =
        overflow.fetch(prefix + '0', prefix + 'g', oldest(now), NEWEST)) {
      while (found.hasNext()) {
        Windowed<String> key = found.next().key;
        if (key.key().startsWith(prefix)) {
          newest = Math.max(newest, key.window().start());
        }
      }
    }
    return newest;
  }

  /**
   * What has to be stored so that a command is remembered.
   *
   * @param aggregate the aggregate with this memory
   * @param bytes the aggregate's bytes; empty if it does not exist and is not stored
   * @param overflowing what goes to the overflow store
   * @param fits whether the aggregate can be kept in a record at all
   */
  record Remembering(
      Aggregate aggregate, byte[] bytes, List<RememberedCommand> overflowing, boolean fits) {}

  /** Works out, without storing anything, how to remember this command. */
  Remembering remember(Aggregate aggregate, RememberedCommand command, long now, int maxBytes) {
    if (!aggregate.exists()) {
      return new Remembering(aggregate, new byte[0], List.of(command), true);
    }
    List<RememberedCommand> here = new ArrayList<>(aggregate.remembered());
    here.removeIf(old -> !isRemembered(old.decidedAt(), now));
    here.add(command);
    List<RememberedCommand> overflowing = new ArrayList<>();
    while (here.size() > Aggregate.REMEMBERED_HERE) {
      overflowing.add(here.removeFirst());
    }
    while (true) {
      Aggregate after = aggregate.remembering(here, overflowing);
      byte[] bytes = after.bytes();
      if (bytes.length <= maxBytes || here.isEmpty()) {
        return new Remembering(after, bytes, overflowing, bytes.length <= maxBytes);
      }
      overflowing.add(here.removeFirst());
    }
  }

  void overflow(String aggregateId, List<RememberedCommand> commands) {
    for (RememberedCommand command : commands) {
      overflow.put(key(aggregateId, command.id()), command.bytes(), command.decidedAt());
    }
  }

  private boolean isRemembered(long decidedAt, long now) {
    return decidedAt > now - memoryMs;
  }

  private Instant oldest(long now) {
    return Instant.ofEpochMilli(Math.max(0, now - memoryMs + 1));
  }

  private static String key(String aggregateId, UUID commandId) {
    return aggregateId + '\0' + commandId;
  }
}

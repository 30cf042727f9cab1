package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.DomainSchema.DeclaredPolicy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.api.ProcessingContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The commands that a policy will send when their time has come, in the order of these times, and
 * by aggregate and name. Used by one stream thread at a time.
 */
final class Deadlines {

  /*
   * Two stores. By time: 8 bytes of ms since 1970, then the place; to the command. By place: to the
   * time. A place is 2 bytes of length, the aggregate's id, the deadline's name.
   */

  /** In bytes; the name is part of two keys. */
  private static final int MAX_NAME_BYTES = 256;

  private static final StateCodec<Pending> CODEC = StateCodec.of(Pending.class);

  /**
   * A command that waits.
   *
   * @param target the domain it is for
   * @param command its JSON
   * @param cause the event that set the deadline
   * @param hops how many policies lie before it
   */
  record Pending(String target, String aggregateId, String command, UUID cause, int hops) {}

  private final DeclaredPolicy policy;
  private KeyValueStore<Bytes, byte[]> byTime;
  private KeyValueStore<Bytes, Long> byPlace;

  @SuppressWarnings("NullAway.Init") // init comes first
  Deadlines(DeclaredPolicy policy) {
    this.policy = policy;
  }

  static List<StoreBuilder<?>> stores(DeclaredPolicy policy) {
    return List.of(
        Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(policy.deadlinesStore()),
            Serdes.Bytes(),
            Serdes.ByteArray()),
        Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(policy.deadlineTimesStore()),
            Serdes.Bytes(),
            Serdes.Long()));
  }

  void init(ProcessingContext context) {
    byTime = context.getStateStore(policy.deadlinesStore());
    byPlace = context.getStateStore(policy.deadlineTimesStore());
  }

  /** Refuses a name or a time that could not be kept. */
  static void check(String name, long dueMs) {
    if (name.isEmpty() || name.getBytes(UTF_8).length > MAX_NAME_BYTES) {
      throw new IllegalArgumentException(
          "a deadline's name has 1 to " + MAX_NAME_BYTES + " bytes, not: " + name);
    }
    if (dueMs < 0) {
      throw new IllegalArgumentException("the deadline " + name + " lies before 1970");
    }
  }

  void set(String aggregateId, String name, long dueMs, Pending command) {
    cancel(aggregateId, name);
    byte[] place = place(aggregateId, name);
    byPlace.put(Bytes.wrap(place), dueMs);
    byTime.put(at(dueMs, place), CODEC.write(command));
  }

  void cancel(String aggregateId, String name) {
    byte[] place = place(aggregateId, name);
    Long due = byPlace.delete(Bytes.wrap(place));
    if (due != null) {
      byTime.delete(at(due, place));
    }
  }

  /** The time of the next one, in ms since 1970; empty if none is set. */
  OptionalLong next() {
    try (KeyValueIterator<Bytes, byte[]> all = byTime.all()) {
      return all.hasNext() ? OptionalLong.of(time(all.next().key)) : OptionalLong.empty();
    }
  }

  /** Takes out what is due, the earliest first. */
  List<Pending> take(long nowMs, int atMost) {
    List<KeyValue<Bytes, byte[]>> due = new ArrayList<>();
    try (KeyValueIterator<Bytes, byte[]> range =
        byTime.range(at(0, new byte[0]), at(nowMs + 1, new byte[0]))) {
      while (range.hasNext() && due.size() < atMost) {
        due.add(range.next());
      }
    }
    List<Pending> commands = new ArrayList<>(due.size());
    for (KeyValue<Bytes, byte[]> each : due) {
      byte[] key = each.key.get();
      byTime.delete(each.key);
      byPlace.delete(Bytes.wrap(Arrays.copyOfRange(key, Long.BYTES, key.length)));
      commands.add(CODEC.read(each.value));
    }
    return commands;
  }

  private static Bytes at(long dueMs, byte[] place) {
    return Bytes.wrap(
        ByteBuffer.allocate(Long.BYTES + place.length).putLong(dueMs).put(place).array());
  }

  private static long time(Bytes key) {
    return ByteBuffer.wrap(key.get()).getLong();
  }

  private static byte[] place(String aggregateId, String name) {
    byte[] id = aggregateId.getBytes(UTF_8);
    byte[] last = name.getBytes(UTF_8);
    return ByteBuffer.allocate(Short.BYTES + id.length + last.length)
        .putShort((short) id.length)
        .put(id)
        .put(last)
        .array();
  }
}

package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.HistoryKey;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageCodec;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.UnreadableMessage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The history of a domain's aggregates as a plain Kafka Streams topology: every event by aggregate
 * and version, now and then a snapshot of what came of them, so that what was known at any version
 * costs a bounded number of events, and the outcome of every command.
 *
 * <p>It stops at nothing: an event that cannot be read is passed over, and asking for a version
 * after it says that it is missing.
 */
public final class HistoryTopology {

  /** A snapshot follows when so many events have come since the last one. */
  public static final int INTERVAL = 100;

  private HistoryTopology() {}

  /** The Kafka Streams application id: each generation of the log has one of its own. */
  public static String applicationId(DomainSchema<?, ?> schema) {
    String domain = "pleat." + schema.name() + ".";
    String log = schema.log() == DomainSchema.FIRST_LOG ? "" : "g" + schema.log() + ".";
    return domain + log + "history.";
  }

  /** The history of a domain, with snapshots every {@link #INTERVAL} events. */
  public static Topology of(Domain<?, ?, ?> domain) {
    return of(domain, INTERVAL);
  }

  static <E> Topology of(Domain<?, ?, E> domain, int interval) {
    DomainSchema<?, E> schema = domain.schema();
    HistoryFold<?, E> fold = HistoryFold.of(domain);
    MessageCodec<?, E> messages = MessageCodec.of(schema);
    return new Topology()
        .addSource(
            "events", new StringDeserializer(), new ByteArrayDeserializer(), schema.eventsTopic())
        .addSource(
            "outcomes",
            new StringDeserializer(),
            new ByteArrayDeserializer(),
            schema.outcomesTopic())
        .addProcessor(
            "history",
            new ProcessorSupplier<String, byte[], Void, Void>() {
              @Override
              public Processor<String, byte[], Void, Void> get() {
                return new Recorder<>(schema.outcomesTopic(), messages, fold, interval);
              }

              @Override
              public Set<StoreBuilder<?>> stores() {
                // In one order, so that the topology is described the same way each time.
                return new LinkedHashSet<>(
                    List.of(
                        store(HistoryKey.EVENTS, Serdes.Bytes()),
                        store(HistoryKey.SNAPSHOTS, Serdes.Bytes()),
                        store(HistoryKey.LAST, Serdes.String()),
                        store(HistoryKey.OUTCOMES, Serdes.Bytes())));
              }
            },
            "events",
            "outcomes");
  }

  private static StoreBuilder<?> store(String name, Serde<?> key) {
    return Stores.keyValueStoreBuilder(
        Stores.persistentKeyValueStore(name), key, Serdes.ByteArray());
  }

  /** Used by one stream thread. */
  private static final class Recorder<E> implements Processor<String, byte[], Void, Void> {

    private static final Logger LOG = LoggerFactory.getLogger(HistoryTopology.class);

    /** Versions of an aggregate: of its last event, and of its last snapshot. */
    private record Last(long version, long snapshot) {
      static Last of(byte[] stored) {
        ByteBuffer bytes = ByteBuffer.wrap(stored);
        return new Last(bytes.getLong(), bytes.getLong());
      }

      byte[] bytes() {
        return ByteBuffer.allocate(2 * Long.BYTES).putLong(version).putLong(snapshot).array();
      }
    }

    private final String outcomesTopic;
    private final MessageCodec<?, E> messages;
    private final HistoryFold<?, E> fold;
    private final int interval;
    private ProcessorContext<Void, Void> context;
    private KeyValueStore<Bytes, byte[]> events;
    private KeyValueStore<Bytes, byte[]> outcomes;
    private KeyValueStore<Bytes, byte[]> snapshots;
    private KeyValueStore<String, byte[]> last;

    @SuppressWarnings("NullAway.Init") // Kafka Streams calls init before process
    Recorder(
        String outcomesTopic, MessageCodec<?, E> messages, HistoryFold<?, E> fold, int interval) {
      this.outcomesTopic = outcomesTopic;
      this.messages = messages;
      this.fold = fold;
      this.interval = interval;
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      this.context = context;
      events = context.getStateStore(HistoryKey.EVENTS);
      outcomes = context.getStateStore(HistoryKey.OUTCOMES);
      snapshots = context.getStateStore(HistoryKey.SNAPSHOTS);
      last = context.getStateStore(HistoryKey.LAST);
    }

    @Override
    public void process(Record<String, byte[]> record) {
      if (record.key() == null || record.value() == null) {
        return;
      }
      RecordMetadata source = context.recordMetadata().orElseThrow();
      if (source.topic().equals(outcomesTopic)) {
        outcome(record.key(), record.value(), source.offset());
      } else {
        event(record.key(), record.value());
      }
    }

    /** An outcome answered again never stands beside the first one. */
    private void outcome(String id, byte[] value, long offset) {
      try {
        Outcome outcome = JsonCodec.readOutcome(value);
        if (!outcome.replayed()) {
          // Of one aggregate they lie on one partition in the order in which they were decided.
          byte[] key = HistoryKey.ofOutcome(id, outcome.verdict().version(), offset + 1);
          outcomes.put(Bytes.wrap(key), value);
        }
      } catch (UnreadableMessage e) {
        LOG.warn("an outcome of {} cannot be read and is not in the history: {}", id, e.detail());
      }
    }

    private void event(String id, byte[] value) {
      long version;
      long through;
      try {
        Optional<MessageCodec.ReadEvent<E>> ready = messages.readEvent(value);
        if (ready.isPresent()) {
          version = ready.get().version();
          through = ready.get().through();
        } else {
          var event = JsonCodec.readEvent(value);
          version = event.version();
          through = event.through();
        }
      } catch (UnreadableMessage e) {
        LOG.warn("an event of {} cannot be read and is not in the history: {}", id, e.detail());
        return;
      }
      byte[] stored = last.get(id);
      Last before = stored == null ? new Last(0, 0) : Last.of(stored);
      if (version <= before.version()) {
        return;
      }
      events.put(Bytes.wrap(HistoryKey.of(id, version)), value);
      boolean due = version == through && version - before.snapshot() >= interval;
      // Where it fails, the next one is tried as long after.
      long snapshot = due ? version : before.snapshot();
      if (due) {
        snapshot(id, before.snapshot(), version);
      }
      last.put(id, new Last(version, snapshot).bytes());
    }

    private void snapshot(String id, long from, long to) {
      Optional<byte[]> nearest =
          from == 0
              ? Optional.empty()
              : Optional.ofNullable(snapshots.get(Bytes.wrap(HistoryKey.of(id, from))));
      try {
        snapshots.put(
            Bytes.wrap(HistoryKey.of(id, to)),
            fold.snapshot(nearest, to, (first, last, limit) -> between(id, first, last, limit)));
      } catch (HistoryFold.Broken e) {
        LOG.warn("no snapshot of {} at version {}: {}", id, to, e.getMessage());
      }
    }

    private List<byte[]> between(String id, long from, long to, int limit) {
      List<byte[]> found = new ArrayList<>();
      try (KeyValueIterator<Bytes, byte[]> range =
          events.range(Bytes.wrap(HistoryKey.of(id, from)), Bytes.wrap(HistoryKey.of(id, to)))) {
        while (range.hasNext() && found.size() < limit) {
          found.add(range.next().value);
        }
      }
      return found;
    }
  }
}

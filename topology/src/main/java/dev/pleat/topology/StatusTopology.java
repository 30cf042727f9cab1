package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.CommandStatus;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.UnreadableMessage;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The index that answers what became of a command by its id, as a plain Kafka Streams topology over
 * a domain's commands and outcomes.
 *
 * <p>It lies on disk in segments of time and forgets with the memory of commands, so neither the
 * heap nor a restart grows with history. Everything it writes can be written again, so it needs no
 * transactions: {@code at_least_once} with {@code read_committed} is enough.
 */
public final class StatusTopology {

  private StatusTopology() {}

  /** The Kafka Streams application id: each generation of the log has one of its own. */
  public static String applicationId(DomainSchema<?, ?> schema) {
    String domain = "pleat." + schema.name() + ".";
    String log = schema.log() == DomainSchema.FIRST_LOG ? "" : "g" + schema.log() + ".";
    return domain + log + "command-status.";
  }

  /**
   * For the topics of a cluster.
   *
   * @param memory how long a command is known, at least a minute
   */
  public static Topology of(DomainSchema<?, ?> schema, InputLog log, Duration memory) {
    StoreBuilder<?> store =
        Stores.windowStoreBuilder(
            Stores.persistentWindowStore(CommandStatus.STORE, memory, Duration.ofMillis(1), false),
            Serdes.String(),
            Serdes.ByteArray());
    return new Topology()
        .addSource(
            "commands",
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer(),
            schema.commandsTopic())
        .addSource(
            "outcomes",
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer(),
            schema.outcomesTopic())
        .addProcessor(
            "note-status",
            new ProcessorSupplier<byte[], byte[], Void, Void>() {
              @Override
              public Processor<byte[], byte[], Void, Void> get() {
                return new StatusProcessor(schema, CommandReader.of(schema, log.partitions()));
              }

              @Override
              public Set<StoreBuilder<?>> stores() {
                return Set.of(store);
              }
            },
            "commands",
            "outcomes");
  }

  private static final class StatusProcessor implements Processor<byte[], byte[], Void, Void> {
    private static final Logger LOG = LoggerFactory.getLogger(StatusTopology.class);

    private final DomainSchema<?, ?> schema;
    private final CommandReader<?> reader;
    private ProcessorContext<Void, Void> context;
    private WindowStore<String, byte[]> statuses;

    @SuppressWarnings("NullAway.Init") // Kafka Streams calls init before process
    private StatusProcessor(DomainSchema<?, ?> schema, CommandReader<?> reader) {
      this.schema = schema;
      this.reader = reader;
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      this.context = context;
      statuses = context.getStateStore(CommandStatus.STORE);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      var source = context.recordMetadata().orElseThrow();
      if (source.topic().equals(schema.outcomesTopic())) {
        decided(record);
      } else if (reader.read(record.key(), record.value(), source.partition())
          instanceof CommandReader.Addressed<?> addressed) {
        CommandStatus pending = new CommandStatus(addressed.aggregateId(), Optional.empty());
        statuses.put(
            CommandStatus.pendingKey(addressed.command().id()),
            JsonCodec.write(pending),
            record.timestamp());
      }
    }

    private void decided(Record<byte[], byte[]> record) {
      if (record.key() == null || record.value() == null) {
        return;
      }
      try {
        Outcome outcome = JsonCodec.readOutcome(record.value());
        if (!outcome.replayed()) {
          CommandStatus status =
              new CommandStatus(new String(record.key(), UTF_8), Optional.of(outcome));
          UUID id = outcome.parentId();
          if (!outcome.verdict().isRemembered()) {
            statuses.put(CommandStatus.refusedKey(id), JsonCodec.write(status), record.timestamp());
          } else if (statuses.fetch(CommandStatus.decidedKey(id), record.timestamp()) == null) {
            statuses.put(CommandStatus.decidedKey(id), JsonCodec.write(status), record.timestamp());
          }
        }
      } catch (UnreadableMessage e) {
        LOG.warn("{} has a record that is no outcome: {}", schema.outcomesTopic(), e.detail());
      }
    }
  }
}

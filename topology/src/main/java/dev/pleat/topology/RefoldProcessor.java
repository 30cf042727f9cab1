package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.UnreadableMessage;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Folds the events of one partition into the stored aggregates, each once and in order; throws at
 * the first that cannot be folded. Used by one stream thread at a time.
 *
 * <p>A stored state of another version than the decider's counts as not folded at all, but the
 * commands remembered beside it stay. So a refold can be broken off anywhere and begun again
 * anywhere: what is folded is skipped.
 *
 * <p>Where the commands were lost with the state, those that had events are remembered again from
 * these. What was refused, or changed nothing, left no event and stays forgotten.
 */
final class RefoldProcessor<S, E> implements Processor<byte[], byte[], Void, Void> {

  private final Domain<S, ?, E> domain;
  private final int refolds;
  private final CommandMemory memory;
  private final long rememberFrom;

  private ProcessorContext<Void, Void> context;
  private KeyValueStore<String, byte[]> aggregates;
  private boolean marked;

  @SuppressWarnings("NullAway.Init") // Kafka Streams calls init before process
  private RefoldProcessor(
      Domain<S, ?, E> domain, int refolds, MemoryLimits limits, Instant rememberFrom) {
    this.domain = domain;
    this.refolds = refolds;
    this.memory = new CommandMemory(limits, new MemoryUse());
    this.rememberFrom = rememberFrom.toEpochMilli();
  }

  static <S, E> ProcessorSupplier<byte[], byte[], Void, Void> supplier(
      Domain<S, ?, E> domain, int refolds, MemoryLimits limits, Instant rememberFrom) {
    return new ProcessorSupplier<>() {
      @Override
      public Processor<byte[], byte[], Void, Void> get() {
        return new RefoldProcessor<>(domain, refolds, limits, rememberFrom);
      }

      @Override
      public Set<StoreBuilder<?>> stores() {
        return CommandTopology.stores(limits);
      }
    };
  }

  @Override
  public void init(ProcessorContext<Void, Void> context) {
    this.context = context;
    aggregates = context.getStateStore(Aggregate.STORE);
    memory.init(context);
    RefoldMark.requireNotClosed(context);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    if (!marked) {
      // Not in init, where nobody would commit it.
      RefoldMark.leave(context, refolds);
      marked = true;
    }
    if (record.key() == null || record.value() == null) {
      throw cannotFold("an event has a key and a value", null);
    }
    RecordedEvent event;
    try {
      event = domain.schema().upcast(JsonCodec.readEvent(record.value()));
    } catch (UnreadableMessage e) {
      throw cannotFold(e.detail(), e);
    }
    fold(new String(record.key(), UTF_8), event);
  }

  private void fold(String aggregateId, RecordedEvent event) {
    byte[] stored = aggregates.get(aggregateId);
    Aggregate before = stored == null ? Aggregate.absent() : Aggregate.read(stored);
    boolean begun = before.exists() && before.stateVersion() == domain.decider().stateVersion();
    long folded = begun ? before.version() : 0;
    if (event.version() <= folded) {
      return;
    }
    if (event.version() > folded + 1) {
      throw cannotFold(
          "aggregate "
              + aggregateId
              + " has version "
              + event.version()
              + " where "
              + (folded + 1)
              + " should follow",
          null);
    }
    S state = begun ? domain.state(before.state()) : domain.decider().initialState();
    long now = event.timestamp().toEpochMilli();
    Aggregate after =
        new Aggregate(
            event.version(),
            now,
            // What was refused to it before it existed, or pushed out of a row that was lost.
            stored == null ? memory.marked(name(aggregateId), now) : before.overflow(),
            domain.decider().stateVersion(),
            domain.stateBytes(evolve(state, aggregateId, event)),
            before.remembered());
    store(aggregateId, after, event);
  }

  private S evolve(S state, String aggregateId, RecordedEvent event) {
    Class<? extends E> type =
        domain
            .schema()
            .event(event.action())
            .orElseThrow(
                () ->
                    cannotFold(
                        "this release knows no event "
                            + event.action()
                            + "; start the release that wrote it",
                        null));
    try {
      return Objects.requireNonNull(
          domain.decider().evolve(state, JsonCodec.toRecord(event.data(), type)),
          "evolve gave no state");
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      throw cannotFold(
          "evolve failed on "
              + event.action()
              + ", version "
              + event.version()
              + " of aggregate "
              + aggregateId
              + ": "
              + e,
          e);
    }
  }

  private void store(String aggregateId, Aggregate aggregate, RecordedEvent event) {
    int maxBytes = Decisions.MAX_RECORD_BYTES - aggregateId.getBytes(UTF_8).length;
    long now = event.timestamp().toEpochMilli();
    AggregateName name = name(aggregateId);
    Optional<RememberedCommand> forgotten =
        forgotten(name, event)
            .filter(command -> memory.find(name, aggregate, command.id(), now).isEmpty());
    if (forgotten.isPresent()
        && memory.remember(name, aggregate, forgotten.get(), now, maxBytes)
            instanceof CommandMemory.Fits fits) {
      memory.overflow(name, true, fits.overflowing());
      put(aggregateId, fits.bytes(), maxBytes);
    } else {
      put(aggregateId, aggregate.bytes(), maxBytes);
    }
  }

  private AggregateName name(String aggregateId) {
    return new AggregateName(domain.schema().name(), aggregateId);
  }

  private void put(String aggregateId, byte[] bytes, int maxBytes) {
    if (bytes.length > maxBytes) {
      throw cannotFold(
          "the state of aggregate "
              + aggregateId
              + " has "
              + bytes.length
              + " bytes and fits in no record",
          null);
    }
    aggregates.put(aggregateId, bytes);
  }

  /** The command of this event as the memory has it, if the event is its first one and is new. */
  private Optional<RememberedCommand> forgotten(AggregateName name, RecordedEvent event) {
    long time = event.timestamp().toEpochMilli();
    UUID command = event.parentId();
    if (time < rememberFrom || !event.id().equals(name.eventOf(command, 0))) {
      return Optional.empty();
    }
    int count = Math.toIntExact(event.through() - event.version() + 1);
    return Optional.of(
        new RememberedCommand(
            command,
            RememberedCommand.ANY_PAYLOAD,
            time,
            new Outcome(
                name.outcomeOf(command),
                command,
                new Accepted(event.through(), name.eventsOf(command, count)),
                event.timestamp(),
                event.correlationId(),
                event.actor(),
                false)));
  }

  private IllegalStateException cannotFold(String why, @Nullable Throwable cause) {
    String place =
        context
            .recordMetadata()
            .map(RefoldProcessor::place)
            .orElse("an event of " + domain.schema().eventsTopic());
    return new IllegalStateException(place + " cannot be folded: " + why, cause);
  }

  private static String place(RecordMetadata source) {
    return source.topic() + "-" + source.partition() + " offset " + source.offset();
  }
}

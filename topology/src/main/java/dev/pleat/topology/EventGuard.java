package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema.DeclaredPolicy;
import dev.pleat.schemas.DomainSchema.Guard;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageCodec;
import dev.pleat.schemas.StoppedView;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorSupplier;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The first step of every view and policy: lets each event through once, in order, and only
 * together with the others of its command. Used by one stream thread at a time.
 *
 * <p>A version seen before is ignored. A version that is missing, bytes that are no event, and a
 * projection or policy that throws stop this partition: a mark in a store says where and why, and
 * nothing more of the partition is folded while it is there. The process and the other partitions
 * go on.
 *
 * <p>The last version seen is in the row, or written after it where no row says so. So whoever
 * finds a version in either and reads the row after it gets a row that is at least of that version.
 *
 * @param <T> what goes on of a command
 */
final class EventGuard<E, T> implements FixedKeyProcessor<String, byte[], T>, EventOrder.Memory {

  private static final Logger LOG = LoggerFactory.getLogger(EventGuard.class);
  private static final int MAX_CAUSES = 20;

  /** Where exceptions come from that say nothing of the event. */
  private static final List<String> NOT_THE_VIEWS =
      List.of("org.apache.kafka.", "org.rocksdb.", "java.io.", "java.lang.Interrupted");

  /**
   * What stands behind the guard, in words.
   *
   * @param name for example {@code view values}
   * @param function what it calls for each event
   * @param failure why it stops where that throws
   */
  record Reader(String name, String function, String failure) {

    static Reader of(View view) {
      return new Reader(
          "view " + view.name(), "the projection of " + view.name(), "projection-failed");
    }

    static Reader of(DeclaredPolicy policy) {
      return new Reader("policy " + policy.name(), "the policy " + policy.name(), "policy-failed");
    }

    /** Its function failed on a command. */
    CannotFold cannotFold(
        String aggregateId, WholeCommand<?> command, ProjectionFailed failed, Throwable cause) {
      return new CannotFold(
          failure,
          function
              + " failed on aggregate "
              + aggregateId
              + " at version "
              + command.version()
              + failed.detail,
          cause);
    }
  }

  private final Reader reader;
  private final Guard guard;

  /** Of a policy: what lies below is not looked at again, whoever rewinds the consumer group. */
  private final Optional<ProcessedPosition> position;

  private final Resumptions resumptions;
  private final EventOrder<E> order;
  private final Onward<E, T> onward;
  private FixedKeyProcessorContext<String, T> context;
  private VersionsSeen seen;
  private KeyValueStore<String, List<byte[]>> held;
  private KeyValueStore<Integer, byte[]> stopped;

  /** Whether there may be a mark: nobody else leaves one, but one may be taken away. */
  private boolean isStopped;

  @SuppressWarnings("NullAway.Init") // Kafka Streams calls init before process
  private EventGuard(
      Reader reader,
      Guard guard,
      Optional<ProcessedPosition> position,
      MessageCodec<?, E> messages,
      Resumptions resumptions,
      Onward<E, T> onward) {
    this.reader = reader;
    this.guard = guard;
    this.position = position;
    this.resumptions = resumptions;
    this.order = new EventOrder<>(messages, this);
    this.onward = onward;
  }

  /** Of a view that is not derived: what goes on are its rows. */
  static <V extends Record, E> FixedKeyProcessorSupplier<String, byte[], byte[]> ofRows(
      RowFold<V, E> fold, Guard guard, MessageCodec<?, E> messages, Resumptions resumptions) {
    return supplier(
        Reader.of(fold.view()),
        guard,
        Optional.empty(),
        messages,
        resumptions,
        () -> new FoldedRows<>(fold));
  }

  /** Of one of the sources of a derived view. */
  static <E> FixedKeyProcessorSupplier<String, byte[], WholeCommand<E>> ofCommands(
      View view, Guard guard, MessageCodec<?, E> messages, Resumptions resumptions) {
    return supplier(
        Reader.of(view), guard, Optional.empty(), messages, resumptions, WholeCommands::new);
  }

  /**
   * Of one of the sources of a policy.
   *
   * @param log the events, where it keeps the position it has processed
   */
  static <E> FixedKeyProcessorSupplier<String, byte[], WholeCommand<E>> ofCommands(
      DeclaredPolicy policy,
      Guard guard,
      InputLog log,
      MessageCodec<?, E> messages,
      Resumptions resumptions) {
    return supplier(
        Reader.of(policy), guard, Optional.of(log), messages, resumptions, WholeCommands::new);
  }

  private static <E, T> FixedKeyProcessorSupplier<String, byte[], T> supplier(
      Reader reader,
      Guard guard,
      Optional<InputLog> log,
      MessageCodec<?, E> messages,
      Resumptions resumptions,
      Supplier<Onward<E, T>> onward) {
    return new FixedKeyProcessorSupplier<>() {
      @Override
      public FixedKeyProcessor<String, byte[], T> get() {
        return new EventGuard<>(
            reader,
            guard,
            log.map(it -> new ProcessedPosition(guard.positionStore(), it, new MemoryUse())),
            messages,
            resumptions,
            onward.get());
      }

      @Override
      public Set<StoreBuilder<?>> stores() {
        return Stream.concat(
                Stream.of(
                    store(guard.seenStore(), Serdes.String(), Serdes.Long()),
                    store(guard.heldStore(), Serdes.String(), listOfBytes()),
                    // One entry at most: not worth files, which take time at each start.
                    Stores.keyValueStoreBuilder(
                        Stores.inMemoryKeyValueStore(guard.stoppedStore()),
                        Serdes.Integer(),
                        Serdes.ByteArray())),
                log.stream().map(it -> ProcessedPosition.store(guard.positionStore())))
            .collect(Collectors.toCollection(LinkedHashSet::new));
      }
    };
  }

  /** What goes on of a command that was let through. Used by one stream thread at a time. */
  interface Onward<E, T> {

    void init(FixedKeyProcessorContext<String, T> context);

    /** The version of an aggregate that can be told from what went on; 0 if none can. */
    long version(String aggregateId);

    /**
     * What goes on.
     *
     * @param record the last event of the command
     * @throws ProjectionFailed if the domain's own function fails
     */
    FixedKeyRecord<String, T> after(FixedKeyRecord<String, byte[]> record, WholeCommand<E> command);
  }

  /** The commands themselves. */
  private static final class WholeCommands<E> implements Onward<E, WholeCommand<E>> {

    @Override
    public void init(FixedKeyProcessorContext<String, WholeCommand<E>> context) {
      // It keeps nothing.
    }

    @Override
    public long version(String aggregateId) {
      return 0;
    }

    @Override
    public FixedKeyRecord<String, WholeCommand<E>> after(
        FixedKeyRecord<String, byte[]> record, WholeCommand<E> command) {
      return record.withValue(command);
    }
  }

  /** How events that are held back are written. */
  @SuppressWarnings("unchecked") // the serde takes the raw class of the list it makes
  static Serde<List<byte[]>> listOfBytes() {
    return Serdes.ListSerde((Class<List<byte[]>>) (Class<?>) ArrayList.class, Serdes.ByteArray());
  }

  private static <K, V> StoreBuilder<?> store(String name, Serde<K> key, Serde<V> value) {
    return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), key, value);
  }

  @Override
  public void init(FixedKeyProcessorContext<String, T> context) {
    this.context = context;
    onward.init(context);
    seen = new VersionsSeen(context.getStateStore(guard.seenStore()));
    held = context.getStateStore(guard.heldStore());
    stopped = context.getStateStore(guard.stoppedStore());
    isStopped = stopped.get(context.taskId().partition()) != null;
    position.ifPresent(it -> it.init(context));
  }

  @Override
  public void process(FixedKeyRecord<String, byte[]> record) {
    if (position.isEmpty()) {
      look(record);
      return;
    }
    long offset = context.recordMetadata().orElseThrow().offset();
    if (!position.get().isProcessed(offset)) {
      look(record);
      if (!isStopped) {
        position.get().processed(offset);
      }
    }
  }

  private void look(FixedKeyRecord<String, byte[]> record) {
    Optional<Resumptions.How> how = Optional.empty();
    if (isStopped) {
      byte[] mark = stopped.get(context.taskId().partition());
      if (mark != null) {
        how = resumed(mark);
        if (how.isEmpty()) {
          return;
        }
      }
    }
    isStopped = false;
    try {
      if (how.filter(Resumptions.How.SKIP::equals).isPresent()) {
        skip(record);
      } else {
        fold(record);
      }
      if (how.isPresent()) {
        // Last of all: who sees no mark sees the row.
        stopped.delete(context.taskId().partition());
      }
    } catch (CannotFold e) {
      stop(context.recordMetadata().orElseThrow(), e.reason(), e.detail(), e.getCause());
    }
  }

  /** How to go on, once the event is here at which it stopped. */
  private Optional<Resumptions.How> resumed(byte[] mark) {
    int partition = context.taskId().partition();
    Optional<Resumptions.How> how = resumptions.wanted(guard, partition);
    if (how.isEmpty()) {
      return how;
    }
    StoppedView at = JsonCodec.readValue(mark, StoppedView.class);
    if (at.offset() != context.recordMetadata().orElseThrow().offset()) {
      return Optional.empty();
    }
    LOG.warn("The {} goes on at {}: {}", reader.name(), at, how.get());
    resumptions.done(guard, partition);
    return how;
  }

  /** Goes on without the event; where one before it is missing, without that one. */
  private void skip(FixedKeyRecord<String, byte[]> record) throws CannotFold {
    order.skip(record.key(), record.value(), command -> project(record, command));
  }

  private void fold(FixedKeyRecord<String, byte[]> record) throws CannotFold {
    Optional<String> poison =
        resumptions.poisoned(
            guard, context.taskId().partition(), context.recordMetadata().orElseThrow().offset());
    if (poison.isPresent()) {
      throw new CannotFold(reader.failure(), poison.get(), null);
    }
    order.fold(record.key(), record.value(), command -> project(record, command));
  }

  @Override
  public long seen(String aggregateId) {
    return Math.max(onward.version(aggregateId), seen.of(aggregateId));
  }

  @Override
  public void see(String aggregateId, long version) {
    if (onward.version(aggregateId) != version) {
      seen.see(aggregateId, version);
    }
  }

  @Override
  public List<byte[]> held(String aggregateId) {
    List<byte[]> waiting = held.get(aggregateId);
    return waiting == null ? List.of() : waiting;
  }

  @Override
  public void hold(String aggregateId, List<byte[]> events) {
    held.put(aggregateId, events);
  }

  @Override
  public void release(String aggregateId) {
    held.delete(aggregateId);
  }

  private void project(FixedKeyRecord<String, byte[]> record, WholeCommand<E> command)
      throws CannotFold {
    try {
      context.forward(onward.after(record, command));
    } catch (RuntimeException e) {
      // What Kafka Streams itself throws (a lost partition, a full disk) is not the projection's.
      Optional<ProjectionFailed> failed =
          causes(e)
              .filter(ProjectionFailed.class::isInstance)
              .map(ProjectionFailed.class::cast)
              .findFirst();
      if (failed.isEmpty()) {
        rememberIfTheViews(e, record, command);
        throw e;
      }
      throw reader.cannotFold(record.key(), command, failed.get(), e);
    }
  }

  /**
   * A function of the view's own that fails after a table was written has to lose the transaction:
   * the application is started again, and stops here before anything is written.
   */
  private void rememberIfTheViews(
      RuntimeException e, FixedKeyRecord<String, byte[]> record, WholeCommand<E> command) {
    Throwable root = causes(e).reduce((outer, inner) -> inner).orElse(e);
    if (NOT_THE_VIEWS.stream().noneMatch(root.getClass().getName()::startsWith)) {
      resumptions.poison(
          guard,
          context.taskId().partition(),
          context.recordMetadata().orElseThrow().offset(),
          "a function of the %s failed on aggregate %s at version %d: %s"
              .formatted(reader.name(), record.key(), command.version(), root));
    }
  }

  private static Stream<Throwable> causes(Throwable thrown) {
    return Stream.iterate(thrown, Objects::nonNull, Throwable::getCause).limit(MAX_CAUSES);
  }

  private void stop(
      RecordMetadata source, String reason, String detail, @Nullable Throwable cause) {
    LOG.error(
        "The {} stopped at {}-{} offset {}: {}: {}",
        reader.name(),
        source.topic(),
        source.partition(),
        source.offset(),
        reason,
        detail,
        cause);
    StoppedView mark = new StoppedView(source.partition(), source.offset(), reason, detail);
    stopped.put(source.partition(), JsonCodec.writeValue(mark, StoppedView.class));
    isStopped = true;
    // That is where it comes back to.
    position.ifPresent(it -> it.processed(source.offset() - 1));
  }

  /** Thrown before anything is written, when the domain's own function fails. */
  static final class ProjectionFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String detail;

    ProjectionFailed(Throwable cause) {
      this(cause, "");
    }

    /** With what is to be said of it beside the name of the function. */
    ProjectionFailed(Throwable cause, String detail) {
      super(cause);
      this.detail = detail.isEmpty() ? "" : ": " + detail;
    }
  }
}

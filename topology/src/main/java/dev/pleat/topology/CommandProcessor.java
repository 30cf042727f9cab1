package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageCodec;
import dev.pleat.schemas.MessageHeaders;
import dev.pleat.schemas.Outcome;
import dev.pleat.topology.Decisions.Case;
import dev.pleat.topology.Decisions.Decided;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;

/**
 * Decides the commands of one partition one at a time; the only writer of its aggregates' state.
 * Used by one stream thread at a time.
 */
final class CommandProcessor<S, C, E> implements Processor<byte[], byte[], byte[], byte[]> {

  /*
   * How it works
   *
   * Every record ends as exactly one outcome or one dead letter, or was answered before and is
   * skipped. The checks run in this order, and the first that says no decides:
   *
   *   position not processed before -> readable -> right partition -> command id known? -> action
   *   known -> right key -> data fits the schema -> not expired -> expected version -> decide
   *
   * From "action known" on they are in Decisions, which a dry run asks too.
   *
   * Whether the actor may send the command is the decider's to say (reason not-authorised).
   *
   * Nothing half-done. A record is worked out completely before anything is stored or forwarded:
   * events, state and outcome are serialised and measured first. Only then do state, memory,
   * position, events and outcome go out, and Kafka Streams commits them in one transaction. What
   * throws before that point has changed nothing.
   *
   * Memory. The newest commands of an aggregate lie in its own record (Aggregate.remembered), so
   * that the usual case costs one read and one write. Those pushed out while still inside the
   * memory's time go to a window store, which forgets by dropping whole segments; it is asked only
   * for aggregates that have overflowed inside that time. An aggregate that does not exist has no
   * record at all: what was refused to it is remembered in the window store only, so that made-up
   * ids leave nothing behind for ever. Where the window store is full, a command that would need it
   * is refused (dedupe-full).
   *
   * Speed. A command in its usual form is read, checked and made a record in one pass (Incoming.Ready);
   * anything else takes the general way (Incoming.General), which says what is wrong. Both lead to
   * the same decision. When a client waits, a commit is asked for (GroupCommit).
   *
   * Position. The next offset to process is part of the state. A record below it was answered
   * before: a consumer group that was rewound repeats nothing.
   */

  private final InputLog log;
  private final DomainSchema<C, E> schema;
  private final CommandReader<C> reader;
  private final Decisions<S, C, E> decisions;
  private final GroupCommit commits;
  private final CommandMemory memory;
  private final ProcessedPosition position;

  private ProcessorContext<byte[], byte[]> context;
  private KeyValueStore<String, byte[]> aggregates;

  @SuppressWarnings("NullAway.Init") // Kafka Streams calls init before process
  private CommandProcessor(
      Domain<S, C, E> domain, InputLog log, MemoryLimits limits, GroupCommit.Pace pace) {
    this.log = log;
    this.schema = domain.schema();
    MessageCodec<C, E> messages = MessageCodec.of(schema);
    this.reader = new CommandReader<>(schema, messages, log.partitions());
    this.decisions = new Decisions<>(domain, messages);
    MemoryUse use = new MemoryUse();
    this.memory = new CommandMemory(limits, use);
    this.position = new ProcessedPosition(log, use);
    this.commits = new GroupCommit(pace, position::send);
  }

  static <S, C, E> ProcessorSupplier<byte[], byte[], byte[], byte[]> supplier(
      Domain<S, C, E> domain, InputLog log, MemoryLimits limits) {
    // The processors of a thread commit together.
    ThreadLocal<GroupCommit.Pace> pace =
        ThreadLocal.withInitial(() -> new GroupCommit.Pace(System::nanoTime));
    return new ProcessorSupplier<>() {
      @Override
      public Processor<byte[], byte[], byte[], byte[]> get() {
        return new CommandProcessor<>(domain, log, limits, pace.get());
      }

      @Override
      public Set<StoreBuilder<?>> stores() {
        return CommandTopology.stores(limits);
      }
    };
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    this.context = context;
    aggregates = context.getStateStore(Aggregate.STORE);
    memory.init(context);
    RefoldMark.requireNoneAfter(context, log.refolds());
    position.init(context);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    RecordMetadata source = context.recordMetadata().orElseThrow();
    if (position.isProcessed(source.offset())) {
      return;
    }
    switch (reader.read(record.key(), record.value(), source.partition())) {
      case CommandReader.Unreadable<C> unreadable ->
          context.forward(unreadable.letter().record(record, source), CommandTopology.DEAD_LETTERS);
      case CommandReader.Misplaced<C> misplaced -> {
        // The aggregate lives on another partition: nothing of it may be read or changed here.
        Case<C> turn =
            new Case<>(
                new AggregateName(schema.name(), misplaced.aggregateId()),
                Aggregate.absent(),
                misplaced.command(),
                record.timestamp());
        forward(record, turn.rejected("wrong-partition", misplaced.detail()));
      }
      case CommandReader.Addressed<C> addressed ->
          answer(record, addressed.aggregateId(), addressed.command());
    }
    position.processed(source.offset());
    commits.processed(
        context,
        record.timestamp(),
        record.headers().lastHeader(MessageHeaders.REQUEST_ID) != null);
  }

  @Override
  public void close() {
    commits.close();
  }

  private void answer(Record<byte[], byte[]> record, String aggregateId, Incoming<C> command) {
    byte[] stored = aggregates.get(aggregateId);
    Aggregate aggregate = stored == null ? Aggregate.absent() : Aggregate.read(stored);
    AggregateName name = new AggregateName(schema.name(), aggregateId);
    Case<C> turn = new Case<>(name, aggregate, command, record.timestamp());

    Optional<RememberedCommand> before = memory.find(name, aggregate, command.id(), turn.now());
    if (before.isPresent()) {
      forward(record, turn.again(before.get()));
      return;
    }

    Decided decided = decisions.decide(turn);
    if (decided.remember()) {
      switch (memory.remember(
          name,
          aggregate.exists() ? decided.aggregate() : begun(decided.aggregate(), turn),
          turn.toRemember(decided.outcome()),
          turn.now(),
          Decisions.MAX_RECORD_BYTES - record.key().length)) {
        case CommandMemory.TooLarge tooLarge -> {
          forward(record, turn.tooLarge());
          return;
        }
        case CommandMemory.Full full -> {
          forward(
              record,
              turn.rejected(
                  "dedupe-full",
                  "there is no room to remember more commands; nothing changed, send it again"
                      + " later"));
          return;
        }
        case CommandMemory.Fits fits -> {
          boolean exists = fits.aggregate().exists();
          if (exists) {
            aggregates.put(aggregateId, fits.bytes());
          }
          memory.overflow(name, exists, fits.overflowing());
        }
      }
    }
    for (byte[] event : decided.events()) {
      Record<byte[], byte[]> out =
          new Record<>(record.key(), event, decided.outcome().timestamp().toEpochMilli());
      Origin.carry(record.headers(), out.headers());
      context.forward(out, CommandTopology.EVENTS);
    }
    forward(record, decided.outcome());
  }

  /** What was refused to an aggregate before it existed lies in the overflow store. */
  private Aggregate begun(Aggregate after, Case<C> turn) {
    return after.exists()
        ? after.remembering(after.remembered(), memory.marked(turn.name(), turn.now()))
        : after;
  }

  private void forward(Record<byte[], byte[]> command, Outcome outcome) {
    Record<byte[], byte[]> out =
        new Record<>(command.key(), JsonCodec.write(outcome), command.timestamp());
    Origin.carry(command.headers(), out.headers());
    Origin.carry(
        command.headers(),
        MessageHeaders.REQUEST_ID,
        MessageHeaders.MAX_REQUEST_ID_BYTES,
        out.headers());
    context.forward(out, CommandTopology.OUTCOMES);
  }
}

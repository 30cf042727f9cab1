package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.DeclaredPolicy;
import dev.pleat.schemas.MessageHeaders;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.PolicyContext;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reacts to the events of one partition of each source, one command's after the other, and sends
 * what is due. Used by one stream thread at a time.
 *
 * <p>Nothing half-done: everything that follows from an event is worked out, checked and serialised
 * before anything is stored or forwarded. Where that fails, the guard before it stops at the event.
 */
final class PolicyProcessor<S> implements Processor<String, WholeCommand<?>, byte[], byte[]> {

  private static final Logger LOG = LoggerFactory.getLogger(PolicyProcessor.class);

  /** Of policies one after another: more can only be policies that feed each other. */
  static final int MAX_HOPS = 32;

  /** What may follow from one event. */
  static final int MAX_ORDERS = 1_000;

  /** Deadlines fired at once; the next are as soon as records were looked at. */
  static final int MAX_DUE = 1_000;

  private static final long SHORTEST_WAIT_MS = 1;
  private static final long STOPPED_WAIT_MS = 5_000;
  private static final long LONGEST_WAIT_MS = 60_000;

  private final DomainSchema<?, ?> schema;
  private final DeclaredPolicy policy;
  private final Domain.BoundPolicy<S> bound;
  private final PolicyStart start;
  private final Map<String, DomainSchema<?, ?>> sources;
  private final Map<String, DomainSchema<?, ?>> targets;
  private final Deadlines deadlines;
  private final List<KeyValueStore<Integer, byte[]>> stopped = new ArrayList<>();

  private ProcessorContext<byte[], byte[]> context;
  private KeyValueStore<String, byte[]> states;

  /** When deadlines are looked at next, in ms since 1970; not while there are none. */
  private long wakesAt = Long.MAX_VALUE;

  private Optional<Cancellable> alarm = Optional.empty();

  @SuppressWarnings("NullAway.Init") // Kafka Streams calls init before process
  private PolicyProcessor(
      DomainSchema<?, ?> schema,
      DeclaredPolicy policy,
      Domain.BoundPolicy<S> bound,
      PolicyStart start) {
    this.schema = schema;
    this.policy = policy;
    this.bound = bound;
    this.start = start;
    this.sources =
        schema.sources(policy).stream()
            .collect(Collectors.toMap(DomainSchema::eventsTopic, Function.identity()));
    this.targets =
        schema.targets(policy).stream()
            .collect(Collectors.toMap(DomainSchema::name, Function.identity()));
    this.deadlines = new Deadlines(policy);
  }

  static <S> ProcessorSupplier<String, WholeCommand<?>, byte[], byte[]> supplier(
      DomainSchema<?, ?> schema,
      DeclaredPolicy policy,
      Domain.BoundPolicy<S> bound,
      PolicyStart start) {
    return new ProcessorSupplier<>() {
      @Override
      public Processor<String, WholeCommand<?>, byte[], byte[]> get() {
        return new PolicyProcessor<>(schema, policy, bound, start);
      }

      @Override
      public Set<StoreBuilder<?>> stores() {
        Set<StoreBuilder<?>> stores = new LinkedHashSet<>(Deadlines.stores(policy));
        stores.add(
            Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(policy.stateStore()),
                Serdes.String(),
                Serdes.ByteArray()));
        return stores;
      }
    };
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    this.context = context;
    states = context.getStateStore(policy.stateStore());
    deadlines.init(context);
    stopped.clear();
    for (DomainSchema<?, ?> source : schema.sources(policy)) {
      stopped.add(context.getStateStore(policy.guard(source).stoppedStore()));
    }
    wakeForNext();
  }

  // ---- events

  @Override
  public void process(Record<String, WholeCommand<?>> record) {
    RecordMetadata at = context.recordMetadata().orElseThrow();
    DomainSchema<?, ?> source = Objects.requireNonNull(sources.get(at.topic()));
    Plan plan = new Plan(source, record, at);
    byte[] state;
    try {
      state = plan.react();
    } catch (StateCodec.StateShapeChanged e) {
      throw new EventGuard.ProjectionFailed(
          e, "what it remembers was stored by another release in another shape");
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      throw new EventGuard.ProjectionFailed(e, String.valueOf(e.getMessage()));
    }
    if (state.length == 0) {
      states.delete(record.key());
    } else {
      states.put(record.key(), state);
    }
    plan.steps.forEach(Runnable::run);
  }

  /** What follows from the events of one command, worked out with nothing done yet. */
  private final class Plan {
    private final DomainSchema<?, ?> source;
    private final Record<String, WholeCommand<?>> record;
    private final int hops;
    private final boolean quiet;
    private final List<Runnable> steps = new ArrayList<>();

    Plan(DomainSchema<?, ?> source, Record<String, WholeCommand<?>> record, RecordMetadata at) {
      this.source = source;
      this.record = record;
      this.hops = Origin.hops(record.headers()) + 1;
      this.quiet = start.isQuiet(at.topic(), at.partition(), at.offset());
    }

    /** The state after the events; empty where nothing is to be remembered. */
    byte[] react() {
      Domain.BoundReaction<S, ?> reaction = bound.reaction(source);
      byte[] stored = states.get(record.key());
      S before = stored == null ? reaction.policy().initialState() : bound.states().read(stored);
      S after = fold(reaction, before);
      return after.equals(reaction.policy().initialState())
          ? new byte[0]
          : bound.states().write(after);
    }

    @SuppressWarnings("unchecked") // the guard of this source made it
    private <E> S fold(Domain.BoundReaction<S, E> bound, S before) {
      S state = before;
      for (WholeCommand.Event<E> event : ((WholeCommand<E>) record.value()).events()) {
        Optional<E> known = event.record(bound.source());
        if (known.isPresent()) {
          state = react(bound, state, event, known.get());
        }
      }
      return state;
    }

    private <E> S react(
        Domain.BoundReaction<S, E> bound, S state, WholeCommand.Event<E> event, E known) {
      PolicyContext about =
          new PolicyContext(
              schema.name(),
              policy.name(),
              record.key(),
              event.id(),
              event.version(),
              event.timestamp());
      Reaction<S> reaction = bound.policy().react(state, known, about);
      if (reaction.orders().size() > MAX_ORDERS) {
        throw new IllegalStateException(
            reaction.orders().size() + " commands and deadlines, " + MAX_ORDERS + " are allowed");
      }
      int sent = 0;
      for (Reaction.Order order : reaction.orders()) {
        switch (order) {
          case Reaction.Send send -> {
            UUID id = NameBasedId.ofReaction(schema.name(), policy.name(), event.id(), sent++);
            Deadlines.Pending command =
                command(send.target(), send.command(), id, event, event.timestamp());
            plan(() -> send(command, Optional.of(record)));
          }
          case Reaction.SetDeadline set -> {
            Instant due = event.timestamp().plus(set.after());
            Deadlines.check(set.name(), due.toEpochMilli());
            UUID id = NameBasedId.ofDeadline(schema.name(), policy.name(), event.id(), set.name());
            Deadlines.Pending command = command(set.target(), set.command(), id, event, due);
            plan(
                () -> {
                  if (command.hops() > MAX_HOPS) {
                    // A dead letter says which event it came from, and there is none later on.
                    deadlines.cancel(record.key(), set.name());
                    send(command, Optional.of(record));
                  } else {
                    deadlines.set(record.key(), set.name(), due.toEpochMilli(), command);
                    wakeAt(due.toEpochMilli());
                  }
                });
          }
          case Reaction.CancelDeadline cancel ->
              plan(() -> deadlines.cancel(record.key(), cancel.name()));
        }
      }
      return Objects.requireNonNull(reaction.state(), "the policy remembers null");
    }

    private void plan(Runnable step) {
      if (!quiet) {
        steps.add(step);
      }
    }

    /** What is to be sent, checked. */
    private Deadlines.Pending command(
        DomainSchema<?, ?> target,
        java.lang.Record data,
        UUID id,
        WholeCommand.Event<?> event,
        Instant time) {
      if (!targets.containsKey(target.name())) {
        throw new IllegalStateException("it sends to " + target + ", which it does not declare");
      }
      CausedCommand command =
          CausedCommand.of(target, data, id, event, time, schema.policyActor(policy.name()));
      return new Deadlines.Pending(
          target.name(),
          command.aggregateId(),
          new String(command.value(), UTF_8),
          event.id(),
          hops);
    }
  }

  private void send(Deadlines.Pending command, Optional<Record<String, WholeCommand<?>>> because) {
    DomainSchema<?, ?> target = targets.get(command.target());
    if (target == null) {
      LOG.error(
          "The policy {} does not send to {} any more; a deadline was dropped: {}",
          policy.name(),
          command.target(),
          command.command());
      return;
    }
    Record<byte[], byte[]> out =
        new Record<>(
            command.aggregateId().getBytes(UTF_8),
            command.command().getBytes(UTF_8),
            context.currentSystemTimeMs());
    out.headers().add(MessageHeaders.CAUSE, command.cause().toString().getBytes(UTF_8));
    out.headers().add(MessageHeaders.HOPS, Integer.toString(command.hops()).getBytes(UTF_8));
    because.ifPresent(record -> Origin.carryTrace(record.headers(), out.headers()));
    if (command.hops() <= MAX_HOPS) {
      context.forward(out, PolicyTopology.commands(target));
      return;
    }
    DeadLetter letter =
        new DeadLetter(
            "too-many-hops",
            "%d policies lie before it, %d are allowed; not sent by %s/%s: do two policies feed each other?"
                .formatted(command.hops(), MAX_HOPS, schema.name(), policy.name()));
    LOG.error("{} to {}: {}", letter.detail(), target, command.command());
    context.forward(
        letter.record(
            out,
            context
                .recordMetadata()
                .orElseThrow(() -> new IllegalStateException("hops are counted at events"))),
        PolicyTopology.deadLetters(target));
  }

  // ---- deadlines

  private void wakeForNext() {
    wakesAt = Long.MAX_VALUE;
    deadlines.next().ifPresent(this::wakeAt);
  }

  /** Sees to it that deadlines are looked at then, or earlier. Without any nothing wakes. */
  private void wakeAt(long dueMs) {
    if (dueMs < wakesAt) {
      wakesAt = dueMs;
      // Not for longer than a minute: the clock may be set.
      wakeAfter(
          Math.clamp(dueMs - context.currentSystemTimeMs(), SHORTEST_WAIT_MS, LONGEST_WAIT_MS));
    }
  }

  private void wakeAfter(long waitMs) {
    alarm.ifPresent(Cancellable::cancel);
    alarm =
        Optional.of(
            context.schedule(
                Duration.ofMillis(waitMs), PunctuationType.WALL_CLOCK_TIME, this::fireDue));
  }

  private void fireDue(long nowMs) {
    alarm.ifPresent(Cancellable::cancel);
    alarm = Optional.empty();
    if (stopped.stream().anyMatch(marks -> marks.get(context.taskId().partition()) != null)) {
      // An event that it cannot read now may cancel them.
      wakeAfter(STOPPED_WAIT_MS);
      return;
    }
    for (Deadlines.Pending command : deadlines.take(nowMs, MAX_DUE)) {
      send(command, Optional.empty());
    }
    wakeForNext();
  }
}

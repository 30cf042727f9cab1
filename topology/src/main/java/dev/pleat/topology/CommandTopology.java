package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import java.time.Duration;
import java.util.Set;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.StoreBuilder;

/**
 * The write side of a domain as a plain Kafka Streams topology: read a command, decide it, record
 * what became of it.
 *
 * <p>One processor owns the state of every aggregate and is its only writer; nothing loops through
 * a topic. Under {@code exactly_once_v2} state, events, outcome, memory and position commit in one
 * Kafka transaction.
 */
public final class CommandTopology {

  /** How long a command id is remembered unless said otherwise. */
  public static final Duration DEFAULT_MEMORY = MemoryLimits.DEFAULT.time();

  /** The stores that are read and written by key only, never listed. */
  public static final Set<String> NEVER_LISTED = Set.of(Aggregate.STORE);

  static final String EVENTS = "events";
  static final String OUTCOMES = "outcomes";
  static final String DEAD_LETTERS = "dead-letters";

  private CommandTopology() {}

  /**
   * The Kafka Streams application id; the last dot keeps one id from being another's prefix. A log
   * that took the place of the first one is gone on with by the application that made it.
   */
  public static String applicationId(DomainSchema<?, ?> schema) {
    return schema.log() == DomainSchema.FIRST_LOG
        ? "pleat." + schema.name() + ".commands."
        : "pleat." + schema.name() + "." + DomainSchema.LOG + ".g" + schema.log() + ".";
  }

  /** The application id of the one that decides all commands again into another generation. */
  public static String applicationId(DomainSchema<?, ?> schema, int generation) {
    return applicationId(schema.onLog(generation));
  }

  /**
   * The changelog topic of the aggregates, which Kafka Streams names after application and store.
   */
  public static String stateTopic(DomainSchema<?, ?> schema) {
    return applicationId(schema) + "-" + Aggregate.STORE + "-changelog";
  }

  /** What is stored of a partition; {@link RefoldTopology} works on the same stores. */
  static Set<StoreBuilder<?>> stores(MemoryLimits memory) {
    return Set.of(
        Aggregate.store(),
        CommandMemory.store(memory),
        ProcessedPosition.store(ProcessedPosition.STORE));
  }

  /** For a commands topic of one partition, as a {@code TopologyTestDriver} has it. */
  public static Topology of(Domain<?, ?, ?> domain) {
    return of(domain, InputLog.single(), MemoryLimits.DEFAULT);
  }

  /**
   * For the commands topic of a cluster.
   *
   * @param memory how long a command id is remembered, and in how much room
   */
  public static Topology of(Domain<?, ?, ?> domain, InputLog log, MemoryLimits memory) {
    return of(domain, log, memory, OutputTopics.live(domain.schema()));
  }

  /** The same, which records what became of the commands elsewhere. */
  public static Topology of(
      Domain<?, ?, ?> domain, InputLog log, MemoryLimits memory, OutputTopics to) {
    DomainSchema<?, ?> schema = domain.schema();
    return new Topology()
        .addSource(
            "commands",
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer(),
            schema.commandsTopic())
        .addProcessor("decide", CommandProcessor.supplier(domain, log, memory), "commands")
        .addSink(
            EVENTS, to.events(), new ByteArraySerializer(), new ByteArraySerializer(), "decide")
        .addSink(
            OUTCOMES, to.outcomes(), new ByteArraySerializer(), new ByteArraySerializer(), "decide")
        .addSink(
            DEAD_LETTERS,
            to.deadLetters(),
            new ByteArraySerializer(),
            new ByteArraySerializer(),
            "decide");
  }
}

package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.DeclaredPolicy;
import dev.pleat.schemas.MessageCodec;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Named;

/**
 * One policy of a domain as a plain Kafka Streams topology: read the events of its sources, guard
 * them, react to them with commands.
 *
 * <p>Under {@code exactly_once_v2} the commands, the policy's state, its deadlines, its position
 * and the consumer's offset commit in one Kafka transaction. So a reaction happens once, and no
 * rebuild of a view repeats it.
 */
public final class PolicyTopology {

  static final String REACT = "react";

  private PolicyTopology() {}

  /** The Kafka Streams application id; the last dot keeps one id from being another's prefix. */
  public static String applicationId(DomainSchema<?, ?> schema, DeclaredPolicy policy) {
    return "pleat." + schema.name() + ".policy." + policy.name() + ".";
  }

  /** The changelog topic of one of a policy's stores, which Kafka Streams names like this. */
  public static String changelog(DomainSchema<?, ?> schema, DeclaredPolicy policy, String store) {
    return applicationId(schema, policy) + "-" + store + "-changelog";
  }

  /**
   * For topics of one partition, as a {@code TopologyTestDriver} has them.
   *
   * @throws IllegalArgumentException if the domain has no policy of this name
   */
  public static Topology of(Domain<?, ?, ?> domain, String policy) {
    DeclaredPolicy declared = declared(domain, policy);
    return of(
        domain, policy, PolicyStart.single(domain.schema().sources(declared)), new Resumptions());
  }

  /**
   * For the topics of a cluster.
   *
   * @throws IllegalArgumentException if the domain has no policy of this name
   */
  public static Topology of(
      Domain<?, ?, ?> domain, String policy, PolicyStart start, Resumptions resumptions) {
    DeclaredPolicy declared = declared(domain, policy);
    StreamsBuilder builder = new StreamsBuilder();
    List<String> guards = new ArrayList<>();
    for (DomainSchema<?, ?> source : domain.schema().sources(declared)) {
      guards.add(guard(builder, declared, source, start.log(source), resumptions));
    }
    Topology topology = builder.build();
    topology.addProcessor(
        REACT,
        PolicyProcessor.supplier(domain.schema(), declared, domain.policy(declared), start),
        guards.toArray(String[]::new));
    for (DomainSchema<?, ?> source : domain.schema().sources(declared)) {
      // While one of its sources is stopped, no deadline is fired either.
      topology.connectProcessorAndStateStores(REACT, declared.guard(source).stoppedStore());
    }
    for (DomainSchema<?, ?> target : domain.schema().targets(declared)) {
      sink(topology, commands(target), target.commandsTopic());
      sink(topology, deadLetters(target), target.deadLettersTopic());
    }
    return topology;
  }

  private static DeclaredPolicy declared(Domain<?, ?, ?> domain, String policy) {
    return domain
        .schema()
        .policy(policy)
        .orElseThrow(
            () -> new IllegalArgumentException(domain.schema() + " has no policy " + policy));
  }

  private static <E> String guard(
      StreamsBuilder builder,
      DeclaredPolicy policy,
      DomainSchema<?, E> source,
      InputLog log,
      Resumptions resumptions) {
    String name = source.name() + "-guard";
    builder.stream(
            source.eventsTopic(),
            Consumed.with(Serdes.String(), Serdes.ByteArray()).withName(source.name() + "-events"))
        .processValues(
            EventGuard.ofCommands(
                policy, policy.guard(source), log, MessageCodec.of(source), resumptions),
            Named.as(name));
    return name;
  }

  private static void sink(Topology topology, String name, String topic) {
    topology.addSink(name, topic, new ByteArraySerializer(), new ByteArraySerializer(), REACT);
  }

  static String commands(DomainSchema<?, ?> target) {
    return target.name() + "-commands";
  }

  static String deadLetters(DomainSchema<?, ?> target) {
    return target.name() + "-dead-letters";
  }
}

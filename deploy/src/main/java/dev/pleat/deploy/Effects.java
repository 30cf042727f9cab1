package dev.pleat.deploy;

import dev.pleat.interactivequeries.Health;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.topology.Domain;
import dev.pleat.topology.EffectReader;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;

/** The effects of the domains of this process. Safe for use by many threads. */
final class Effects implements AutoCloseable {

  private final List<RunningEffect> running = new ArrayList<>();

  /**
   * Starts all in the background.
   *
   * @param domains on the logs that serve
   * @throws StartRefused if it is not known any more what one has done
   */
  Effects(
      List<Domain<?, ?, ?>> domains,
      DomainTopics topics,
      StreamsSettings streams,
      Admin admin,
      Settings settings,
      SmtpSettings smtp) {
    try {
      for (Domain<?, ?, ?> domain : domains) {
        for (String effect : domain.effects()) {
          running.add(start(domain, effect, topics, streams, admin, settings, smtp));
        }
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private static RunningEffect start(
      Domain<?, ?, ?> domain,
      String effect,
      DomainTopics topics,
      StreamsSettings streams,
      Admin admin,
      Settings settings,
      SmtpSettings smtp) {
    DomainSchema<?, ?> schema = domain.schema();
    EffectReader reader = EffectReader.of(domain, effect);
    Map<String, Object> connection = streams.connection();
    EffectPositions positions =
        new EffectPositions(
            reader.name(),
            reader.group(),
            new EffectPositions.Events(
                schema.eventsTopic(),
                topics.of(schema.name()).eventsTopicId(),
                topics.partitions(schema)),
            connection,
            admin,
            new Manifest(connection, schema.manifestTopic()));
    positions.prepare(settings.effectsFromFirst(), settings.acceptRecreatedTopics());
    return RunningEffect.start(
        reader,
        positions,
        new SmtpServer(smtp),
        new RunningEffect.Surroundings(
            connection,
            schema.eventsTopic(),
            streams.instanceId(),
            EffectWaits.Patience.usual(new SecureRandom())));
  }

  /** How each of them is. */
  List<Health.Role> health() {
    return running.stream().map(RunningEffect::health).toList();
  }

  @Override
  public void close() {
    running.forEach(Instance::closeQuietly);
  }
}

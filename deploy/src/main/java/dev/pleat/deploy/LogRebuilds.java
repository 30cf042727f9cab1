package dev.pleat.deploy;

import dev.pleat.interactivequeries.Answer;
import dev.pleat.interactivequeries.LogOperations;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.topology.Domain;
import dev.pleat.topology.InputLog;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rebuilds of the logs of all domains of this process. Safe for use by many threads. */
final class LogRebuilds implements LogOperations, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LogRebuilds.class);

  /** A killed process is in its group for another 10 s. */
  private static final int DISCARD_TRIES = 6;

  private static final long DISCARD_PAUSE_S = 5;

  private final Map<String, LogRebuild> byDomain = new LinkedHashMap<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread discarding =
      Thread.ofPlatform().name("discard-logs").daemon(true).unstarted(this::discardUnfinished);

  /**
   * Deletes in the background what a process that was killed has left of a rebuild.
   *
   * @param commands the commands topic of a domain that takes commands
   */
  LogRebuilds(
      List<Domain<?, ?, ?>> domains,
      Function<DomainSchema<?, ?>, InputLog> commands,
      StreamsSettings streams,
      Admin admin,
      GenerationRemoval removal) {
    LogEnds ends = new LogEnds(admin);
    for (Domain<?, ?, ?> domain : domains) {
      DomainSchema<?, ?> schema = domain.schema();
      if (schema.takesCommands()) {
        byDomain.put(
            schema.name(),
            new LogRebuild(
                new LogRebuildRun.Surroundings(
                    domain,
                    commands.apply(schema),
                    new LogTopics(schema, streams.connection(), admin, removal),
                    streams,
                    ends)));
      }
    }
    discarding.start();
  }

  private void discardUnfinished() {
    for (LogRebuild each : byDomain.values()) {
      try {
        int tries = 1;
        while (!each.discardUnfinished() && tries < DISCARD_TRIES) {
          tries++;
          if (closing.await(DISCARD_PAUSE_S, TimeUnit.SECONDS)) {
            return;
          }
        }
      } catch (KafkaException | IllegalStateException | UncheckedIOException e) {
        LOG.warn("what is left of the rebuild of a log is deleted with the next one", e);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private LogRebuild of(DomainSchema<?, ?> schema) {
    LogRebuild found = byDomain.get(schema.name());
    if (found == null) {
      throw new IllegalArgumentException(schema + " takes no commands here");
    }
    return found;
  }

  @Override
  public State state(DomainSchema<?, ?> schema) {
    return of(schema).state();
  }

  @Override
  public Answer<Integer> rebuild(DomainSchema<?, ?> schema, int commandsPerSecond) {
    return of(schema).begin(commandsPerSecond);
  }

  @Override
  public Answer<Integer> cancel(DomainSchema<?, ?> schema) {
    return of(schema).cancel();
  }

  /** Gives up what is under way. */
  @Override
  public void close() {
    closing.countDown();
    byDomain.values().forEach(LogRebuild::close);
  }
}

package dev.pleat.deploy;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.topology.Domain;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** The suite on Kafka Streams and the embedded broker, with views in a real PostgreSQL. */
final class PostgresRuntimeIT extends RuntimeContract {

  private record PostgresRuntime(PostgresServer database, InstanceRuntime pleat)
      implements ServedRuntime {

    @Override
    public String url() {
      return pleat.url();
    }

    @Override
    public Set<Part> without() {
      return Set.of(Part.LIVE_LISTS);
    }

    @Override
    public List<RecordedEvent> events(DomainSchema<?, ?> schema, String aggregateId) {
      return pleat.events(schema, aggregateId);
    }

    @Override
    public void close() {
      pleat.close();
      database.close();
    }
  }

  @Override
  ServedRuntime open(Path directory) {
    PostgresServer database = PostgresServer.start(directory.resolve("postgres"));
    return new PostgresRuntime(
        database,
        new InstanceRuntime(
            Servers.inDatabase(
                directory.resolve("pleat"),
                database.create("views"),
                DOMAINS.toArray(Domain<?, ?, ?>[]::new))));
  }
}

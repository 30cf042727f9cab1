package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.deploy.guarantees.Log;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.RecordedEvent;
import java.util.List;

/** Kafka Streams on an embedded broker: what happened is read from the log itself. */
record InstanceRuntime(Instance instance) implements ServedRuntime {

  @Override
  public String url() {
    return instance.url();
  }

  @Override
  public List<RecordedEvent> events(DomainSchema<?, ?> schema, String aggregateId) {
    return Log.committed(instance.bootstrapServers(), schema.eventsTopic()).stream()
        .filter(record -> new String(record.key(), UTF_8).equals(aggregateId))
        .map(record -> JsonCodec.readEvent(record.value()))
        .toList();
  }

  @Override
  public void close() {
    instance.close();
  }
}

package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.RecordedEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * A running Pleat, whatever it runs on: the same domains behind the same HTTP API. To put another
 * one under the suite, implement this and give it to a subclass of {@link RuntimeContract}.
 */
interface ServedRuntime extends AutoCloseable {

  /** What a runtime may do without. */
  enum Part {
    /** Views derived in the Kafka Streams DSL. */
    DERIVED_VIEWS,
    /** Lists followed as they change. */
    LIVE_LISTS,
    /** A log that can be decided again. */
    LOG_REBUILD
  }

  /** Where it answers, for example {@code http://127.0.0.1:8080}. */
  String url();

  /** What every answer says in {@code Pleat-Runtime}; empty where no answer has the header. */
  default Optional<String> name() {
    return Optional.empty();
  }

  /** What it does without: it must say so, with 501 {@code not-offered}. */
  default Set<Part> without() {
    return Set.of();
  }

  /** All events of an aggregate that are recorded, in order. */
  default List<RecordedEvent> events(DomainSchema<?, ?> schema, String aggregateId) {
    List<RecordedEvent> events = new ArrayList<>();
    try (ApiClient api = new ApiClient(url())) {
      String path =
          "/domains/"
              + schema.name()
              + "/events/"
              + HttpScenario.encoded(aggregateId)
              + "?limit=1000";
      JsonNode found = ApiClient.json(api.get(path)).path("events");
      found.forEach(event -> events.add(JsonCodec.readEvent(event.toString().getBytes(UTF_8))));
    }
    return events;
  }

  @Override
  void close();
}

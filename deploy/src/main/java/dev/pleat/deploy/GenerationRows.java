package dev.pleat.deploy;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the compacted topics {@code <domain>.views} say, as far as they were read. Safe for use by
 * many threads.
 *
 * <p>Several processes write without asking each other. Who was first to take a number has it: a
 * later row of the same number with another version, or from other logs, does not count. A
 * generation that was dropped stays so.
 */
final class GenerationRows {

  private static final Logger LOG = LoggerFactory.getLogger(GenerationRows.class);

  /** Topic and view to what there is of it, by number. */
  private final Map<String, NavigableMap<Integer, Generation>> known = new ConcurrentHashMap<>();

  private static String place(String topic, String view) {
    return topic + "/" + view;
  }

  /** Takes a record in; whether it was a row. */
  boolean apply(ConsumerRecord<String, byte[]> row) {
    if (row.key() == null || row.value() == null) {
      return false;
    }
    Optional<Generation> generation = Generation.read(row.key(), row.value());
    if (generation.isEmpty()) {
      LOG.warn("{} offset {} is no generation of a view: ignored", row.topic(), row.offset());
      return false;
    }
    Generation next = generation.get();
    known
        .computeIfAbsent(place(row.topic(), next.view()), name -> new ConcurrentSkipListMap<>())
        .merge(next.number(), next, GenerationRows::merged);
    return true;
  }

  private static Generation merged(Generation before, Generation next) {
    return before.state() == Generation.State.DROPPED || !before.isLike(next) ? before : next;
  }

  /** All generations there ever were of a view, oldest first. */
  List<Generation> of(DomainSchema<?, ?> schema, View view) {
    return Optional.ofNullable(known.get(place(schema.viewsTopic(), view.name())))
        .<List<Generation>>map(all -> new ArrayList<>(all.values()))
        .orElse(List.of());
  }

  /** What counts for this number of a view. */
  Optional<Generation> of(String topic, String view, int number) {
    return Optional.ofNullable(known.get(place(topic, view))).map(all -> all.get(number));
  }
}

package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.RecordedEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;

/**
 * A derived view on its real topology, in a {@code TopologyTestDriver}: events go in, one a
 * command, and its rows can be looked at. Used by one thread.
 *
 * @param <V> the rows
 */
public final class DerivedRows<V extends Record> implements AutoCloseable {

  private static final Instant TIME = Instant.parse("2026-11-21T10:00:00Z");

  private record Happened(DomainSchema<?, ?> source, String aggregateId, byte[] event) {}

  private final DomainSchema<?, ?> schema;
  private final View view;
  private final Class<V> row;
  private final Domain<?, ?, ?> domain;
  private final TopologyTestDriver driver;
  private final Map<String, Long> versions = new HashMap<>();
  private final List<Happened> log = new ArrayList<>();

  private DerivedRows(DomainSchema<?, ?> schema, View view, Class<V> row, Domain<?, ?, ?> domain) {
    this.schema = schema;
    this.view = view;
    this.row = row;
    this.domain = domain;
    this.driver = new TopologyTestDriver(ViewTopology.of(domain, view.name()));
  }

  /**
   * Of this view, with no event yet.
   *
   * @throws IllegalArgumentException if the domain has no such view
   */
  public static <V extends Record> DerivedRows<V> of(
      Domain<?, ?, ?> domain, String view, Class<V> row) {
    View declared =
        domain
            .schema()
            .view(view)
            .orElseThrow(() -> new IllegalArgumentException("there is no view " + view));
    return new DerivedRows<>(domain.schema(), declared, row, domain);
  }

  /** The next event of this aggregate. */
  public <E> void happens(DomainSchema<?, E> source, String aggregateId, E event) {
    long version = versions.merge(source.name() + "/" + aggregateId, 1L, Long::sum);
    UUID command = NameBasedId.ofAggregate(source.name(), new UUID(0, log.size()));
    RecordedEvent recorded =
        new RecordedEvent(
            NameBasedId.ofEvent(source.name(), aggregateId, command, 0),
            command,
            event.getClass().getSimpleName(),
            JsonCodec.toObject(event),
            TIME,
            version,
            version,
            Optional.empty(),
            Optional.empty());
    Happened happened = new Happened(source, aggregateId, JsonCodec.write(recorded));
    log.add(happened);
    pipe(happened);
  }

  /** Everything that happened so far is delivered again, in the same order. */
  public void happensAgain() {
    List.copyOf(log).forEach(this::pipe);
  }

  /**
   * Everything that happened to another one is delivered here three times: first the events of each
   * aggregate in their order, again at any time after; the aggregates are shuffled.
   */
  public void isToldThrice(DerivedRows<V> other, SplittableRandom random) {
    Map<String, List<Happened>> untold = new TreeMap<>();
    for (Happened happened : other.log) {
      untold
          .computeIfAbsent(
              happened.source().name() + "/" + happened.aggregateId(), name -> new ArrayList<>())
          .add(happened);
    }
    List<List<Happened>> first = new ArrayList<>(untold.values());
    List<Happened> again = new ArrayList<>();
    while (!first.isEmpty() || !again.isEmpty()) {
      if (first.isEmpty() || (!again.isEmpty() && random.nextInt(3) > 0)) {
        pipe(again.remove(random.nextInt(again.size())));
        continue;
      }
      int at = random.nextInt(first.size());
      Happened next = first.get(at).remove(0);
      if (first.get(at).isEmpty()) {
        first.remove(at);
      }
      pipe(next);
      again.add(next);
      again.add(next);
    }
  }

  private void pipe(Happened happened) {
    driver
        .createInputTopic(
            happened.source().eventsTopic(), new StringSerializer(), new ByteArraySerializer())
        .pipeInput(happened.aggregateId(), happened.event(), TIME);
  }

  /** The row of this key. */
  public Optional<V> row(String key) {
    return Optional.ofNullable(rows().get(key));
  }

  /**
   * All rows by their keys.
   *
   * @throws AssertionError if the view stopped
   */
  public Map<String, V> rows() {
    for (DomainSchema<?, ?> source : schema.sources(view)) {
      KeyValueStore<Integer, byte[]> stopped =
          driver.getKeyValueStore(view.guard(source).stoppedStore());
      byte[] mark = stopped.get(0);
      if (mark != null) {
        throw new AssertionError(
            "the view " + view.name() + " stopped: " + JsonCodec.readObject(mark));
      }
    }
    Map<String, V> rows = new TreeMap<>();
    KeyValueStore<String, ValueAndTimestamp<byte[]>> store =
        driver.getTimestampedKeyValueStore(view.rowsStore());
    try (KeyValueIterator<String, ValueAndTimestamp<byte[]>> all = store.all()) {
      all.forEachRemaining(
          each ->
              rows.put(
                  each.key, JsonCodec.toRecord(JsonCodec.readObject(each.value.value()), row)));
    }
    return rows;
  }

  /** The entries of the view's indexes, as {@link dev.pleat.schemas.IndexKey} makes them. */
  public Set<Bytes> entries() {
    Set<Bytes> entries = new TreeSet<>();
    KeyValueStore<Bytes, byte[]> index = driver.getKeyValueStore(view.indexStore());
    try (KeyValueIterator<Bytes, byte[]> all = index.all()) {
      all.forEachRemaining(
          entry -> {
            if (entry.key.get()[0] != 0) {
              entries.add(entry.key);
            }
          });
    }
    return entries;
  }

  /** The entries that the rows as they are should have. */
  public Set<Bytes> expectedEntries() {
    Set<Bytes> entries = new TreeSet<>();
    rows().forEach((key, each) -> entries.addAll(domain.index(view, row).entries(view, key, each)));
    return entries;
  }

  @Override
  public void close() {
    driver.close();
  }
}

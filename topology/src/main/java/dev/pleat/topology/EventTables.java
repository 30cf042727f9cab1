package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.Guard;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageCodec;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link DerivedView} is made from: the events of its sources, each let through once, in
 * order and only with the others of its command, and folded into a table. Used by one thread while
 * a topology is built.
 */
public final class EventTables {

  private final StreamsBuilder builder;
  private final DomainSchema<?, ?> schema;
  private final View view;
  private final Resumptions resumptions;
  private final Set<String> used = new TreeSet<>();

  EventTables(
      StreamsBuilder builder, DomainSchema<?, ?> schema, View view, Resumptions resumptions) {
    this.builder = builder;
    this.schema = schema;
    this.view = view;
    this.resumptions = resumptions;
  }

  /**
   * A table of one row an aggregate.
   *
   * @param source one of the view's declared sources; each can be used once
   * @param row the record of the rows
   * @param projection makes them; kept in a store of this view
   * @throws IllegalArgumentException if the view does not declare this source, or used it before
   */
  public <E, V extends Record> KTable<String, V> table(
      DomainSchema<?, E> source, Class<V> row, Projection<V, E> projection) {
    CommandFold<V, E> fold = new CommandFold<>(source, projection);
    return guarded(source)
        .groupByKey(Grouped.as(source.name() + "-by-aggregate"))
        .aggregate(
            EventTables::<V>noRow,
            (String aggregateId, WholeCommand<E> command, V before) ->
                after(fold.apply(Optional.ofNullable(before), command)),
            Named.as(source.name() + "-fold"),
            stored(source.name() + "-rows", row));
  }

  /** The events of a source, each command's together. */
  private <E> KStream<String, WholeCommand<E>> guarded(DomainSchema<?, E> source) {
    // By name: the domain says it as it was declared, and its log may be another one by now.
    String events =
        schema.sources(view).stream()
            .filter(declared -> declared.name().equals(source.name()))
            .map(DomainSchema::eventsTopic)
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "the view "
                            + view.name()
                            + " of "
                            + schema
                            + " does not declare "
                            + source));
    if (!used.add(source.name())) {
      throw new IllegalArgumentException(
          "the view " + view.name() + " of " + schema + " uses " + source + " twice");
    }
    Guard guard = view.guard(source);
    return builder.stream(
            events,
            Consumed.with(Serdes.String(), Serdes.ByteArray()).withName(source.name() + "-events"))
        .processValues(
            EventGuard.ofCommands(view, guard, MessageCodec.of(source), resumptions),
            Named.as(source.name() + "-guard"));
  }

  /**
   * What came of the commands of a source: its events, and which commands were rejected. Keyed by
   * what they are part of, so whoever sums them up needs a topic between. A step of a rejection may
   * come twice.
   *
   * @param source one of the view's declared sources; each can be used once
   * @throws IllegalArgumentException if the view does not declare this source, or used it before
   */
  public <E> KStream<String, Step> steps(DomainSchema<?, E> source) {
    KStream<String, Step> events =
        guarded(source)
            .process(() -> new StepsOf.OfEvents<>(source), Named.as(source.name() + "-steps"));
    KStream<String, Step> rejections =
        builder.stream(
                source.outcomesTopic(),
                Consumed.with(Serdes.String(), Serdes.ByteArray())
                    .withName(source.name() + "-outcomes"))
            .process(() -> new StepsOf.OfOutcomes(source), Named.as(source.name() + "-rejections"));
    return events.merge(rejections, Named.as(source.name() + "-all-steps"));
  }

  /**
   * The same rows under another key, which is one row's only. Where two rows have the same key all
   * the same, the later one is kept.
   *
   * @param name names what Kafka Streams keeps for it, the topic between and the store
   * @param key reads the key off a row
   */
  public <V extends Record> KTable<String, V> keyedBy(
      String name, KTable<String, V> table, Class<V> row, Function<V, String> key) {
    return keyedBy(name, table, row, key, value -> 0);
  }

  /**
   * The same where something goes from one aggregate to another. The rows of two aggregates come in
   * any order: the one with the larger number is kept, whichever comes last.
   *
   * @param order a number off a row, larger than that of each aggregate it was with before
   */
  public <V extends Record> KTable<String, V> keyedBy(
      String name,
      KTable<String, V> table,
      Class<V> row,
      Function<V, String> key,
      ToLongFunction<V> order) {
    return table
        .groupBy(
            (before, value) -> KeyValue.pair(key.apply(value), value),
            Grouped.with(name, Serdes.String(), serde(row)))
        .reduce(
            (before, added) ->
                order.applyAsLong(added) < order.applyAsLong(before) ? before : added,
            (before, removed) -> before.equals(removed) ? EventTables.<V>noRow() : before,
            Named.as(name + "-rows"),
            stored(name, row));
  }

  /**
   * A store of this view for a table of these rows.
   *
   * @param name names it among those of this view
   */
  public <V extends Record> Materialized<String, V, KeyValueStore<Bytes, byte[]>> stored(
      String name, Class<V> row) {
    return Materialized.<String, V, KeyValueStore<Bytes, byte[]>>as(view.name() + "-" + name)
        .withKeySerde(Serdes.String())
        .withValueSerde(serde(row))
        .withCachingDisabled();
  }

  /** A record as its JSON. */
  public static <V extends Record> Serde<V> serde(Class<V> type) {
    return Serdes.serdeFrom(
        (topic, value) -> value == null ? null : JsonCodec.toObject(value).bytes(),
        (topic, bytes) ->
            bytes == null ? null : JsonCodec.toRecord(JsonCodec.readObject(bytes), type));
  }

  void requireAllUsed() {
    Set<String> declared =
        schema.sources(view).stream().map(DomainSchema::name).collect(Collectors.toSet());
    if (!declared.equals(used)) {
      throw new IllegalArgumentException(
          "the view "
              + view.name()
              + " of "
              + schema
              + " declares the sources "
              + new TreeSet<>(declared)
              + " and uses "
              + used);
    }
  }

  @SuppressWarnings("NullAway") // Kafka Streams says null where there is no row
  private static <V extends @Nullable Object> V after(Optional<V> row) {
    return row.orElse(null);
  }

  @SuppressWarnings("NullAway") // Kafka Streams says null where there is no row
  private static <V> V noRow() {
    return null;
  }
}

package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageCodec;
import java.util.function.Function;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * One view of a domain as a plain Kafka Streams topology: read the events, guard them, fold them
 * into a KTable that can be queried. A derived view goes on from there, to tables keyed otherwise.
 *
 * <p>Each view is an application of its own, so that it can be added, rebuilt and removed alone.
 */
public final class ViewTopology {

  private ViewTopology() {}

  /**
   * The Kafka Streams application id: each making of a view from the events is an application of
   * its own. With the last dot no id begins with another one.
   *
   * @param generation counts the makings of the view from 1
   */
  public static String applicationId(DomainSchema<?, ?> schema, View view, int generation) {
    return "pleat." + schema.name() + "." + view.name() + ".g" + generation + ".";
  }

  /**
   * The topology of a view.
   *
   * @throws IllegalArgumentException if the domain has no view of this name
   */
  public static Topology of(Domain<?, ?, ?> domain, String view) {
    return of(domain, view, new Resumptions());
  }

  /**
   * The topology of a view that operators can let go on where it stopped.
   *
   * @throws IllegalArgumentException if the domain has no view of this name
   */
  public static Topology of(Domain<?, ?, ?> domain, String view, Resumptions resumptions) {
    return of(
        domain.schema(),
        domain
            .schema()
            .view(view)
            .orElseThrow(
                () -> new IllegalArgumentException(domain.schema() + " has no view " + view)),
        domain,
        resumptions);
  }

  private static <E> Topology of(
      DomainSchema<?, ?> schema, View view, Domain<?, ?, E> domain, Resumptions resumptions) {
    StreamsBuilder builder = new StreamsBuilder();
    if (view.derived().isPresent()) {
      derive(builder, domain, view, domain.derived(view), resumptions);
    } else {
      fold(builder, schema, view, domain, resumptions);
    }
    return builder.build();
  }

  private static <V extends Record> void derive(
      StreamsBuilder builder,
      Domain<?, ?, ?> domain,
      View view,
      Domain.BoundTables<V> bound,
      Resumptions resumptions) {
    EventTables events = new EventTables(builder, domain.schema(), view, resumptions);
    KTable<String, byte[]> rows =
        bound
            .tables()
            .rows(events)
            .mapValues(
                row -> JsonCodec.toObject(row).bytes(), Named.as("rows"), stored(view.rowsStore()));
    events.requireAllUsed();
    index(
        rows,
        view,
        domain.index(view, bound.row()),
        row -> JsonCodec.toRecord(JsonCodec.readObject(row), bound.row()));
  }

  private static <V> void index(
      KTable<String, byte[]> rows, View view, RowIndex<V> index, Function<byte[], V> read) {
    if (!index.isEmpty()) {
      rows.toStream(Named.as("changes"))
          .process(RowIndex.supplier(view, index, read), Named.as("index"));
    }
  }

  private static <E> void fold(
      StreamsBuilder builder,
      DomainSchema<?, ?> schema,
      View view,
      Domain<?, ?, E> domain,
      Resumptions resumptions) {
    fold(builder, schema, view, domain, domain.projection(view), resumptions);
  }

  private static <V extends Record, E> void fold(
      StreamsBuilder builder,
      DomainSchema<?, ?> schema,
      View view,
      Domain<?, ?, E> domain,
      Domain.BoundProjection<V, E> bound,
      Resumptions resumptions) {
    RowIndex<V> index = domain.index(view, bound.row());
    RowFold<V, E> fold = RowFold.of(domain.schema(), view, bound, index);
    KTable<String, byte[]> rows =
        builder.stream(
                schema.eventsTopic(),
                Consumed.with(Serdes.String(), Serdes.ByteArray()).withName("events"))
            .processValues(
                EventGuard.supplier(
                    view, view.guard(schema), MessageCodec.of(domain.schema()), resumptions),
                Named.as("guard"))
            .groupByKey(Grouped.as("by-aggregate"))
            .aggregate(
                RowFold::noRow,
                (String aggregateId, WholeCommand<E> command, byte[] row) ->
                    fold.apply(aggregateId, row, command),
                Named.as("fold"),
                stored(view.rowsStore()));
    index(rows, view, index, fold.rows()::read);
  }

  private static Materialized<String, byte[], KeyValueStore<Bytes, byte[]>> stored(String name) {
    return Materialized.<String, byte[], KeyValueStore<Bytes, byte[]>>as(name)
        .withKeySerde(Serdes.String())
        .withValueSerde(Serdes.ByteArray())
        .withCachingDisabled();
  }
}

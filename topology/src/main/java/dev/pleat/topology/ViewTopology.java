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
import org.apache.kafka.streams.kstream.KStream;
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

  private static final String FOLD = "fold";

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
    return of(domain, view, new Resumptions(), new OpenRows());
  }

  /**
   * The topology of a view that operators can let go on where it stopped.
   *
   * @param open notes the rows that are open
   * @throws IllegalArgumentException if the domain has no view of this name
   */
  public static Topology of(
      Domain<?, ?, ?> domain, String view, Resumptions resumptions, OpenRows open) {
    return of(
        domain.schema(),
        domain
            .schema()
            .view(view)
            .orElseThrow(
                () -> new IllegalArgumentException(domain.schema() + " has no view " + view)),
        domain,
        resumptions,
        open);
  }

  private static <E> Topology of(
      DomainSchema<?, ?> schema,
      View view,
      Domain<?, ?, E> domain,
      Resumptions resumptions,
      OpenRows open) {
    StreamsBuilder builder = new StreamsBuilder();
    if (view.derived().isPresent()) {
      derive(builder, domain, view, domain.derived(view), resumptions, open);
    } else {
      fold(builder, schema, view, domain, resumptions, open);
    }
    Topology topology = builder.build();
    if (view.derived().isEmpty()) {
      // The table comes after the fold that reads it, where the DSL connects what came before.
      topology.connectProcessorAndStateStores(FOLD, view.rowsStore());
    }
    return topology;
  }

  private static <V extends Record> void derive(
      StreamsBuilder builder,
      Domain<?, ?, ?> domain,
      View view,
      Domain.BoundTables<V> bound,
      Resumptions resumptions,
      OpenRows open) {
    EventTables events = new EventTables(builder, domain.schema(), view, resumptions);
    KTable<String, byte[]> rows =
        bound
            .tables()
            .rows(events)
            .mapValues(
                row -> JsonCodec.toObject(row).bytes(), Named.as("rows"), stored(view.rowsStore()));
    events.requireAllUsed();
    openAndIndex(
        rows,
        view,
        domain.index(view, bound.row()),
        row -> JsonCodec.toRecord(JsonCodec.readObject(row), bound.row()),
        open);
  }

  /** Lets the rows be found: by their keys here, and by what is in them. */
  private static <V> void openAndIndex(
      KTable<String, byte[]> rows,
      View view,
      RowIndex<V> index,
      Function<byte[], V> read,
      OpenRows open) {
    KStream<String, byte[]> changes = rows.toStream(Named.as("changes"));
    open.note(view, changes);
    if (!index.isEmpty()) {
      changes.process(RowIndex.supplier(view, index, read), Named.as("index"));
    }
  }

  private static <E> void fold(
      StreamsBuilder builder,
      DomainSchema<?, ?> schema,
      View view,
      Domain<?, ?, E> domain,
      Resumptions resumptions,
      OpenRows open) {
    fold(builder, schema, view, domain, domain.projection(view), resumptions, open);
  }

  private static <V extends Record, E> void fold(
      StreamsBuilder builder,
      DomainSchema<?, ?> schema,
      View view,
      Domain<?, ?, E> domain,
      Domain.BoundProjection<V, E> bound,
      Resumptions resumptions,
      OpenRows open) {
    RowIndex<V> index = domain.index(view, bound.row());
    RowFold<V, E> fold = RowFold.of(domain.schema(), view, bound, index);
    KTable<String, byte[]> rows =
        builder.stream(
                schema.eventsTopic(),
                Consumed.with(Serdes.String(), Serdes.ByteArray()).withName("events"))
            .processValues(
                EventGuard.ofRows(
                    fold, view.guard(schema), MessageCodec.of(domain.schema()), resumptions),
                Named.as(FOLD))
            .toTable(Named.as("rows"), stored(view.rowsStore()));
    openAndIndex(rows, view, index, fold.rows()::read, open);
  }

  private static Materialized<String, byte[], KeyValueStore<Bytes, byte[]>> stored(String name) {
    return Materialized.<String, byte[], KeyValueStore<Bytes, byte[]>>as(name)
        .withKeySerde(Serdes.String())
        .withValueSerde(Serdes.ByteArray())
        .withCachingDisabled();
  }
}

package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageCodec;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.RowCodec;
import java.util.Optional;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * One view of a domain as a plain Kafka Streams topology: read the events, guard them, fold them
 * into a KTable that can be queried.
 *
 * <p>Each view is an application of its own, so that it can be added, rebuilt and removed alone.
 */
public final class ViewTopology {

  /** Leaves room for the largest key below the 1 MiB a broker takes by default. */
  private static final int MAX_ROW_BYTES = 1_000_000;

  private ViewTopology() {}

  /** The Kafka Streams application id; {@code g1} is the view's first generation. */
  public static String applicationId(DomainSchema<?, ?> schema, View view) {
    return "pleat." + schema.name() + "." + view.name() + ".g1.";
  }

  /**
   * The topology of a view.
   *
   * @throws IllegalArgumentException if the domain has no view of this name
   */
  public static Topology of(Domain<?, ?, ?> domain, String view) {
    return of(
        domain.schema(),
        domain
            .schema()
            .view(view)
            .orElseThrow(
                () -> new IllegalArgumentException(domain.schema() + " has no view " + view)),
        domain);
  }

  private static <E> Topology of(DomainSchema<?, ?> schema, View view, Domain<?, ?, E> domain) {
    RowFold<?, E> fold = RowFold.of(domain.schema(), view, domain.projection(view));
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream(
            schema.eventsTopic(),
            Consumed.with(Serdes.String(), Serdes.ByteArray()).withName("events"))
        .processValues(
            EventGuard.supplier(view, MessageCodec.of(domain.schema())), Named.as("guard"))
        .groupByKey(Grouped.as("by-aggregate"))
        .aggregate(
            RowFold::noRow,
            (String aggregateId, WholeCommand<E> command, byte[] row) -> fold.apply(row, command),
            Named.as("fold"),
            Materialized.<String, byte[], KeyValueStore<Bytes, byte[]>>as(view.rowsStore())
                .withKeySerde(Serdes.String())
                .withValueSerde(Serdes.ByteArray())
                .withCachingDisabled());
    return builder.build();
  }

  /** Folds a command's events into the bytes of a row, with the aggregate's version in it. */
  private record RowFold<V extends Record, E>(
      DomainSchema<?, E> schema, RowCodec<V> rows, Projection<V, E> projection) {

    static <V extends Record, E> RowFold<V, E> of(
        DomainSchema<?, E> schema, View view, Domain.BoundProjection<V, E> bound) {
      return new RowFold<>(schema, RowCodec.of(schema, view, bound.row()), bound.projection());
    }

    @SuppressWarnings("NullAway") // Kafka Streams says null where there is no row
    static byte[] noRow() {
      return null;
    }

    byte @Nullable [] apply(byte @Nullable [] before, WholeCommand<E> command) {
      try {
        return fold(before, command);
      } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
        throw new EventGuard.ProjectionFailed(e);
      }
    }

    private byte @Nullable [] fold(byte @Nullable [] before, WholeCommand<E> command) {
      Optional<V> row = Optional.ofNullable(before).map(rows::read);
      for (WholeCommand.Event<E> event : command.events()) {
        Optional<? extends E> known =
            switch (event) {
              case WholeCommand.Ready<E> ready -> Optional.of(ready.event().event());
              case WholeCommand.General<E> general -> record(general.event());
            };
        if (known.isPresent()) {
          row = projection.project(row, known.get());
        }
      }
      if (row.isEmpty()) {
        return null;
      }
      byte[] after = rows.write(row.get(), command.version());
      if (after.length > MAX_ROW_BYTES) {
        throw new IllegalStateException("a row of " + after.length + " bytes fits in no record");
      }
      return after;
    }

    /** Empty for an event this release does not know. */
    private Optional<? extends E> record(RecordedEvent event) {
      return schema.event(event.action()).map(type -> JsonCodec.toRecord(event.data(), type));
    }
  }
}

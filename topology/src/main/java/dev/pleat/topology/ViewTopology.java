package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageCodec;
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
 * into a KTable that can be queried. A derived view goes on from there, to tables keyed otherwise.
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
    StreamsBuilder builder = new StreamsBuilder();
    if (view.derived().isPresent()) {
      derive(builder, schema, view, domain.derived(view));
    } else {
      fold(builder, schema, view, domain);
    }
    return builder.build();
  }

  private static <V extends Record> void derive(
      StreamsBuilder builder, DomainSchema<?, ?> schema, View view, Domain.BoundTables<V> bound) {
    EventTables events = new EventTables(builder, schema, view);
    bound
        .tables()
        .rows(events)
        .mapValues(
            row -> JsonCodec.toObject(row).bytes(), Named.as("rows"), stored(view.rowsStore()));
    events.requireAllUsed();
  }

  private static <E> void fold(
      StreamsBuilder builder, DomainSchema<?, ?> schema, View view, Domain<?, ?, E> domain) {
    RowFold<?, E> fold = RowFold.of(domain.schema(), view, domain.projection(view));
    builder.stream(
            schema.eventsTopic(),
            Consumed.with(Serdes.String(), Serdes.ByteArray()).withName("events"))
        .processValues(
            EventGuard.supplier(view, view.guard(schema), MessageCodec.of(domain.schema())),
            Named.as("guard"))
        .groupByKey(Grouped.as("by-aggregate"))
        .aggregate(
            RowFold::noRow,
            (String aggregateId, WholeCommand<E> command, byte[] row) -> fold.apply(row, command),
            Named.as("fold"),
            stored(view.rowsStore()));
  }

  private static Materialized<String, byte[], KeyValueStore<Bytes, byte[]>> stored(String name) {
    return Materialized.<String, byte[], KeyValueStore<Bytes, byte[]>>as(name)
        .withKeySerde(Serdes.String())
        .withValueSerde(Serdes.ByteArray())
        .withCachingDisabled();
  }

  /** Folds a command's events into the bytes of a row, with the aggregate's version in it. */
  private record RowFold<V extends Record, E>(RowCodec<V> rows, CommandFold<V, E> fold) {

    static <V extends Record, E> RowFold<V, E> of(
        DomainSchema<?, E> schema, View view, Domain.BoundProjection<V, E> bound) {
      return new RowFold<>(
          RowCodec.of(schema, view, bound.row()), new CommandFold<>(schema, bound.projection()));
    }

    @SuppressWarnings("NullAway") // Kafka Streams says null where there is no row
    static byte[] noRow() {
      return null;
    }

    byte @Nullable [] apply(byte @Nullable [] before, WholeCommand<E> command) {
      Optional<V> row = fold.apply(read(before), command);
      if (row.isEmpty()) {
        return null;
      }
      byte[] after;
      try {
        after = rows.write(row.get(), command.version());
      } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
        throw new EventGuard.ProjectionFailed(e);
      }
      if (after.length > MAX_ROW_BYTES) {
        throw new EventGuard.ProjectionFailed(
            new IllegalStateException("a row of " + after.length + " bytes fits in no record"));
      }
      return after;
    }

    private Optional<V> read(byte @Nullable [] row) {
      try {
        return Optional.ofNullable(row).map(rows::read);
      } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
        throw new EventGuard.ProjectionFailed(e);
      }
    }
  }
}

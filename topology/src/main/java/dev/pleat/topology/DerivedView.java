package dev.pleat.topology;

import org.apache.kafka.streams.kstream.KTable;

/**
 * How a view is made that has not one row an aggregate: keyed anew, summed up, or joined from
 * several domains, in the Kafka Streams DSL. Every operation that Kafka Streams keeps something for
 * has to be named.
 *
 * <p>The functions in it must be as pure as a {@link Projection}. One that throws takes the view's
 * application down, with its reason in {@code /health/ready}.
 *
 * @param <V> the rows, a record
 */
@FunctionalInterface
public interface DerivedView<V extends Record> {

  /**
   * The rows by their key.
   *
   * @param events where the events come from, checked and folded; each declared source is used once
   */
  KTable<String, V> rows(EventTables events);
}

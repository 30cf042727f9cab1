package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.DomainSchema;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.errors.UnknownStateStoreException;
import org.apache.kafka.streams.query.FailureReason;
import org.apache.kafka.streams.query.QueryResult;
import org.apache.kafka.streams.query.StateQueryRequest;
import org.apache.kafka.streams.query.WindowKeyQuery;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.apache.kafka.streams.state.WindowStoreIterator;
import org.jspecify.annotations.Nullable;

/**
 * The state stores this process holds, partition by partition. Safe for use by many threads.
 *
 * <p>Only active tasks that run are asked. A standby, or a task that is being restored, fills its
 * stores from one changelog each, so they may be at different positions: a row could then be older
 * than the version that the store beside it says was seen. (Asking for active tasks switches off
 * the position bound of a query; there is none in these.)
 */
final class LocalStores implements ReadableStores {

  private record Place(String domain, String store, int partition) {}

  /** Made by an application that may have been replaced by another since. */
  private record Handle(KafkaStreams streams, ReadOnlyKeyValueStore<?, ?> store) {}

  private final Map<Place, Handle> handles = new ConcurrentHashMap<>();
  private final RunningStreams running;
  private final ToIntFunction<DomainSchema<?, ?>> partitions;

  /**
   * The stores of the running applications.
   *
   * @param partitions how many partitions a domain's topics have
   */
  LocalStores(RunningStreams running, ToIntFunction<DomainSchema<?, ?>> partitions) {
    this.running = running;
    this.partitions = partitions;
  }

  /** Murmur2 of the key's bytes, which is part of the contract. */
  @Override
  public int partitionOf(DomainSchema<?, ?> schema, String key) {
    return partitionOf(key, partitions.applyAsInt(schema));
  }

  static int partitionOf(String key, int partitions) {
    return Utils.toPositive(Utils.murmur2(key.getBytes(UTF_8))) % partitions;
  }

  @Override
  public Set<Integer> partitionsOf(DomainSchema<?, ?> schema) {
    return IntStream.range(0, partitions.applyAsInt(schema)).boxed().collect(Collectors.toSet());
  }

  /**
   * Reads a key-value store.
   *
   * <p>Not with {@link KafkaStreams#query}: up to Kafka 4.3 that locks the store's position and
   * then the store, while a write locks them the other way round, and sooner or later both wait for
   * each other for ever (KAFKA-19629). Window stores lock in one order only.
   */
  @Override
  public <K, V, R> Held<R> read(
      DomainSchema<?, ?> schema,
      String store,
      Set<Integer> asked,
      Function<ReadOnlyKeyValueStore<K, V>, @Nullable R> read) {
    Optional<KafkaStreams> streams = running.find(schema.name(), store);
    if (streams.isEmpty()) {
      return new Held<>(Map.of(), Optional.of(running.missing(schema.name(), store)));
    }
    Map<Integer, Optional<R>> results = new HashMap<>();
    Optional<String> missing = Optional.empty();
    for (Integer partition : asked) {
      try {
        ReadOnlyKeyValueStore<K, V> held =
            handle(streams.get(), new Place(schema.name(), store, partition));
        results.put(partition, Optional.ofNullable(read.apply(held)));
      } catch (UnknownStateStoreException e) {
        throw e;
      } catch (InvalidStateStoreException e) {
        missing = Optional.of("it is held by another instance or is being moved");
      } catch (IllegalStateException e) {
        if (streams.get().state().isRunningOrRebalancing()) {
          throw e;
        }
        missing = Optional.of("it is being started or stopped");
      }
    }
    return new Held<>(results, missing);
  }

  /** From the store itself where it is open; else it is looked for. */
  @Override
  public Held<byte[]> row(DomainSchema<?, ?> schema, String store, int partition, String key) {
    Optional<ReadOnlyKeyValueStore<String, ValueAndTimestamp<byte[]>>> open =
        running.open(schema.name(), store, partition);
    if (open.isPresent()) {
      try {
        ValueAndTimestamp<byte[]> row = open.get().get(key);
        return new Held<>(
            Map.of(partition, Optional.ofNullable(row).map(ValueAndTimestamp::value)),
            Optional.empty());
      } catch (InvalidStateStoreException e) {
        // It was closed just now. Whoever has it is found below, or said to be missing.
      }
    }
    return ReadableStores.super.row(schema, store, partition, key);
  }

  /**
   * The handle of a store. Kafka Streams looks for the store's task whenever the handle is asked,
   * so it may be kept over a rebalance; to get one takes as long as to read a row.
   */
  @SuppressWarnings("unchecked") // The place's store is of these types, as the caller says.
  private <K, V> ReadOnlyKeyValueStore<K, V> handle(KafkaStreams streams, Place place) {
    Handle known = handles.get(place);
    if (known == null || known.streams() != streams) {
      known =
          new Handle(
              streams,
              streams.store(
                  StoreQueryParameters.fromNameAndType(
                          place.store(), QueryableStoreTypes.<K, V>keyValueStore())
                      .withPartition(place.partition())));
      handles.put(place, known);
    }
    return (ReadOnlyKeyValueStore<K, V>) known.store();
  }

  /** Reads a window store. */
  <K, V> Held<WindowStoreIterator<V>> query(
      DomainSchema<?, ?> schema, String store, Set<Integer> asked, WindowKeyQuery<K, V> query) {
    Optional<KafkaStreams> streams = running.find(schema.name(), store);
    if (streams.isEmpty()) {
      return new Held<>(Map.of(), Optional.of(running.missing(schema.name(), store)));
    }
    Map<Integer, QueryResult<WindowStoreIterator<V>>> answers;
    try {
      answers =
          streams
              .get()
              .query(
                  StateQueryRequest.inStore(store)
                      .withQuery(query)
                      .withPartitions(asked)
                      .requireActive())
              .getPartitionResults();
    } catch (UnknownStateStoreException e) {
      throw e;
    } catch (InvalidStateStoreException e) {
      return new Held<>(Map.of(), Optional.of("it is being started or stopped"));
    }
    Map<Integer, Optional<WindowStoreIterator<V>>> results = new HashMap<>();
    Optional<String> missing = Optional.empty();
    for (Integer partition : asked) {
      QueryResult<WindowStoreIterator<V>> answer = answers.get(partition);
      if (answer == null) {
        missing = Optional.of("it is being moved");
      } else if (answer.isSuccess()) {
        results.put(partition, Optional.ofNullable(answer.getResult()));
      } else {
        missing = Optional.of(why(answer));
      }
    }
    return new Held<>(results, missing);
  }

  private static String why(QueryResult<?> failure) {
    FailureReason reason = failure.getFailureReason();
    return switch (reason) {
      case NOT_PRESENT, DOES_NOT_EXIST -> "it is held by another instance or is being moved";
      case NOT_ACTIVE, NOT_UP_TO_BOUND, STORE_EXCEPTION -> "it is being moved or restored";
      case UNKNOWN_QUERY_TYPE ->
          throw new IllegalStateException("the store is of another kind: " + reason);
    };
  }
}

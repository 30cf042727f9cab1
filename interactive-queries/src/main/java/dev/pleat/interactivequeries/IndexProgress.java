package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far the index of command statuses has come along the commands. Only an index that has read
 * all that the log has may say that a command does not exist. Safe for use by many threads.
 */
final class IndexProgress implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(IndexProgress.class);

  private static final Duration PAUSE = Duration.ofMillis(50);

  private final Admin admin;
  private final Function<DomainSchema<?, ?>, String> groups;
  private final Duration patience;
  private final Semaphore places;

  /**
   * Nothing is asked yet.
   *
   * @param connection the properties every Kafka client here needs
   * @param groups the consumer group of a domain's index
   * @param patience how long to wait for the index
   * @param maxAsked how many may wait
   */
  IndexProgress(
      Map<String, ?> connection,
      Function<DomainSchema<?, ?>, String> groups,
      Duration patience,
      int maxAsked) {
    Map<String, Object> properties = new HashMap<>(connection);
    properties.put(AdminClientConfig.CLIENT_ID_CONFIG, "pleat-index-progress");
    properties.put(
        AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Math.toIntExact(patience.toMillis()));
    properties.put(
        AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.toIntExact(patience.toMillis()));
    this.admin = Admin.create(properties);
    this.groups = groups;
    this.patience = patience;
    this.places = new Semaphore(maxAsked);
  }

  /**
   * Waits until the index has read all commands that these partitions have now, also those that no
   * reader may see yet because a transaction is open.
   *
   * @return why it cannot be said that it has; empty if it has
   */
  Optional<String> awaitEnds(DomainSchema<?, ?> schema, Set<Integer> partitions) {
    if (!places.tryAcquire()) {
      return Optional.of("too many ask at once");
    }
    long deadline = System.nanoTime() + patience.toNanos();
    try {
      Map<TopicPartition, Long> ends = ends(schema, partitions, deadline);
      while (!isPast(ends, schema, deadline)) {
        if (System.nanoTime() >= deadline) {
          return Optional.of("it has not read all commands yet");
        }
        LockSupport.parkNanos(PAUSE.toNanos());
      }
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("this instance is stopping");
    } catch (ExecutionException | TimeoutException e) {
      LOG.debug("the progress of the index cannot be told", e);
      return Optional.of("the log cannot be asked");
    } finally {
      places.release();
    }
  }

  private Map<TopicPartition, Long> ends(
      DomainSchema<?, ?> schema, Set<Integer> partitions, long deadline)
      throws InterruptedException, ExecutionException, TimeoutException {
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    partitions.forEach(
        partition ->
            latest.put(new TopicPartition(schema.commandsTopic(), partition), OffsetSpec.latest()));
    Map<TopicPartition, Long> ends = new HashMap<>();
    for (Map.Entry<TopicPartition, ListOffsetsResultInfo> end :
        within(deadline, admin.listOffsets(latest).all()).entrySet()) {
      ends.put(end.getKey(), end.getValue().offset());
    }
    return ends;
  }

  private boolean isPast(Map<TopicPartition, Long> ends, DomainSchema<?, ?> schema, long deadline)
      throws InterruptedException, ExecutionException, TimeoutException {
    String group = groups.apply(schema);
    Map<TopicPartition, OffsetAndMetadata> committed =
        within(
            deadline,
            admin
                .listConsumerGroupOffsets(
                    Map.of(
                        group, new ListConsumerGroupOffsetsSpec().topicPartitions(ends.keySet())))
                .partitionsToOffsetAndMetadata(group));
    return ends.entrySet().stream()
        .allMatch(
            end -> {
              OffsetAndMetadata read = committed.get(end.getKey());
              return end.getValue() == 0 || (read != null && read.offset() >= end.getValue());
            });
  }

  private static <T> T within(long deadline, KafkaFuture<T> future)
      throws InterruptedException, ExecutionException, TimeoutException {
    return future.get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
  }

  @Override
  public void close() {
    admin.close(Duration.ZERO);
  }
}

package dev.pleat.deploy;

import dev.pleat.topology.EffectReader;
import dev.pleat.topology.EffectReader.Asked;
import dev.pleat.topology.EffectReader.Nothing;
import dev.pleat.topology.EffectReader.Unusable;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A membership of an effect in its consumer group, from joining to leaving or failing: acts on the
 * events of the partitions it has, one call after the other, and records what became of each with
 * the position in one transaction. Used by one thread.
 */
final class EffectSession implements ConsumerRebalanceListener {

  private static final Logger LOG = LoggerFactory.getLogger(EffectSession.class);

  private static final Duration POLL = Duration.ofMillis(200);

  /** After that the rest of what was read is left for the next time: the group must hear of us. */
  private static final Duration SILENCE = Duration.ofSeconds(60);

  /** How late a position may be recorded below which nothing was asked for. */
  private static final Duration LATE = Duration.ofMillis(500);

  /** More than a transaction may stay open. */
  private static final Duration STABLE = Duration.ofSeconds(30);

  /**
   * What outlives a membership.
   *
   * @param outside makes the calls
   * @param unrecorded results that may not be recorded yet, by the keys of their calls: a broker
   *     that does not answer is no reason to call again
   * @param placed is told when partitions were assigned
   */
  record Lasting(
      EffectReader reader,
      EffectPositions positions,
      Outside outside,
      EffectWaits waits,
      Map<UUID, Outside.Result> unrecorded,
      Runnable placed) {}

  private final Lasting lasting;
  private final Consumer<byte[], byte[]> consumer;
  private final Producer<byte[], byte[]> producer;
  private final BooleanSupplier closing;

  /** Up to where it has come; not recorded yet. */
  private final Map<TopicPartition, Long> passed = new HashMap<>();

  private long polledAt = System.nanoTime();
  private long recordedAt = System.nanoTime();

  EffectSession(
      Lasting lasting,
      Consumer<byte[], byte[]> consumer,
      Producer<byte[], byte[]> producer,
      BooleanSupplier closing) {
    this.lasting = lasting;
    this.consumer = consumer;
    this.producer = producer;
    this.closing = closing;
  }

  /** Acts until it is closing. */
  void run(String eventsTopic) {
    consumer.subscribe(List.of(eventsTopic), this);
    while (!closing.getAsBoolean()) {
      consumer.resume(consumer.paused().stream().filter(lasting.waits()::isDue).toList());
      polledAt = System.nanoTime();
      ConsumerRecords<byte[], byte[]> records = consumer.poll(untilNext());
      for (TopicPartition partition : records.partitions()) {
        take(partition, records.records(partition));
      }
      if (System.nanoTime() - recordedAt > LATE.toNanos()) {
        record(List.of());
      }
    }
    record(List.of());
  }

  private Duration untilNext() {
    return consumer.paused().stream()
        .map(lasting.waits()::left)
        .filter(left -> left.compareTo(POLL) < 0)
        .min(Duration::compareTo)
        .orElse(POLL);
  }

  // ---- the partitions it has

  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
    if (!assigned.isEmpty()) {
      // In this order: where a transaction is open that moves both, the first waits for its end.
      Map<TopicPartition, OffsetAndMetadata> committed =
          consumer.committed(Set.copyOf(assigned), STABLE);
      Map<Integer, Long> kept = lasting.positions().require();
      for (TopicPartition partition : assigned) {
        consumer.seek(
            partition,
            place(
                partition,
                Optional.ofNullable(committed.get(partition)).map(OffsetAndMetadata::offset),
                kept.getOrDefault(partition.partition(), 0L)));
      }
    }
    lasting.placed().run();
  }

  /** Where to go on: never before what was done, whoever moved the group. */
  private long place(TopicPartition partition, Optional<Long> committed, long kept) {
    if (committed.isPresent() && committed.get() != kept) {
      LOG.warn(
          "the effect {} had come to {} offset {}, and its group was moved to {}",
          lasting.reader().name(),
          partition,
          kept,
          committed.get());
    }
    return Math.max(kept, committed.orElse(0L));
  }

  @Override
  public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
    passed.keySet().removeAll(revoked);
    lasting.waits().forget(revoked);
  }

  // ---- their events

  /** Acts on events of one partition, until one has to wait. */
  private void take(TopicPartition partition, List<ConsumerRecord<byte[], byte[]>> records) {
    for (ConsumerRecord<byte[], byte[]> record : records) {
      if (closing.getAsBoolean()) {
        return;
      }
      if (System.nanoTime() - polledAt > SILENCE.toNanos()) {
        consumer.seek(partition, record.offset());
        return;
      }
      boolean goesOn =
          switch (lasting.reader().read(record)) {
            case Nothing nothing -> {
              passed.put(partition, record.offset() + 1);
              yield true;
            }
            case Unusable unusable -> {
              LOG.error("{} cannot be acted on: it goes to the dead letters", at(record));
              finish(partition, record, List.of(unusable.letter()));
              yield true;
            }
            case Asked asked -> settle(partition, record, asked);
          };
      if (!goesOn) {
        consumer.seek(partition, record.offset());
        consumer.pause(List.of(partition));
        return;
      }
    }
  }

  /** Makes a call and records what became of it; false if it has to wait. */
  private boolean settle(
      TopicPartition partition, ConsumerRecord<byte[], byte[]> record, Asked asked) {
    UUID key = asked.key();
    Outside.Result result =
        Optional.ofNullable(lasting.unrecorded().get(key))
            .orElseGet(() -> lasting.outside().call(asked.call(), key));
    if (result instanceof Outside.Postponed postponed
        && lasting.waits().isLastAttempt(partition, key)) {
      result = new Outside.Refused("refused too often, last: " + postponed.reason());
    }
    switch (result) {
      case Outside.Done done -> {
        lasting.unrecorded().put(key, done);
        finish(partition, record, List.of(asked.done()));
      }
      case Outside.Refused refused -> {
        LOG.error("{} has failed for good: {}", at(record), refused.reason());
        lasting.unrecorded().put(key, refused);
        finish(
            partition,
            record,
            List.of(
                lasting.reader().letter(record, "call-refused", refused.reason()),
                asked.failed(refused.reason())));
      }
      case Outside.Postponed postponed -> {
        LOG.warn("{} is tried again later: {}", at(record), postponed.reason());
        lasting.waits().refused(partition, key);
        return false;
      }
      case Outside.Unreachable unreachable -> {
        LOG.warn("{} waits: {}", at(record), unreachable.reason());
        lasting.waits().unreached(partition, key, unreachable.reason());
        return false;
      }
    }
    lasting.unrecorded().remove(key);
    return true;
  }

  private String at(ConsumerRecord<byte[], byte[]> record) {
    return "the effect %s at %s-%d offset %d"
        .formatted(lasting.reader().name(), record.topic(), record.partition(), record.offset());
  }

  private void finish(
      TopicPartition partition,
      ConsumerRecord<byte[], byte[]> record,
      List<ProducerRecord<byte[], byte[]>> results) {
    passed.put(partition, record.offset() + 1);
    record(results);
    lasting.waits().forget(List.of(partition));
  }

  /** These records and the positions in one transaction; who is no member any more fails here. */
  private void record(List<ProducerRecord<byte[], byte[]>> results) {
    if (!passed.isEmpty()) {
      producer.beginTransaction();
      results.forEach(producer::send);
      Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
      passed.forEach(
          (partition, next) -> {
            producer.send(lasting.positions().record(partition.partition(), next));
            offsets.put(partition, new OffsetAndMetadata(next));
          });
      producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
      producer.commitTransaction();
      passed.clear();
    }
    recordedAt = System.nanoTime();
  }
}

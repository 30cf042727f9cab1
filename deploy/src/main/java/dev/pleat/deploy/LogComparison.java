package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.deploy.OutcomeComparison.Sought;
import dev.pleat.deploy.OutcomeComparison.Verdicts;
import dev.pleat.interactivequeries.LogOperations.Difference;
import dev.pleat.interactivequeries.LogOperations.Outcomes;
import dev.pleat.interactivequeries.LogOperations.Side;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.Outcome.Verdict;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.UnreadableMessage;
import dev.pleat.topology.OutputTopics;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Compares two generations of a log, partition by partition: first the events, then the outcomes.
 * Used by one thread.
 */
final class LogComparison implements AutoCloseable {

  private static final int MAX_EVENT_CHARS = 1_000;

  private final LogTopics topics;
  private final OutputTopics live;
  private final OutputTopics rebuilt;
  private final Pace pace;
  private final LongConsumer moved;
  private final Consumer<byte[], byte[]> ofLive;
  private final Consumer<byte[], byte[]> ofRebuilt;

  private long events;
  private Outcomes outcomes = new Outcomes(0, 0, Optional.empty());
  private Optional<Difference> first = Optional.empty();

  /**
   * Of the live log and another one, to which nothing is written any more.
   *
   * @param pace how fast records are read
   * @param moved is told by how many offsets of the other log it went on; what it throws ends it
   */
  LogComparison(
      Map<String, Object> connection,
      LogTopics topics,
      LogGeneration generation,
      Pace pace,
      LongConsumer moved) {
    this.topics = topics;
    this.live = OutputTopics.live(generation.schema());
    this.rebuilt = generation.topics();
    this.pace = pace;
    this.moved = moved;
    this.ofLive = CommittedRecords.consumer(connection);
    this.ofRebuilt = CommittedRecords.consumer(connection);
  }

  /** How many events are the same, up to the first difference in each partition. */
  long events() {
    return events;
  }

  Outcomes outcomes() {
    return outcomes;
  }

  /** The first difference of all partitions, by the time its command came. */
  Optional<Difference> first() {
    return first;
  }

  /**
   * Compares everything that is committed now.
   *
   * @param certain by partition, the live offset before which all events must be in the other log
   * @throws IllegalStateException if a log cannot be read, or what lies in it is no event
   */
  void run(Map<Integer, Long> certain) {
    Map<TopicPartition, Long> liveEnds = topics.ends(live.events());
    Map<TopicPartition, Long> rebuiltEnds = topics.ends(rebuilt.events());
    Map<TopicPartition, Long> liveOutcomes = topics.ends(live.outcomes());
    Map<TopicPartition, Long> rebuiltOutcomes = topics.ends(rebuilt.outcomes());
    Map<TopicPartition, Long> outcomeBegins = topics.begins(live.outcomes());
    for (int partition = 0; partition < liveEnds.size(); partition++) {
      EventComparison.Compared compared =
          EventComparison.between(
              ofLive(live.events(), partition, liveEnds),
              ofRebuilt(rebuilt.events(), partition, rebuiltEnds),
              certain.getOrDefault(partition, 0L));
      events += compared.same();
      Optional<Found> liveEvent =
          compared.first().flatMap(EventComparison.Pair::live).map(Found::read);
      Optional<Found> rebuiltEvent =
          compared.first().flatMap(EventComparison.Pair::rebuilt).map(Found::read);
      Optional<Verdicts> command = Optional.empty();
      long begin = outcomeBegins.getOrDefault(new TopicPartition(live.outcomes(), partition), 0L);
      if (begin == 0) {
        OutcomeComparison.Compared verdicts =
            OutcomeComparison.between(
                ofLive(live.outcomes(), partition, liveOutcomes),
                ofRebuilt(rebuilt.outcomes(), partition, rebuiltOutcomes),
                liveEvent.map(Found::sought),
                rebuiltEvent.map(Found::sought));
        if (verdicts.undecided()) {
          throw new IllegalStateException(
              "%s-%d was decided further than the offsets of the live group say; were they reset?"
                      .formatted(live.events(), partition)
                  + " Rebuild again once the live application has caught up");
        }
        command = verdicts.command();
        count(verdicts.compared(), verdicts.different(), verdicts.trouble());
      } else {
        count(
            0,
            0,
            Optional.of(
                "%s-%d has lost its beginning, up to offset %d"
                    .formatted(live.outcomes(), partition, begin)));
      }
      if (compared.first().isPresent()) {
        keepEarlier(difference(partition, liveEvent, rebuiltEvent, command));
      }
    }
  }

  private CommittedRecords ofLive(String topic, int partition, Map<TopicPartition, Long> ends) {
    return records(ofLive, topic, partition, ends, offsets -> moved.accept(0));
  }

  private CommittedRecords ofRebuilt(String topic, int partition, Map<TopicPartition, Long> ends) {
    return records(ofRebuilt, topic, partition, ends, moved);
  }

  private CommittedRecords records(
      Consumer<byte[], byte[]> consumer,
      String topic,
      int partition,
      Map<TopicPartition, Long> ends,
      LongConsumer told) {
    TopicPartition of = new TopicPartition(topic, partition);
    return new CommittedRecords(consumer, of, ends.getOrDefault(of, 0L), pace, told);
  }

  private void count(long compared, long different, Optional<String> trouble) {
    outcomes =
        new Outcomes(
            outcomes.compared() + compared,
            outcomes.different() + different,
            outcomes.trouble().or(() -> trouble));
  }

  private void keepEarlier(Difference difference) {
    first =
        first
            .filter(
                before ->
                    Comparator.comparing(Difference::timestamp).compare(before, difference) <= 0)
            .or(() -> Optional.of(difference));
  }

  /** An event where the logs differ. */
  private record Found(ConsumerRecord<byte[], byte[]> record, RecordedEvent event) {

    static Found read(ConsumerRecord<byte[], byte[]> record) {
      try {
        return new Found(record, JsonCodec.readEvent(record.value()));
      } catch (UnreadableMessage e) {
        throw new IllegalStateException(
            "%s-%d offset %d is no event: %s"
                .formatted(record.topic(), record.partition(), record.offset(), e.detail()),
            e);
      }
    }

    Sought sought() {
      return new Sought(record.key(), event);
    }

    String aggregateId() {
      return new String(record.key(), UTF_8);
    }

    boolean isOf(Verdicts command) {
      return event.parentId().equals(command.live().parentId())
          && aggregateId().equals(command.aggregateId());
    }

    String text() {
      String text = event.action() + " " + new String(event.data().bytes(), UTF_8);
      return text.length() <= MAX_EVENT_CHARS ? text : text.substring(0, MAX_EVENT_CHARS) + "…";
    }
  }

  private Difference difference(
      int partition,
      Optional<Found> liveEvent,
      Optional<Found> rebuiltEvent,
      Optional<Verdicts> command) {
    boolean isLive =
        liveEvent.map(it -> command.map(it::isOf).orElse(isFirst(it, rebuiltEvent))).orElse(false);
    Found shown = (isLive ? liveEvent : rebuiltEvent).orElseThrow();
    boolean both =
        liveEvent.isPresent()
            && rebuiltEvent.isPresent()
            && liveEvent.get().event().parentId().equals(rebuiltEvent.get().event().parentId())
            && liveEvent.get().aggregateId().equals(rebuiltEvent.get().aggregateId());
    return new Difference(
        partition,
        shown.aggregateId(),
        shown.event().version(),
        shown.event().parentId(),
        command
            .map(Verdicts::timestamp)
            .map(Instant::ofEpochMilli)
            .orElse(shown.event().timestamp()),
        side(live.events(), liveEvent, both || isLive, command.map(it -> it.live().verdict())),
        side(
            rebuilt.events(),
            rebuiltEvent,
            both || !isLive,
            command.map(it -> it.rebuilt().verdict())));
  }

  /** Where nothing says which command came first: the one of the earlier event. */
  private static boolean isFirst(Found live, Optional<Found> rebuilt) {
    return rebuilt
        .map(it -> !it.event().timestamp().isBefore(live.event().timestamp()))
        .orElse(true);
  }

  private static Side side(
      String topic, Optional<Found> here, boolean isTheCommands, Optional<Verdict> verdict) {
    return new Side(
        topic,
        here.map(it -> it.record().offset()),
        here.filter(it -> isTheCommands).map(Found::text),
        isTheCommands ? Optional.empty() : verdict.map(LogComparison::text));
  }

  private static String text(Verdict verdict) {
    return switch (verdict) {
      case Accepted accepted -> "accepted, version " + accepted.version();
      case Unchanged unchanged -> "unchanged";
      case Rejected rejected -> "rejected, " + rejected.reason() + ": " + rejected.detail();
    };
  }

  @Override
  public void close() {
    ofLive.close();
    ofRebuilt.close();
  }
}

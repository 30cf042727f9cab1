package dev.pleat.deploy;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * What a copy of a view is made from: the logs of one generation, as they are in the cluster now.
 *
 * @param generation the making of the view
 * @param rowsTopic the compacted log of the rows
 * @param seenTopic the compacted log of the versions seen; empty for a derived view, whose rows may
 *     come later than those
 * @param partitions of each of them
 * @param topicIds theirs
 * @param logIds of the events topics the view is made from, by domain
 * @param first the first offset of each partition
 * @param ends the end of each partition, with what is not committed yet
 * @param tombstones how long the mark of a deletion stays on the log at least
 */
record CopySource(
    Generation generation,
    String rowsTopic,
    Optional<String> seenTopic,
    int partitions,
    List<String> topicIds,
    Map<String, String> logIds,
    Map<TopicPartition, Long> first,
    Map<TopicPartition, Long> ends,
    Duration tombstones) {

  static final String NO_ANSWER = "the cluster does not answer";
  static final Duration PATIENCE = Duration.ofSeconds(5);

  /** Less than this could pass between two looks at the log. */
  private static final Duration LEAST_TOMBSTONES = Duration.ofMinutes(1);

  /** Thrown when the cluster does not say what is needed. */
  static final class Unknown extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unknown(String message) {
      super(message);
    }
  }

  /**
   * Asks the cluster.
   *
   * @throws Unknown if it does not answer, or the logs are not there
   */
  static CopySource find(Admin admin, DomainSchema<?, ?> schema, View view, Generation generation)
      throws InterruptedException {
    String application = generation.applicationId(schema, view);
    String rowsTopic = changelog(application, view.rowsStore());
    Optional<String> seenTopic =
        view.derived().isPresent()
            ? Optional.empty()
            : Optional.of(changelog(application, view.guard(schema).seenStore()));
    List<String> topics = Stream.concat(Stream.of(rowsTopic), seenTopic.stream()).toList();
    Map<String, String> events = new TreeMap<>();
    // A replica knows the domains as they were declared; the generation says on which logs they
    // are.
    schema
        .onLogs(generation.logs())
        .sources(view)
        .forEach(source -> events.put(source.name(), source.eventsTopic()));
    List<String> all = Stream.concat(topics.stream(), events.values().stream()).toList();
    Map<String, TopicDescription> found =
        await(admin.describeTopics(all).allTopicNames(), String.join(", ", all));
    Function<String, String> id =
        topic -> Optional.ofNullable(found.get(topic)).orElseThrow().topicId().toString();
    int partitions = Optional.ofNullable(found.get(rowsTopic)).orElseThrow().partitions().size();
    Map<String, String> logIds = new TreeMap<>();
    events.forEach((domain, topic) -> logIds.put(domain, id.apply(topic)));
    return new CopySource(
        generation,
        rowsTopic,
        seenTopic,
        partitions,
        topics.stream().map(id).toList(),
        logIds,
        offsets(admin, topics, partitions, OffsetSpec.earliest()),
        offsets(admin, topics, partitions, OffsetSpec.latest()),
        tombstones(admin, topics));
  }

  /** As Kafka Streams names it. */
  private static String changelog(String application, String store) {
    return application + "-" + store + "-changelog";
  }

  private static Duration tombstones(Admin admin, List<String> topics) throws InterruptedException {
    List<ConfigResource> resources =
        topics.stream().map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name)).toList();
    long least =
        await(admin.describeConfigs(resources).all(), String.join(", ", topics)).values().stream()
            .mapToLong(
                config ->
                    Long.parseLong(config.get(TopicConfig.DELETE_RETENTION_MS_CONFIG).value()))
            .min()
            .orElseThrow();
    if (least < LEAST_TOMBSTONES.toMillis()) {
      throw new Unknown(
          "%s has %s=%d: deletions could be missed; set it to %d or more"
              .formatted(
                  topics.get(0),
                  TopicConfig.DELETE_RETENTION_MS_CONFIG,
                  least,
                  LEAST_TOMBSTONES.toMillis()));
    }
    return Duration.ofMillis(least);
  }

  private static Map<TopicPartition, Long> offsets(
      Admin admin, List<String> topics, int partitions, OffsetSpec which)
      throws InterruptedException {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    topics.forEach(
        topic -> partitions(topic, partitions).forEach(partition -> asked.put(partition, which)));
    return offsets(await(admin.listOffsets(asked).all(), String.join(", ", topics)));
  }

  private static Map<TopicPartition, Long> offsets(
      Map<TopicPartition, ListOffsetsResultInfo> answer) {
    Map<TopicPartition, Long> offsets = new HashMap<>();
    answer.forEach((partition, info) -> offsets.put(partition, info.offset()));
    return offsets;
  }

  /** Waits for the cluster's answer about these topics. */
  static <T> T await(KafkaFuture<T> answer, String topics) throws InterruptedException {
    try {
      return answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new Unknown(NO_ANSWER);
    } catch (ExecutionException e) {
      throw new Unknown(
          e.getCause() instanceof UnknownTopicOrPartitionException
              ? "the cluster does not have all of " + topics
              : NO_ANSWER + " (" + e.getCause() + ")");
    }
  }

  private static List<TopicPartition> partitions(String topic, int count) {
    return IntStream.range(0, count).mapToObj(each -> new TopicPartition(topic, each)).toList();
  }

  /** The log of the rows, in the order of partitions. */
  List<TopicPartition> rows() {
    return partitions(rowsTopic, partitions);
  }

  /** The log of the versions seen, in the order of partitions; empty if it is not copied. */
  List<TopicPartition> seen() {
    return seenTopic.map(topic -> partitions(topic, partitions)).orElse(List.of());
  }

  /** The ends as they are by and by, and whether the logs are still the same. */
  Look look(Admin admin, Instant now) {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    ends.keySet().forEach(partition -> asked.put(partition, OffsetSpec.latest()));
    List<String> topics = new ArrayList<>(List.of(rowsTopic));
    seenTopic.ifPresent(topics::add);
    return new Look(
        now,
        admin.listOffsets(asked).all().thenApply(CopySource::offsets),
        admin
            .describeTopics(topics)
            .allTopicNames()
            .thenApply(
                found ->
                    topics.stream()
                        .map(topic -> Optional.ofNullable(found.get(topic)).orElseThrow())
                        .map(topic -> topic.topicId().toString())
                        .toList()));
  }

  /** A question about the ends that was asked at a time, and perhaps not answered yet. */
  record Look(
      Instant begun, KafkaFuture<Map<TopicPartition, Long>> ends, KafkaFuture<List<String>> ids) {

    boolean isDone() {
      return ends.isDone() && ids.isDone();
    }
  }

  /** Where a fresh copy begins. */
  Checkpoint beginning(Instant now) {
    return new Checkpoint(
        generation.number(),
        topicIds,
        logIds,
        first(rows()),
        first(seen()),
        now.toEpochMilli(),
        false);
  }

  private List<Long> first(List<TopicPartition> of) {
    return of.stream().map(partition -> first.getOrDefault(partition, 0L)).toList();
  }

  /**
   * Why a copy cannot go on from where it is; empty if it can. It cannot if it is of other logs,
   * lies beyond them, or may have missed that a row was deleted.
   */
  Optional<String> obstacle(Checkpoint copy, Instant now) {
    if (copy.generation() != generation.number()) {
      return Optional.of("generation " + generation.number() + " serves");
    }
    if (!copy.topicIds().equals(topicIds) || copy.rows().size() != partitions) {
      return Optional.of("its logs were made anew");
    }
    if (!copy.missesNoDeletion(now, tombstones)) {
      return Optional.of("it was last level at " + copy.level() + ", too long ago");
    }
    boolean onTheLog = isOnTheLog(rows(), copy.rows()) && isOnTheLog(seen(), copy.seen());
    return onTheLog ? Optional.empty() : Optional.of("its offsets are not on the log any more");
  }

  private boolean isOnTheLog(List<TopicPartition> of, List<Long> offsets) {
    return IntStream.range(0, of.size())
        .allMatch(
            each ->
                offsets.get(each) >= first.getOrDefault(of.get(each), 0L)
                    && offsets.get(each) <= ends.getOrDefault(of.get(each), 0L));
  }

  /** How many hundredths of the logs lie before these offsets. */
  int percent(Checkpoint copy) {
    long done =
        Stream.of(copy.rows(), copy.seen()).flatMap(List::stream).mapToLong(Long::longValue).sum();
    long all = ends.values().stream().mapToLong(Long::longValue).sum();
    return all == 0 ? 0 : (int) Math.min(99, 100 * done / all);
  }
}

package dev.pleat.deploy;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.topology.InputLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Creates a domain's topics when they are new, and refuses to start on topics that would corrupt
 * what is kept in them.
 *
 * <p>What each topic was created as (its id and partition count) is recorded in the compacted topic
 * {@code <domain>.manifest}: keyed state cannot follow a changed count, and the offsets of a topic
 * that was deleted and created again mean other records.
 */
final class TopicSetup {

  /** What the write side may put in one record, with room for Kafka's own bytes. */
  private static final int LEAST_MAX_MESSAGE_BYTES = 1_048_588;

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String FOR_EVER = "-1";

  private final Admin admin;
  private final Map<String, Object> connection;

  TopicSetup(Admin admin, Map<String, Object> connection) {
    this.admin = admin;
    this.connection = connection;
  }

  /**
   * What the rest of the process has to know of a domain's topics.
   *
   * @param commands the log of the commands
   * @param eventsTopicId the id of the log of the events, which tokens name
   * @param log which generation of the log of the events and outcomes serves
   */
  record Topics(InputLog commands, String eventsTopicId, int log) {}

  /**
   * What a topic was created as.
   *
   * @param insteadOf the id of the topic it came in the place of, when an operator accepted that:
   *     positions in that one, which state may hold for as long as a partition has no new command,
   *     mean nothing any more
   */
  record Created(String topicId, int partitions, Optional<String> insteadOf) {}

  /**
   * Makes sure a domain's topics exist and can be trusted.
   *
   * @param declared the domain, on the first generation of its log
   * @param partitions of each topic that has to be created for a new domain
   * @param acceptRecreated whether a commands topic created again is accepted
   * @param wanted the generation of the log that is to take the place of the one that serves
   * @throws StartRefused if they cannot be trusted; the message says what to do
   */
  Topics prepare(
      DomainSchema<?, ?> declared,
      int partitions,
      boolean acceptRecreated,
      Optional<LogSwitch> wanted) {
    create(List.of(compacted(declared.manifestTopic()), compacted(declared.viewsTopic())));
    Manifest written = new Manifest(connection, declared.manifestTopic());
    awaitAll(List.of(written.topic()));
    Map<String, byte[]> rows = written.read();
    ServingLog serving = ServingLog.of(rows);
    Optional<LogSwitch> due = wanted.filter(it -> it.isDue(serving));
    due.ifPresent(LogSwitch::requirePossible);
    DomainSchema<?, ?> schema = declared.onLog(due.map(LogSwitch::number).orElse(serving.number()));
    List<String> names =
        List.of(
            schema.commandsTopic(),
            schema.eventsTopic(),
            schema.outcomesTopic(),
            schema.deadLettersTopic());
    Map<String, Created> manifest = created(rows, names);
    Map<String, TopicDescription> existing = describe(names);

    for (String name : names) {
      if (manifest.containsKey(name) && !existing.containsKey(name)) {
        refuseUnlessAccepted(schema, name, "was deleted", acceptRecreated);
      }
    }
    int count =
        manifest.values().stream()
            .mapToInt(Created::partitions)
            .findFirst()
            .orElse(
                existing.values().stream()
                    .mapToInt(topic -> topic.partitions().size())
                    .findFirst()
                    .orElse(partitions));
    create(
        names.stream()
            .filter(name -> !existing.containsKey(name))
            .map(name -> topic(name, count, configOf(schema, name)))
            .toList());
    Map<String, TopicDescription> topics = awaitAll(names);

    checkCounts(schema, manifest, topics);
    checkConfigs(schema, names);
    checkBeginning(schema, topics);
    Map<String, Created> created = new LinkedHashMap<>();
    topics.forEach(
        (name, described) -> {
          String id = described.topicId().toString();
          Optional<Created> before = Optional.ofNullable(manifest.get(name));
          Optional<String> insteadOf = before.flatMap(Created::insteadOf);
          if (before.isPresent() && !before.get().topicId().equals(id)) {
            refuseUnlessAccepted(schema, name, "was deleted and created again", acceptRecreated);
            insteadOf = Optional.of(before.get().topicId());
          }
          created.put(name, new Created(id, described.partitions().size(), insteadOf));
        });
    record(written, manifest, created);
    // Last: what is refused above leaves the log as it was.
    ServingLog now = due.map(it -> it.make(written, serving)).orElse(serving);
    LogSwitch.close(admin, written, declared, now, count);
    Created commands = created.get(schema.commandsTopic());
    Created events = created.get(schema.eventsTopic());
    if (commands == null || events == null) {
      throw new IllegalStateException("described topics are missing");
    }
    return new Topics(
        new InputLog(
            commands.topicId(),
            commands.partitions(),
            acceptRecreated || commands.insteadOf().isPresent()),
        events.topicId(),
        schema.log());
  }

  /** Makes sure there is what a domain needs that has no messages of its own. */
  void prepareViews(DomainSchema<?, ?> schema) {
    List<String> names =
        schema.policies().isEmpty()
            ? List.of(schema.viewsTopic())
            : List.of(schema.viewsTopic(), schema.manifestTopic());
    create(names.stream().map(TopicSetup::compacted).toList());
    awaitAll(names);
  }

  private static NewTopic compacted(String name) {
    return topic(
        name, 1, Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
  }

  private static Map<String, String> configOf(DomainSchema<?, ?> schema, String name) {
    Map<String, String> config = new HashMap<>();
    config.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
    config.put(TopicConfig.RETENTION_MS_CONFIG, FOR_EVER);
    config.put(TopicConfig.RETENTION_BYTES_CONFIG, FOR_EVER);
    config.put(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(LEAST_MAX_MESSAGE_BYTES));
    if (name.equals(schema.commandsTopic())) {
      config.put(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");
    }
    return config;
  }

  private static NewTopic topic(String name, int partitions, Map<String, String> config) {
    // The broker knows how many replicas it wants.
    return new NewTopic(name, Optional.of(partitions), Optional.empty()).configs(config);
  }

  private void create(List<NewTopic> topics) {
    if (topics.isEmpty()) {
      return;
    }
    admin
        .createTopics(topics)
        .values()
        .forEach(
            (name, result) -> {
              try {
                await(result, "create topic " + name);
              } catch (TopicExistsException e) {
                // Another instance was faster, or it was there before.
              }
            });
  }

  private Map<String, TopicDescription> awaitAll(List<String> names) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      Map<String, TopicDescription> topics = describe(names);
      if (topics.keySet().containsAll(names)
          && topics.values().stream()
              .flatMap(topic -> topic.partitions().stream())
              .allMatch(partition -> partition.leader() != null)) {
        return topics;
      }
      if (System.nanoTime() > deadline) {
        throw new StartRefused(
            "the topics "
                + names
                + " have no leaders after "
                + PATIENCE.toSeconds()
                + " s; look at the brokers");
      }
      Thread.onSpinWait();
    }
  }

  private Map<String, TopicDescription> describe(List<String> names) {
    Map<String, TopicDescription> found = new LinkedHashMap<>();
    admin
        .describeTopics(names)
        .topicNameValues()
        .forEach(
            (name, result) -> {
              try {
                found.put(name, await(result, "describe topic " + name));
              } catch (UnknownTopicOrPartitionException e) {
                // It does not exist: the caller sees that it is not among those found.
              }
            });
    return found;
  }

  private static void refuseUnlessAccepted(
      DomainSchema<?, ?> schema, String topic, String what, boolean accepted) {
    if (topic.equals(schema.eventsTopic())) {
      throw new StartRefused(
          topic
              + " "
              + what
              + ", and with it the source of truth; restore it from a backup, or delete every topic"
              + " and consumer group beginning with "
              + schema.name()
              + ". or pleat."
              + schema.name()
              + ". and the data directories to begin anew");
    }
    if (!accepted) {
      throw new StartRefused(
          topic
              + " "
              + what
              + "; if that was meant, start once with --accept-recreated-topics: its records are"
              + " then read from the beginning");
    }
  }

  private static void checkCounts(
      DomainSchema<?, ?> schema,
      Map<String, Created> manifest,
      Map<String, TopicDescription> topics) {
    topics.forEach(
        (name, topic) -> {
          Created before = manifest.get(name);
          if (before != null && before.partitions() != topic.partitions().size()) {
            throw new StartRefused(
                name
                    + " has "
                    + topic.partitions().size()
                    + " partitions and was created with "
                    + before.partitions()
                    + ": keys have moved away from their state; copy the events to new topics of"
                    + " the count you want");
          }
        });
    Set<Integer> counts =
        topics.values().stream()
            .map(topic -> topic.partitions().size())
            .collect(Collectors.toSet());
    if (counts.size() > 1) {
      throw new StartRefused(
          "the topics of "
              + schema
              + " must have the same number of partitions, have "
              + topics.entrySet().stream()
                  .map(entry -> entry.getKey() + " " + entry.getValue().partitions().size())
                  .sorted()
                  .collect(Collectors.joining(", ")));
    }
  }

  private void checkConfigs(DomainSchema<?, ?> schema, List<String> names) {
    List<ConfigResource> resources =
        names.stream().map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name)).toList();
    Map<ConfigResource, Config> configs =
        await(admin.describeConfigs(resources).all(), "describe the topics' settings");
    List<String> wrong = new ArrayList<>();
    configs.forEach(
        (resource, config) -> {
          String name = resource.name();
          if (name.equals(schema.commandsTopic())) {
            require(
                wrong, name, config, TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");
          }
          if (name.equals(schema.eventsTopic())) {
            require(wrong, name, config, TopicConfig.RETENTION_MS_CONFIG, FOR_EVER);
            require(wrong, name, config, TopicConfig.RETENTION_BYTES_CONFIG, FOR_EVER);
          }
          require(wrong, name, config, TopicConfig.CLEANUP_POLICY_CONFIG, "delete");
          String bytes = config.get(TopicConfig.MAX_MESSAGE_BYTES_CONFIG).value();
          if (Integer.parseInt(bytes) < LEAST_MAX_MESSAGE_BYTES) {
            wrong.add(
                name + " has max.message.bytes=" + bytes + ", needs " + LEAST_MAX_MESSAGE_BYTES);
          }
        });
    if (!wrong.isEmpty()) {
      throw new StartRefused(
          String.join("; ", wrong) + "; set it with kafka-configs --alter and start again");
    }
  }

  private static void require(
      List<String> wrong, String topic, Config config, String key, String value) {
    String actual = config.get(key).value();
    if (!value.equals(actual)) {
      wrong.add(topic + " has " + key + "=" + actual + ", needs " + value);
    }
  }

  private void checkBeginning(DomainSchema<?, ?> schema, Map<String, TopicDescription> topics) {
    Map<TopicPartition, OffsetSpec> earliest = new HashMap<>();
    Optional.ofNullable(topics.get(schema.eventsTopic()))
        .orElseThrow()
        .partitions()
        .forEach(
            partition ->
                earliest.put(
                    new TopicPartition(schema.eventsTopic(), partition.partition()),
                    OffsetSpec.earliest()));
    Map<TopicPartition, ListOffsetsResultInfo> first =
        await(admin.listOffsets(earliest).all(), "read where the events begin");
    first.forEach(
        (partition, offset) -> {
          if (offset.offset() > 0) {
            throw new StartRefused(
                partition
                    + " has lost its beginning: it starts at offset "
                    + offset.offset()
                    + "; state and views can no longer be folded from the events; restore the"
                    + " topic from a backup");
          }
        });
  }

  private static Map<String, Created> created(Map<String, byte[]> rows, List<String> names) {
    Map<String, Created> created = new LinkedHashMap<>();
    for (String name : names) {
      Optional.ofNullable(rows.get(name))
          .ifPresent(row -> created.put(name, JsonCodec.readValue(row, Created.class)));
    }
    return created;
  }

  private static void record(
      Manifest manifest, Map<String, Created> before, Map<String, Created> created) {
    Map<String, byte[]> rows = new LinkedHashMap<>();
    created.forEach(
        (name, as) -> {
          if (!as.equals(before.get(name))) {
            rows.put(name, JsonCodec.writeValue(as, Created.class));
          }
        });
    manifest.write(rows);
  }

  /** Waits for the cluster's answer; a Kafka error comes out as its own exception. */
  private static <T> T await(KafkaFuture<T> future, String doing) {
    try {
      return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartRefused("interrupted: could not " + doing);
    } catch (TimeoutException e) {
      throw new StartRefused("no answer from the cluster: could not " + doing);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TopicExistsException exists) {
        throw exists;
      }
      if (e.getCause() instanceof UnknownTopicOrPartitionException unknown) {
        throw unknown;
      }
      throw new StartRefused("could not " + doing + ": " + e.getCause());
    }
  }
}

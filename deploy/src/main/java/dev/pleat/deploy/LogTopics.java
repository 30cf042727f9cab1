package dev.pleat.deploy;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.topology.CommandTopology;
import dev.pleat.topology.OutputTopics;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * The live topics of a domain and those of other generations of its log: made, deleted, and asked
 * how far they go. Safe for use by many threads.
 */
final class LogTopics {

  private final DomainSchema<?, ?> schema;
  private final Admin admin;
  private final Manifest manifest;
  private final GenerationRemoval removal;
  private final Pattern ofGeneration;

  LogTopics(
      DomainSchema<?, ?> schema,
      Map<String, Object> connection,
      Admin admin,
      GenerationRemoval removal) {
    this.schema = schema;
    this.admin = admin;
    this.manifest = new Manifest(connection, schema.manifestTopic());
    this.removal = removal;
    String outputs =
        OutputTopics.ofGeneration(schema, DomainSchema.FIRST_LOG).all().stream()
            .map(Pattern::quote)
            .collect(Collectors.joining("|"));
    // Their own topics, and the application's: "pleat.<domain>.log.g2." with what comes after it.
    this.ofGeneration =
        Pattern.compile(
            "(?:(?:%s)\\.g(\\d{1,9})|pleat\\.%s\\.%s\\.g(\\d{1,9})\\.(?:-.*)?)"
                .formatted(outputs, Pattern.quote(schema.name()), DomainSchema.LOG));
  }

  // ---- whether all commands are there

  /** Why the commands of the live log cannot be decided again; empty if all are there. */
  Optional<String> missingCommands() {
    Map<String, byte[]> rows = manifest.read();
    Optional<String> before =
        Optional.ofNullable(rows.get(schema.commandsTopic()))
            .map(row -> JsonCodec.readValue(row, TopicSetup.Created.class))
            .flatMap(TopicSetup.Created::insteadOf);
    if (before.isPresent()) {
      return Optional.of(
          schema.commandsTopic()
              + " came in the place of another one, whose commands are gone: what they became"
              + " cannot be decided again");
    }
    return offsets(schema.commandsTopic(), OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED)
        .entrySet()
        .stream()
        .filter(begin -> begin.getValue() > 0)
        .min(Comparator.comparingInt(begin -> begin.getKey().partition()))
        .map(
            begin ->
                begin.getKey()
                    + " begins at offset "
                    + begin.getValue()
                    + ": commands before it are deleted, and what they became cannot be decided"
                    + " again; keep commands for ever (retention.ms=-1, retention.bytes=-1)");
  }

  // ---- how far the live log is

  /**
   * How far the live log is. Every event before these ends came of a command before these
   * positions.
   *
   * @param eventEnds where the committed events end, by partition
   * @param commands up to where commands are decided, by partition
   */
  record Decided(Map<Integer, Long> eventEnds, Map<Integer, Long> commands) {

    long all() {
      return commands.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  Decided decided() {
    // In this order, and without what is about to be committed: so what came of later commands is
    // not among the events.
    Map<Integer, Long> ends = new HashMap<>();
    offsets(schema.eventsTopic(), OffsetSpec.latest(), IsolationLevel.READ_COMMITTED)
        .forEach((partition, end) -> ends.put(partition.partition(), end));
    Map<Integer, Long> commands = new HashMap<>();
    committed(CommandTopology.applicationId(schema))
        .forEach((partition, next) -> commands.put(partition.partition(), next));
    return new Decided(ends, commands);
  }

  /** Up to where a group has committed the commands. */
  Map<TopicPartition, Long> committed(String group) {
    Map<TopicPartition, Long> committed = new HashMap<>();
    try {
      Cluster.await(
              admin
                  .listConsumerGroupOffsets(
                      group, new ListConsumerGroupOffsetsOptions().requireStable(true))
                  .partitionsToOffsetAndMetadata())
          .forEach(
              (partition, offset) -> {
                if (offset != null && partition.topic().equals(schema.commandsTopic())) {
                  committed.put(partition, offset.offset());
                }
              });
    } catch (GroupIdNotFoundException e) {
      // Nothing was ever decided.
    }
    return committed;
  }

  /** Where the partitions of a topic end, with what is not committed yet. */
  Map<TopicPartition, Long> ends(String topic) {
    return offsets(topic, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED);
  }

  /** Where they begin. */
  Map<TopicPartition, Long> begins(String topic) {
    return offsets(topic, OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED);
  }

  private Map<TopicPartition, Long> offsets(
      String topic, OffsetSpec spec, IsolationLevel isolation) {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    describe(List.of(topic))
        .get(0)
        .partitions()
        .forEach(each -> asked.put(new TopicPartition(topic, each.partition()), spec));
    return Cluster.await(admin.listOffsets(asked, new ListOffsetsOptions(isolation)).all())
        .entrySet()
        .stream()
        .collect(Collectors.toMap(Map.Entry::getKey, each -> each.getValue().offset()));
  }

  private List<TopicDescription> describe(List<String> names) {
    Map<String, TopicDescription> described =
        Cluster.await(admin.describeTopics(names).allTopicNames());
    return names.stream().map(described::get).toList();
  }

  // ---- other generations

  /**
   * Those that are beside the live log, or of which something is left; oldest first. What served
   * before is not among them: it is not deleted.
   */
  List<LogGeneration> generations() {
    // Asked again, because another process may have switched since this one was started.
    int serving = ServingLog.of(manifest.read()).number();
    return found().stream()
        .filter(number -> number > serving)
        .map(number -> new LogGeneration(schema, number))
        .toList();
  }

  private Set<Integer> found() {
    List<String> names = new ArrayList<>(Cluster.await(admin.listTopics().names()));
    names.addAll(removal.storesHere());
    Set<Integer> numbers = new TreeSet<>();
    for (String name : names) {
      Matcher matcher = ofGeneration.matcher(name);
      if (matcher.matches()) {
        numbers.add(
            Integer.parseInt(matcher.group(1) == null ? matcher.group(2) : matcher.group(1)));
      }
    }
    return numbers;
  }

  /**
   * Whether its application has left something and not decided all: then it was broken off, or runs
   * somewhere.
   */
  boolean isUnfinished(LogGeneration generation) {
    String id = generation.applicationId();
    boolean hasLeft =
        removal.storesHere().contains(id)
            || Cluster.await(admin.listTopics().names()).stream()
                .anyMatch(name -> name.startsWith(id + "-"));
    return hasLeft && rebuilt(generation).isEmpty();
  }

  // ---- those that are done

  /**
   * Notes that all commands are decided into it, which its application has stopped to do.
   *
   * @param stateVersion of the rules they were decided by
   */
  void noteDecided(LogGeneration generation, int stateVersion) {
    RebuiltLog rebuilt = new RebuiltLog(topicIds(generation), false);
    DomainSchema<?, ?> on = schema.onLog(generation.number());
    String stateId = rebuilt.topicIds().get(CommandTopology.stateTopic(on));
    if (stateId == null) {
      throw new IllegalStateException(CommandTopology.stateTopic(on) + " is not there");
    }
    new Refold.Fold(stateVersion, stateId, 0, true).write(manifest, on);
    rebuilt.write(manifest, generation);
  }

  /** Notes that it was compared to the end, and is different. */
  void noteDifferent(LogGeneration generation) {
    new RebuiltLog(topicIds(generation), true).write(manifest, generation);
  }

  /** What was noted of it, if its topics are still the same. */
  Optional<RebuiltLog> rebuilt(LogGeneration generation) {
    return RebuiltLog.of(manifest.read(), generation)
        .filter(noted -> noted.topicIds().equals(topicIds(generation)));
  }

  private Map<String, String> topicIds(LogGeneration generation) {
    List<String> outputs = generation.topics().all();
    List<String> names =
        Cluster.await(admin.listTopics().names()).stream()
            .filter(
                name -> outputs.contains(name) || name.startsWith(generation.applicationId() + "-"))
            .toList();
    return describe(names).stream()
        .collect(Collectors.toMap(TopicDescription::name, each -> each.topicId().toString()));
  }

  // ---- made and deleted

  /**
   * Makes its topics, each like the live one.
   *
   * @throws org.apache.kafka.common.errors.TopicExistsException if another process was faster
   */
  void create(LogGeneration generation) {
    List<String> live = OutputTopics.live(schema).all();
    Map<String, Map<String, String>> settings = settings(live);
    List<TopicDescription> described = describe(live);
    List<NewTopic> topics = new ArrayList<>();
    for (int i = 0; i < live.size(); i++) {
      TopicDescription like = described.get(i);
      topics.add(
          new NewTopic(
                  generation.topics().all().get(i),
                  like.partitions().size(),
                  (short) like.partitions().get(0).replicas().size())
              .configs(settings.getOrDefault(live.get(i), Map.of())));
    }
    Cluster.await(admin.createTopics(topics).all());
  }

  /** What was said of each topic when it was made, or later. */
  private Map<String, Map<String, String>> settings(List<String> names) {
    Map<String, Map<String, String>> settings = new HashMap<>();
    Cluster.await(
            admin
                .describeConfigs(
                    names.stream()
                        .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                        .toList())
                .all())
        .forEach(
            (topic, config) ->
                settings.put(
                    topic.name(),
                    config.entries().stream()
                        .filter(
                            entry ->
                                entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG)
                        .collect(Collectors.toMap(ConfigEntry::name, ConfigEntry::value))));
    return settings;
  }

  /**
   * Deletes the group, the stores and the own topics of its application, and what came of the
   * commands.
   *
   * @return whether nothing is left in the cluster; not if a process somewhere still runs it
   */
  boolean delete(LogGeneration generation) {
    if (!removal.remove(generation.applicationId())) {
      return false;
    }
    for (String topic : generation.topics().all()) {
      try {
        Cluster.await(admin.deleteTopics(List.of(topic)).all());
      } catch (UnknownTopicOrPartitionException e) {
        // It is not there.
      }
    }
    return true;
  }
}

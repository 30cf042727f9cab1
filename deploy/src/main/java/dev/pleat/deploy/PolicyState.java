package dev.pleat.deploy;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.Beginning;
import dev.pleat.schemas.DomainSchema.DeclaredPolicy;
import dev.pleat.schemas.DomainSchema.Guard;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.topology.InputLog;
import dev.pleat.topology.PolicyStart;
import dev.pleat.topology.PolicyTopology;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that a policy starts only on the state it left: one that lost its state would react
 * again to events it reacted to long ago. Used by one thread at a time.
 *
 * <p>The domain's manifest says which changelog topics the policy's stores were begun with, by
 * their ids. Another id, a topic that is gone, or one that is empty where the group has committed
 * offsets, means that the state is lost.
 */
final class PolicyState {

  private static final Logger LOG = LoggerFactory.getLogger(PolicyState.class);
  private static final Duration REMOVAL_PATIENCE = Duration.ofSeconds(30);
  private static final Duration PAUSE = Duration.ofMillis(100);

  /** Events of a partition below this offset cause nothing. */
  record Quiet(String topic, int partition, long below) {}

  /**
   * What the state was begun with.
   *
   * @param changelogs the changelog topics of the stores and their ids
   */
  record Begun(Map<String, String> changelogs, List<Quiet> quiet) {}

  private final DomainSchema<?, ?> schema;
  private final DeclaredPolicy policy;
  private final DomainTopics topics;
  private final StreamsSettings streams;
  private final Cluster cluster;
  private final Manifest manifest;
  private final String applicationId;

  PolicyState(
      DomainSchema<?, ?> schema,
      DeclaredPolicy policy,
      DomainTopics topics,
      StreamsSettings streams,
      Admin admin) {
    this.schema = schema;
    this.policy = policy;
    this.topics = topics;
    this.streams = streams;
    this.cluster = new Cluster(admin);
    this.manifest = new Manifest(streams.connection(), schema.manifestTopic());
    this.applicationId = PolicyTopology.applicationId(schema, policy);
  }

  /**
   * What the policy begins with: what it left, or nothing if it has never run.
   *
   * @param acceptLost whether an operator said that the state may be lost
   * @throws StartRefused if it is; the message says what to do
   */
  PolicyStart prepare(boolean acceptLost) {
    Optional<Begun> before =
        Optional.ofNullable(manifest.read().get(key()))
            .map(row -> JsonCodec.readValue(row, Begun.class));
    Optional<String> lost = before.flatMap(this::changed).or(this::emptied);
    if (lost.isPresent()) {
      if (!acceptLost) {
        throw new StartRefused(refusal(lost.get()));
      }
      LOG.warn("{}: {}; it begins anew, from now on", name(), lost.get());
      remove();
      before = Optional.empty();
    }
    Begun begun = begin(before, lost.isPresent() || policy.beginning() == Beginning.NOW);
    return new PolicyStart(
        schema.sources(policy).stream()
            .collect(Collectors.toMap(DomainSchema::name, this::eventsOf)),
        begun.quiet().stream()
            .collect(
                Collectors.toMap(
                    each -> new TopicPartition(each.topic(), each.partition()), Quiet::below)));
  }

  private String key() {
    return "policy " + policy.name();
  }

  private String name() {
    return "the policy " + schema.name() + "/" + policy.name();
  }

  private InputLog eventsOf(DomainSchema<?, ?> source) {
    return new InputLog(topics.of(source.name()).eventsTopicId(), topics.partitions(source), false);
  }

  private String refusal(String lost) {
    return name()
        + " has lost its state ("
        + lost
        + "): what it has reacted to is not known any more; restore the topic from a backup, or"
        + " start once with --accept-recreated-topics: it then folds all events there are now and"
        + " sends nothing because of them, and its deadlines are gone";
  }

  /** The changelog topics of its stores. */
  private List<String> changelogs() {
    return Stream.concat(
            policy.stores().stream(),
            schema.sources(policy).stream()
                .map(policy::guard)
                .flatMap(
                    guard ->
                        Stream.of(
                            guard.seenStore(),
                            guard.heldStore(),
                            guard.stoppedStore(),
                            guard.positionStore())))
        .map(store -> PolicyTopology.changelog(schema, policy, store))
        .toList();
  }

  private Optional<String> changed(Begun before) {
    for (Map.Entry<String, String> changelog : before.changelogs().entrySet()) {
      Optional<String> id =
          cluster.describe(changelog.getKey()).map(TopicDescription::topicId).map(Object::toString);
      if (id.isEmpty()) {
        return Optional.of(changelog.getKey() + " was deleted");
      }
      if (!id.get().equals(changelog.getValue())) {
        return Optional.of(changelog.getKey() + " was deleted and created again");
      }
    }
    return Optional.empty();
  }

  /** A position is kept with the first event of a partition, in the transaction of its offset. */
  private Optional<String> emptied() {
    for (DomainSchema<?, ?> source : schema.sources(policy)) {
      Guard guard = policy.guard(source);
      String changelog = PolicyTopology.changelog(schema, policy, guard.positionStore());
      Map<TopicPartition, Long> committed = cluster.committed(applicationId, source.eventsTopic());
      if (committed.values().stream().allMatch(offset -> offset == 0)) {
        continue;
      }
      Map<TopicPartition, Long> first = cluster.offsets(changelog, OffsetSpec.earliest());
      Map<TopicPartition, Long> end = cluster.offsets(changelog, OffsetSpec.latest());
      for (Map.Entry<TopicPartition, Long> each : committed.entrySet()) {
        TopicPartition kept = new TopicPartition(changelog, each.getKey().partition());
        if (each.getValue() > 0
            && first.getOrDefault(kept, 0L).equals(end.getOrDefault(kept, 0L))) {
          return Optional.of(
              "%s is empty, and events up to offset %d were processed"
                  .formatted(kept, each.getValue()));
        }
      }
    }
    return Optional.empty();
  }

  /** Makes what is missing, and records it before anything is written to it. */
  private Begun begin(Optional<Begun> before, boolean fromNow) {
    Map<String, String> changelogs = new LinkedHashMap<>();
    before.ifPresent(it -> changelogs.putAll(it.changelogs()));
    List<Quiet> quiet = new ArrayList<>(before.map(Begun::quiet).orElse(List.of()));
    List<String> missing =
        changelogs().stream().filter(topic -> !changelogs.containsKey(topic)).toList();
    if (missing.isEmpty()) {
      return before.orElseThrow();
    }
    int partitions = topics.partitions(schema.sources(policy).getFirst());
    for (String topic : missing) {
      changelogs.put(topic, cluster.changelogId(topic, partitions));
    }
    if (fromNow) {
      for (DomainSchema<?, ?> source : schema.sources(policy)) {
        // Another source of a policy that runs already: only its events were there before.
        if (missing.contains(
            PolicyTopology.changelog(schema, policy, policy.guard(source).positionStore()))) {
          cluster
              .offsets(source.eventsTopic(), OffsetSpec.latest())
              .forEach(
                  (partition, end) ->
                      quiet.add(new Quiet(partition.topic(), partition.partition(), end)));
        }
      }
    }
    Begun begun = new Begun(new HashMap<>(changelogs), List.copyOf(quiet));
    manifest.write(Map.of(key(), JsonCodec.writeValue(begun, Begun.class)));
    return begun;
  }

  /** Group, topics and local stores, so that every event is read again. */
  private void remove() {
    GenerationRemoval removal = new GenerationRemoval(cluster.admin(), streams.stateDir());
    long deadline = System.nanoTime() + REMOVAL_PATIENCE.toNanos();
    // What an earlier process of this instance left in the group is removed from it.
    RefoldGroup group = new RefoldGroup(cluster.admin(), applicationId, 0, streams.instanceId());
    while (!group.isEmpty()
        || !cluster.deleteGroup(applicationId)
        || !removal.remove(applicationId)
        || changelogs().stream().anyMatch(this::isThere)) {
      if (System.nanoTime() > deadline) {
        throw new StartRefused(
            name() + " cannot begin anew while an instance runs it: stop the others");
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  private boolean isThere(String topic) {
    return cluster.describe(topic).isPresent();
  }
}

package dev.pleat.deploy;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.topology.CommandTopology;
import dev.pleat.topology.Domain;
import dev.pleat.topology.MemoryLimits;
import dev.pleat.topology.RefoldTopology;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that a domain's state is the whole fold of its events by the rules of this release
 * before anything is decided on it; folds it anew where it is not. Used by one thread at a time.
 */
final class Refold {

  /*
   * How it works
   *
   * The manifest says which version of the rules the state was folded with, into which changelog
   * topic, and whether that was finished (Fold). It is read before each start of the application
   * that decides. Another version, another changelog topic, or an empty one beside events calls for
   * a refold: a new Fold that is not complete is written, and RefoldTopology runs under the same
   * application id, in the same consumer group, until the offsets committed for the events topic
   * are at its end. After a crash the next start finds the unfinished Fold and goes on from there.
   *
   * Never both at once. Members of the group that refold have a client id that says so, and for
   * which version. A refold begins when the group has no member, and is run only beside members
   * of the same refold; an instance decides only when the Fold is complete and nobody refolds any
   * more. Whoever has to wait for others says so. Between looking and joining somebody else may
   * have joined: so the stored state itself carries the number of the refold that has begun on it,
   * and is not decided on by whoever was not told that this one is complete.
   *
   * Local stores are a copy of the changelog topics. Kafka Streams knows these by name only and
   * would go on with a copy of a topic that was deleted. So the id of the topic is kept beside the
   * stores, and stores of another topic are removed.
   */

  private static final Logger LOG = LoggerFactory.getLogger(Refold.class);

  private static final Duration PAUSE = Duration.ofMillis(200);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);
  private static final long LOG_EVERY_NANOS = Duration.ofSeconds(10).toNanos();

  /** The clocks of two brokers do not differ by more. */
  private static final Duration CLOCK_DIFFERENCE = Duration.ofHours(1);

  /**
   * What the state was folded with.
   *
   * @param stateVersion the decider's
   * @param changelogId the id of the changelog topic of the aggregates
   * @param refolds how often the state was folded anew, this time included
   * @param complete false from the beginning to the end of a refold
   */
  record Fold(int stateVersion, String changelogId, int refolds, boolean complete) {

    private static String key(DomainSchema<?, ?> schema) {
      return schema.log() == DomainSchema.FIRST_LOG ? "state" : "state.g" + schema.log();
    }

    static Optional<Fold> of(Map<String, byte[]> manifest, DomainSchema<?, ?> schema) {
      return Optional.ofNullable(manifest.get(key(schema)))
          .map(row -> JsonCodec.readValue(row, Fold.class));
    }

    void write(Manifest manifest, DomainSchema<?, ?> schema) {
      manifest.write(Map.of(key(schema), JsonCodec.writeValue(this, Fold.class)));
    }
  }

  private final Domain<?, ?, ?> domain;
  private final DomainSchema<?, ?> schema;
  private final StreamsSettings streams;
  private final MemoryLimits memory;
  private final Manifest manifest;
  private final String applicationId;
  private final int stateVersion;

  /**
   * Of one domain.
   *
   * @param memory how long command ids are remembered
   */
  Refold(Domain<?, ?, ?> domain, StreamsSettings streams, MemoryLimits memory) {
    this.domain = domain;
    this.schema = domain.schema();
    this.streams = streams;
    this.memory = memory;
    this.manifest = new Manifest(streams.connection(), schema.manifestTopic());
    this.applicationId = CommandTopology.applicationId(schema);
    this.stateVersion = domain.decider().stateVersion();
  }

  /**
   * Returns when the state is complete and nobody folds it any more.
   *
   * @return how many refolds there were
   */
  int complete(StreamsRole.Waiting waiting) {
    try (Admin admin = Admin.create(streams.connection())) {
      awaitNobodyOnTheLogBefore(admin, waiting);
      RefoldGroup group = new RefoldGroup(admin, applicationId, stateVersion, streams.instanceId());
      EventsToFold events = new EventsToFold(admin, streams.connection(), schema, applicationId);
      while (true) {
        String changelogId = events.changelogId();
        removeStoresOfAnother(changelogId);
        Optional<Fold> recorded = recorded();
        Optional<String> reason = reasonToFold(recorded, changelogId, events);
        if (reason.isEmpty()) {
          Fold fold = recorded.orElseGet(() -> write(new Fold(stateVersion, changelogId, 0, true)));
          if (group.nobodyRefolds()) {
            events.forgetCommitted();
            return fold.refolds();
          }
          waiting.says("waiting for other instances to end folding the state");
        } else if (isBegun(recorded, changelogId)) {
          if (group.onlyThisRefold()) {
            run(recorded.orElseThrow(), group, events, waiting);
            continue;
          }
          waiting.says(mustWait(reason.get(), group));
        } else if (group.isEmpty()) {
          begin(recorded, changelogId, reason.get(), events);
          continue;
        } else {
          waiting.says(mustWait(reason.get(), group));
        }
        waiting.pause(PAUSE);
      }
    }
  }

  /** Two applications must not decide for two logs; see {@link LogSwitch}. */
  private void awaitNobodyOnTheLogBefore(Admin admin, StreamsRole.Waiting waiting) {
    ServingLog serving = ServingLog.of(manifest.read());
    if (serving.number() != schema.log()) {
      throw new IllegalStateException(
          "generation %d of the log took the place of generation %d: start this process again"
              .formatted(serving.number(), schema.log()));
    }
    if (serving.before() == 0) {
      return;
    }
    RefoldGroup before =
        new RefoldGroup(
            admin,
            CommandTopology.applicationId(schema, serving.before()),
            stateVersion,
            streams.instanceId());
    while (!before.isEmpty()) {
      waiting.says(
          "other instances still decide into the log before this one: stop them: "
              + before.others());
      waiting.pause(PAUSE);
    }
  }

  private Optional<Fold> recorded() {
    return Fold.of(manifest.read(), schema);
  }

  private Fold write(Fold fold) {
    fold.write(manifest, schema);
    return fold;
  }

  /** Why the state cannot be decided on as it is; empty if it can. */
  private Optional<String> reasonToFold(
      Optional<Fold> recorded, String changelogId, EventsToFold events) {
    if (recorded.isEmpty()) {
      return events.none()
          ? Optional.empty()
          : Optional.of("nothing says which version of the rules the state was folded with");
    }
    Fold fold = recorded.get();
    if (!fold.changelogId().equals(changelogId)) {
      return Optional.of(events.changelogTopic() + " was deleted");
    }
    if (fold.stateVersion() != stateVersion) {
      return Optional.of(
          "the state is of version "
              + fold.stateVersion()
              + ", the rules of this release are of "
              + stateVersion);
    }
    if (!fold.complete()) {
      return Optional.of("folding it was broken off");
    }
    return events.partitionWithoutState();
  }

  private boolean isBegun(Optional<Fold> recorded, String changelogId) {
    return recorded
        .filter(fold -> !fold.complete())
        .filter(fold -> fold.stateVersion() == stateVersion)
        .filter(fold -> fold.changelogId().equals(changelogId))
        .isPresent();
  }

  private static String mustWait(String reason, RefoldGroup group) {
    return "the state must be folded anew ("
        + reason
        + ") and other instances are still running: stop those of another release: "
        + group.others();
  }

  private void begin(
      Optional<Fold> recorded, String changelogId, String reason, EventsToFold events) {
    LOG.warn("{}: the state is folded anew from the events: {}", schema, reason);
    if (recorded.isPresent()
        && (recorded.get().stateVersion() == stateVersion
            || !recorded.get().changelogId().equals(changelogId))) {
      LOG.warn(
          "{}: with the state the memory of its commands was lost. Commands of the last {} h that"
              + " had events are known again from these; those that were rejected or changed"
              + " nothing are decided again if they are sent again",
          schema,
          memory.time().toHours());
    }
    // First the offsets, then the mark: without it they count for nothing.
    events.forgetCommitted();
    int refolds = recorded.map(Fold::refolds).orElse(0) + 1;
    write(new Fold(stateVersion, changelogId, refolds, false));
  }

  /** Folds until all is folded, or until somebody else comes into the group. */
  private void run(Fold fold, RefoldGroup group, EventsToFold events, StreamsRole.Waiting waiting) {
    Instant rememberFrom = events.newest().minus(memory.time()).minus(CLOCK_DIFFERENCE);
    ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    long began = System.nanoTime();
    long logged = began;
    EventsToFold.Progress first = events.progress();
    LOG.info("{}: {}", schema, first);
    KafkaStreams folding =
        new KafkaStreams(
            RefoldTopology.of(domain, fold.refolds(), memory, rememberFrom),
            streams.refolding(applicationId, group.clientId()));
    try {
      folding.setUncaughtExceptionHandler(
          e -> {
            failures.add(e);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
          });
      folding.start();
      while (true) {
        Throwable failure = failures.peek();
        if (failure != null) {
          throw new IllegalStateException("folding the state anew failed", failure);
        }
        EventsToFold.Progress progress = events.progress();
        waiting.says(progress.toString());
        if (progress.isComplete()) {
          finish(fold, progress.done() - first.done(), System.nanoTime() - began);
          return;
        }
        if (System.nanoTime() - logged > LOG_EVERY_NANOS) {
          logged = System.nanoTime();
          LOG.info("{}: {}", schema, progress);
        }
        if (!group.onlyThisRefold()) {
          LOG.warn("{}: folding is broken off: {} joined", schema, group.others());
          return;
        }
        waiting.pause(PAUSE);
      }
    } finally {
      // Whoever is next in the group reads another topic.
      folding.close(
          CloseOptions.timeout(CLOSE_TIMEOUT)
              .withGroupMembershipOperation(GroupMembershipOperation.LEAVE_GROUP));
    }
  }

  private void finish(Fold fold, long folded, long nanos) {
    // Somebody may have begun another refold: then what is folded here is not what was asked.
    if (recorded().equals(Optional.of(fold))) {
      write(new Fold(fold.stateVersion(), fold.changelogId(), fold.refolds(), true));
    }
    LOG.info("{}: the state is folded: {} records in {} ms", schema, folded, nanos / 1_000_000);
  }

  private void removeStoresOfAnother(String changelogId) {
    Path stores = streams.stateDir().resolve(applicationId);
    Path file = streams.stateDir().resolve(applicationId + "changelog-id");
    try {
      if (Files.exists(file) && Files.readString(file).strip().equals(changelogId)) {
        return;
      }
      if (Files.exists(stores)) {
        LOG.warn("{}: {} is a copy of a changelog topic that is gone; removed", schema, stores);
        try (Stream<Path> files = Files.walk(stores)) {
          for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(each);
          }
        }
      }
      Path fresh = file.resolveSibling(file.getFileName() + ".new");
      Files.writeString(fresh, changelogId + "\n");
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("the stores in " + stores + " cannot be removed", e);
    }
  }
}

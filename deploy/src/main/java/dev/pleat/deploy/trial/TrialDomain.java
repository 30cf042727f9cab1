package dev.pleat.deploy.trial;

import dev.pleat.interactivequeries.Answer;
import dev.pleat.interactivequeries.KnownStatus;
import dev.pleat.interactivequeries.Submission;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.HistoryKey;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.StoppedView;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.topology.DecisionsInMemory;
import dev.pleat.topology.Domain;
import dev.pleat.topology.HistoryFold;
import dev.pleat.topology.HistoryTopology;
import dev.pleat.topology.MemoryLimits;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Bytes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One domain in memory: its commands are decided one at a time, and its history and views follow
 * before a command is answered. Safe for use by many threads; what the stores hold is read without
 * waiting for anybody.
 */
final class TrialDomain {

  private static final Logger LOG = LoggerFactory.getLogger(TrialDomain.class);

  /** What an entry of a map takes beside its content, about, in bytes. */
  private static final int ENTRY_BYTES = 200;

  /**
   * All events of one command.
   *
   * @param version of the last of them
   */
  record Written(String aggregateId, List<byte[]> events, long version) {}

  private record Status(String aggregateId, KnownStatus known) {}

  private final DomainSchema<?, ?> schema;
  private final DecisionsInMemory<?> decisions;
  private final HistoryFold<?, ?> fold;
  private final Room room;
  private final Signals signals;
  private final InstantSource clock;
  private final List<Written> log = new ArrayList<>();
  private final Map<String, TrialView> views = new LinkedHashMap<>();
  private final MapStore<Bytes, byte[]> events = MapStore.byBytes();
  private final MapStore<Bytes, byte[]> snapshots = MapStore.byBytes();
  private final MapStore<String, byte[]> last = MapStore.byText();
  private final MapStore<Bytes, byte[]> outcomes = MapStore.byBytes();

  /** Store to entries, by the names they have on Kafka Streams. */
  private final Map<String, MapStore<?, ?>> stores = new HashMap<>();

  private final Map<UUID, List<Status>> statuses = new LinkedHashMap<>();
  private Instant newest = Instant.EPOCH;
  private long places;

  TrialDomain(Domain<?, ?, ?> domain, Room room, Signals signals, InstantSource clock) {
    this.schema = domain.schema();
    this.decisions = DecisionsInMemory.of(domain, MemoryLimits.DEFAULT);
    this.fold = HistoryFold.of(domain);
    this.room = room;
    this.signals = signals;
    this.clock = clock;
    stores.put(HistoryKey.EVENTS, events);
    stores.put(HistoryKey.SNAPSHOTS, snapshots);
    stores.put(HistoryKey.LAST, last);
    stores.put(HistoryKey.OUTCOMES, outcomes);
    for (View view : schema.views()) {
      if (view.derived().isEmpty()) {
        TrialView kept = new TrialView(domain, view, room, signals);
        views.put(view.name(), kept);
        stores.putAll(kept.stores());
      }
    }
  }

  DomainSchema<?, ?> schema() {
    return schema;
  }

  /** The store of this name. */
  MapStore<?, ?> store(String name) {
    return Optional.ofNullable(stores.get(name))
        .orElseThrow(() -> new IllegalArgumentException(schema + " keeps no " + name));
  }

  RowChanges changes(View view) {
    return kept(view).changes();
  }

  private TrialView kept(View view) {
    return Optional.ofNullable(views.get(view.name()))
        .orElseThrow(() -> new IllegalArgumentException(schema + " keeps no view " + view.name()));
  }

  // ---- commands

  /**
   * Decides a command, and records and shows what came of it.
   *
   * @return decided, or refused if there is no room
   */
  synchronized Submission submit(String aggregateId, SubmittedCommand command) {
    boolean isNew = !decisions.exists(aggregateId);
    Optional<String> full =
        decisions.remembers(aggregateId, command.id()) ? Optional.empty() : room.full(isNew);
    if (full.isPresent()) {
      return new Submission.Refused(Submission.OVERLOADED, full.get());
    }
    newest = Stream.of(newest, Instant.ofEpochMilli(clock.millis())).max(Instant::compareTo).get();
    long before = decisions.bytes();
    DecisionsInMemory.Answered answered = decisions.decide(aggregateId, command, newest);
    room.addBytes(decisions.bytes() - before);
    if (!answered.outcome().replayed()) {
      record(aggregateId, answered.outcome());
    }
    if (!answered.events().isEmpty()) {
      if (isNew) {
        room.addAggregate();
      }
      record(new Written(aggregateId, answered.events(), answered.outcome().verdict().version()));
    }
    return new Submission.Decided(answered.outcome());
  }

  private void record(String aggregateId, Outcome outcome) {
    byte[] json = JsonCodec.write(outcome);
    places++;
    byte[] key = HistoryKey.ofOutcome(aggregateId, outcome.verdict().version(), places);
    outcomes.put(Bytes.wrap(key), Optional.of(json));
    note(aggregateId, outcome);
    // Once in the history, once as a status.
    room.addBytes(2L * (ENTRY_BYTES + json.length));
  }

  private void record(Written written) {
    long version = written.version() - written.events().size();
    for (byte[] event : written.events()) {
      version++;
      events.put(Bytes.wrap(HistoryKey.of(written.aggregateId(), version)), Optional.of(event));
      room.addBytes(ENTRY_BYTES + event.length);
    }
    room.addEvents(written.events().size());
    recordLast(written.aggregateId(), written.version());
    log.add(written);
    views.values().forEach(view -> view.follow(log));
    signals.tell(schema.eventsTopic(), written.aggregateId());
  }

  /** The last version, and a snapshot where one is due. */
  private void recordLast(String aggregateId, long version) {
    long before =
        last.find(aggregateId).map(bytes -> ByteBuffer.wrap(bytes).getLong(Long.BYTES)).orElse(0L);
    boolean due = version - before >= HistoryTopology.INTERVAL;
    if (due) {
      snapshot(aggregateId, before, version);
    }
    byte[] versions =
        ByteBuffer.allocate(2 * Long.BYTES)
            .putLong(version)
            .putLong(due ? version : before)
            .array();
    last.put(aggregateId, Optional.of(versions));
  }

  private void snapshot(String aggregateId, long from, long to) {
    try {
      byte[] snapshot =
          fold.snapshot(
              snapshots.find(Bytes.wrap(HistoryKey.of(aggregateId, from))),
              to,
              (first, until, limit) -> between(aggregateId, first, until, limit));
      snapshots.put(Bytes.wrap(HistoryKey.of(aggregateId, to)), Optional.of(snapshot));
      room.addBytes(ENTRY_BYTES + snapshot.length);
    } catch (HistoryFold.Broken e) {
      LOG.warn("no snapshot of {} at version {}: {}", aggregateId, to, e.getMessage());
    }
  }

  private List<byte[]> between(String aggregateId, long from, long to, int limit) {
    List<byte[]> found = new ArrayList<>();
    for (long version = from; version <= to && found.size() < limit; version++) {
      events.find(Bytes.wrap(HistoryKey.of(aggregateId, version))).ifPresent(found::add);
    }
    return found;
  }

  // ---- what became of them

  /** The first outcome that is the answer to every retry counts, else the newest. */
  private void note(String aggregateId, Outcome outcome) {
    List<Status> all = statuses.computeIfAbsent(outcome.parentId(), id -> new ArrayList<>(1));
    boolean isDecided =
        all.stream().anyMatch(it -> it.aggregateId().equals(aggregateId) && isFinal(it.known()));
    if (!isDecided) {
      all.removeIf(it -> it.aggregateId().equals(aggregateId));
      all.add(
          new Status(
              aggregateId,
              new KnownStatus(Optional.of(aggregateId), Optional.of(outcome.verdict()), newest)));
    }
    forgetOldest();
  }

  private static boolean isFinal(KnownStatus status) {
    return status.verdict().filter(Outcome.Verdict::isRemembered).isPresent();
  }

  private void forgetOldest() {
    Instant oldest = newest.minus(MemoryLimits.DEFAULT.time());
    while (true) {
      Map.Entry<UUID, List<Status>> first = statuses.entrySet().iterator().next();
      if (!first.getValue().getFirst().known().time().isBefore(oldest)) {
        return;
      }
      statuses.remove(first.getKey());
    }
  }

  synchronized Answer<KnownStatus> status(UUID commandId, Optional<String> key) {
    return statuses.getOrDefault(commandId, List.of()).stream()
        .filter(status -> key.isEmpty() || key.get().equals(status.aggregateId()))
        .findFirst()
        .<Answer<KnownStatus>>map(status -> new Answer.Found<>(status.known()))
        .orElseGet(Answer.NotFound::new);
  }

  // ---- views

  /**
   * How far a view has come.
   *
   * @param position commands it has folded
   * @param end those with events there are
   */
  record Progress(long position, long end, Optional<StoppedView> stopped) {}

  synchronized Progress progress(View view) {
    TrialView kept = kept(view);
    return new Progress(kept.position(), log.size(), kept.mark());
  }

  synchronized Optional<StoppedView> resume(View view, boolean skip) {
    return kept(view).resume(log, skip);
  }
}

package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.interactivequeries.Answer.Unavailable;
import dev.pleat.interactivequeries.HeldStatuses.Seen;
import dev.pleat.schemas.CommandStatus;
import dev.pleat.schemas.DomainSchema;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * The statuses of commands from the state stores of this process and, for what others hold, from
 * those. That a command does not exist is said only by an index that has read all there is: before,
 * and when a holder cannot be reached, the answer is "not now". Safe for use by many threads.
 */
public final class StreamsCommandStatuses implements CommandStatuses, AutoCloseable {

  private static final Duration INDEX_PATIENCE = Duration.ofSeconds(2);

  // The other one may wait for its index.
  private static final Duration PEER_PATIENCE = INDEX_PATIENCE.plusSeconds(1);
  private static final int MAX_INDEX_WAITERS = 1_000;
  private static final int MAX_PEERS_ASKED = 1_000;

  private final LocalStores stores;
  private final HeldStatuses here;
  private final Peers peers;
  private final IndexProgress progress;

  /**
   * What statuses are read from.
   *
   * @param running finds the application that has a domain's {@link CommandStatus#STORE}
   * @param partitions how many partitions the topics of a domain have
   * @param logId says which incarnation of its event log a domain (by name) has
   * @param groups the consumer group of a domain's index
   * @param connection the properties every Kafka client here needs
   * @param memory how long commands are remembered
   * @param clock tells how far back that is
   */
  public record Sources(
      RunningStreams running,
      ToIntFunction<DomainSchema<?, ?>> partitions,
      Function<String, String> logId,
      Function<DomainSchema<?, ?>, String> groups,
      Map<String, Object> connection,
      Duration memory,
      InstantSource clock) {
    /** Keeps its own copy of the connection. */
    public Sources {
      connection = Map.copyOf(connection);
    }
  }

  /** Statuses over the running applications. */
  public StreamsCommandStatuses(Sources sources) {
    this.stores = new LocalStores(sources.running(), sources.partitions());
    this.here = new HeldStatuses(stores, sources.memory(), sources.clock());
    this.peers =
        new Peers(Holders.of(sources.running()), sources.logId(), PEER_PATIENCE, MAX_PEERS_ASKED);
    this.progress =
        new IndexProgress(
            sources.connection(), sources.groups(), INDEX_PATIENCE, MAX_INDEX_WAITERS);
  }

  @Override
  public Answer<KnownStatus> status(
      DomainSchema<?, ?> schema, UUID commandId, Optional<String> key) {
    Set<Integer> partitions =
        key.map(id -> Set.of(stores.partitionOf(schema, id)))
            .orElseGet(() -> stores.partitionsOf(schema));
    Seen seen = here.status(schema, commandId, key, partitions);
    if (seen.status().filter(KnownStatus::isFinal).isPresent()) {
      return new Found<>(seen.status().get());
    }
    Set<Integer> held = new HashSet<>(partitions);
    held.removeAll(seen.missing());
    Answer<KnownStatus> elsewhere =
        seen.missing().isEmpty()
            ? new NotFound<>()
            : peers.ask(schema, commandId, key, seen.missing());
    Answer<KnownStatus> known =
        KnownStatus.together(
            seen.status().<Answer<KnownStatus>>map(Found::new).orElseGet(NotFound::new), elsewhere);
    return known instanceof NotFound<KnownStatus> ? confirmed(schema, commandId, key, held) : known;
  }

  @Override
  public Answer<KnownStatus> held(
      DomainSchema<?, ?> schema, UUID commandId, Optional<String> key, Set<Integer> partitions) {
    if (!stores.partitionsOf(schema).containsAll(partitions)) {
      return notNow("there is no such partition");
    }
    Answer<KnownStatus> answer = read(schema, commandId, key, partitions);
    return answer instanceof NotFound<KnownStatus>
        ? confirmed(schema, commandId, key, partitions)
        : answer;
  }

  private Answer<KnownStatus> read(
      DomainSchema<?, ?> schema, UUID commandId, Optional<String> key, Set<Integer> partitions) {
    Seen seen = here.status(schema, commandId, key, partitions);
    return seen.status()
        .<Answer<KnownStatus>>map(Found::new)
        .or(() -> seen.why().map(StreamsCommandStatuses::notNow))
        .orElseGet(NotFound::new);
  }

  /** The answer about partitions held here in which nothing was found. */
  private Answer<KnownStatus> confirmed(
      DomainSchema<?, ?> schema, UUID commandId, Optional<String> key, Set<Integer> partitions) {
    if (partitions.isEmpty()) {
      return new NotFound<>();
    }
    return progress
        .awaitEnds(schema, partitions)
        .map(StreamsCommandStatuses::notNow)
        .orElseGet(() -> read(schema, commandId, key, partitions));
  }

  private static Answer<KnownStatus> notNow(String why) {
    return new Unavailable<>(Answer.NOT_NOW, "the status of commands cannot be read here: " + why);
  }

  /** Asks nobody any more. */
  @Override
  public void close() {
    peers.close();
    progress.close();
  }
}

package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.interactivequeries.Answer.Unavailable;
import dev.pleat.interactivequeries.LocalStores.Held;
import dev.pleat.schemas.CommandStatus;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BinaryOperator;
import java.util.function.ToIntFunction;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.query.WindowKeyQuery;
import org.apache.kafka.streams.state.WindowStoreIterator;

/**
 * The statuses of commands from the state stores of this process. What another process holds is
 * answered with "not now". Safe for use by many threads.
 */
public final class StreamsCommandStatuses implements CommandStatuses {

  // The log's clock may be ahead of this one.
  private static final Duration AHEAD = Duration.ofHours(1);

  private final LocalStores stores;
  private final Duration memory;
  private final InstantSource clock;

  /**
   * Statuses over the running applications.
   *
   * @param running finds the application that has a domain's {@link CommandStatus#STORE}
   * @param partitions how many partitions the topics of a domain have
   * @param memory how long commands are remembered
   * @param clock tells how far back that is
   */
  public StreamsCommandStatuses(
      RunningStreams running,
      ToIntFunction<DomainSchema<?, ?>> partitions,
      Duration memory,
      InstantSource clock) {
    this.stores = new LocalStores(running, partitions);
    this.memory = memory;
    this.clock = clock;
  }

  /** A status and when the log had the record it was made from, in milliseconds since 1970. */
  private record At(long time, CommandStatus status) {}

  /** One of some statuses, and why some could not be read. */
  private record Chosen(Optional<At> status, Optional<String> missing) {}

  @Override
  public Answer<CommandStatus> status(
      DomainSchema<?, ?> schema, UUID commandId, Optional<String> key) {
    Chosen decided =
        choose(schema, CommandStatus.decidedKey(commandId), key, StreamsCommandStatuses::first);
    if (decided.status().isPresent()) {
      return new Found<>(decided.status().get().status());
    }
    Chosen refused =
        choose(schema, CommandStatus.refusedKey(commandId), key, StreamsCommandStatuses::newest);
    Chosen pending =
        choose(schema, CommandStatus.pendingKey(commandId), key, StreamsCommandStatuses::newest);
    // Both are noted with the time of the command: a retry after a refusal is pending again.
    Optional<At> open =
        refused
            .status()
            .map(at -> pending.status().filter(other -> other.time() > at.time()).orElse(at))
            .or(pending::status);
    if (open.isPresent()) {
      return new Found<>(open.get().status());
    }
    return decided
        .missing()
        .or(refused::missing)
        .or(pending::missing)
        .<Answer<CommandStatus>>map(
            why ->
                new Unavailable<>(
                    Answer.NOT_NOW, "the status of commands cannot be read here: " + why))
        .orElseGet(NotFound::new);
  }

  private static At first(At one, At other) {
    return one.time() <= other.time() ? one : other;
  }

  private static At newest(At one, At other) {
    return one.time() > other.time() ? one : other;
  }

  private Chosen choose(
      DomainSchema<?, ?> schema,
      String storeKey,
      Optional<String> key,
      BinaryOperator<At> preferred) {
    Set<Integer> partitions =
        key.map(id -> Set.of(stores.partitionOf(schema, id)))
            .orElseGet(() -> stores.partitionsOf(schema));
    Instant now = clock.instant();
    Held<WindowStoreIterator<byte[]>> held =
        stores.query(
            schema,
            CommandStatus.STORE,
            partitions,
            WindowKeyQuery.withKeyAndWindowStartRange(
                storeKey, now.minus(memory), now.plus(AHEAD)));
    Optional<At> chosen = Optional.empty();
    Optional<String> missing = held.missing();
    for (Optional<WindowStoreIterator<byte[]>> result : held.results().values()) {
      if (result.isEmpty()) {
        continue;
      }
      try (WindowStoreIterator<byte[]> entries = result.get()) {
        while (entries.hasNext()) {
          KeyValue<Long, byte[]> entry = entries.next();
          At at = new At(entry.key, JsonCodec.readStatus(entry.value));
          if (key.isEmpty() || key.get().equals(at.status().aggregateId())) {
            chosen = Optional.of(chosen.map(other -> preferred.apply(other, at)).orElse(at));
          }
        }
      } catch (InvalidStateStoreException e) {
        missing = Optional.of("it is being moved");
      }
    }
    return new Chosen(chosen, missing);
  }
}

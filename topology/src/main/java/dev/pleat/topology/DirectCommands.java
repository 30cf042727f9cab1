package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageCodec;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.topology.Decisions.Case;
import dev.pleat.topology.Decisions.Decided;
import java.time.Instant;

/**
 * The decision of commands that lie on no log, by the write side's own: they are read, checked and
 * decided as if they came from there. Safe for use by many threads.
 */
record DirectCommands<C>(String domain, CommandReader<C> reader, Decisions<?, C, ?> decisions) {

  /** There is no log to share: every key is on the right partition. */
  private static final int PARTITIONS = 1;

  static <C> DirectCommands<C> of(Domain<?, C, ?> domain) {
    return bound(domain);
  }

  private static <S, C, E> DirectCommands<C> bound(Domain<S, C, E> domain) {
    MessageCodec<C, E> messages = MessageCodec.of(domain.schema());
    return new DirectCommands<>(
        domain.schema().name(),
        new CommandReader<>(domain.schema(), messages, PARTITIONS),
        new Decisions<>(domain, messages));
  }

  /**
   * A command and the aggregate it addresses.
   *
   * @param now what the log's clock would say
   */
  Case<C> turn(String aggregateId, SubmittedCommand command, Aggregate aggregate, Instant now) {
    return switch (reader.read(aggregateId.getBytes(UTF_8), JsonCodec.write(command), 0)) {
      case CommandReader.Addressed<C> addressed ->
          new Case<>(
              new AggregateName(domain, addressed.aggregateId()),
              aggregate,
              addressed.command(),
              now.toEpochMilli());
      case CommandReader.Misplaced<C> misplaced ->
          throw new IllegalStateException(misplaced.detail());
      case CommandReader.Unreadable<C> unreadable ->
          throw new IllegalArgumentException(unreadable.letter().detail());
    };
  }

  /** What it comes to; an aggregate that would fit in no record is not made. */
  Decided decide(Case<C> turn) {
    Decided decided = decisions.decide(turn);
    int keyBytes = turn.name().id().getBytes(UTF_8).length;
    return decided.aggregate().roomForMemory(Decisions.MAX_RECORD_BYTES - keyBytes) < 0
        ? turn.forgotten(turn.tooLarge())
        : decided;
  }
}

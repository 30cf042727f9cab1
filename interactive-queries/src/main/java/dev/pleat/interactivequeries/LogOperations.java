package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * What an operator can do with the events log of a domain: let all its commands be decided again,
 * into another generation beside the live one, and see whether the same comes of them.
 */
public interface LogOperations {

  /** The code of a commands topic that does not have all commands any more. */
  String COMMANDS_INCOMPLETE = "commands-incomplete";

  /** What became of the last rebuild of this process. */
  sealed interface State {}

  /** There was none since the start, or it was given up. */
  record None() implements State {}

  /**
   * The commands are being decided again.
   *
   * @param position offsets of the commands topic that are decided, over all partitions
   * @param end how many there are to decide, as far as that is known now
   * @param commandsPerSecond the most that are decided a second; 0 for as many as it can
   */
  record Rebuilding(int generation, long position, long end, int commandsPerSecond)
      implements State {}

  /**
   * They are decided; the two logs are being compared.
   *
   * @param position offsets of the new log that are compared, over all partitions
   */
  record Comparing(int generation, long position, long end) implements State {}

  /**
   * The same events came of the commands, byte for byte and in the same order.
   *
   * @param events how many were compared
   */
  record Identical(int generation, long events, Outcomes outcomes) implements State {}

  /**
   * Other events came of the commands.
   *
   * @param events how many are the same, up to the first difference in each partition
   * @param first the first difference
   */
  record Different(int generation, long events, Outcomes outcomes, Difference first)
      implements State {}

  /** It ended without a result. */
  record Failed(int generation, String reason) implements State {}

  /**
   * What became of the commands, event or no event. What was answered again does not count, and
   * neither do commands on a wrong partition.
   *
   * @param different how many of those compared are another verdict, or another reason
   * @param trouble why not all could be compared
   */
  record Outcomes(long compared, long different, Optional<String> trouble) {}

  /**
   * Where two logs differ first.
   *
   * @param version of the aggregate, in the event that is there on one side or on both
   * @param commandId the command that was decided otherwise
   * @param timestamp when the log received it
   */
  record Difference(
      int partition,
      String aggregateId,
      long version,
      UUID commandId,
      Instant timestamp,
      Side live,
      Side rebuilt) {}

  /**
   * What one log has where they differ.
   *
   * @param offset of the event, or of what is there instead; empty at the end of the log
   * @param event its action and data, cut if they are long; empty if the log has no such event
   * @param outcome what became of the command, if that is known and no event
   */
  record Side(
      String topic, Optional<Long> offset, Optional<String> event, Optional<String> outcome) {}

  /** What became of the last rebuild of a domain's log. */
  State state(DomainSchema<?, ?> schema);

  /**
   * Decides all commands of a domain again into a new generation of its log, and compares. Nothing
   * else changes.
   *
   * @param commandsPerSecond the most that are decided a second; 0 for as many as it can
   * @return the number of the generation; not found if that is being done already; unavailable with
   *     {@link #COMMANDS_INCOMPLETE} if commands are missing
   */
  Answer<Integer> rebuild(DomainSchema<?, ?> schema, int commandsPerSecond);

  /**
   * Gives up a rebuild, or what one that is done has left to be looked at; deletes it.
   *
   * @return the number of the generation; not found if there is none
   */
  Answer<Integer> cancel(DomainSchema<?, ?> schema);
}

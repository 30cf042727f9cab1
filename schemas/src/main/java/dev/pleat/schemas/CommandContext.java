package dev.pleat.schemas;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * What a rule may know beside state and command. Rules never fetch a clock or make a random id:
 * both come in here, the same on every retry.
 *
 * @param domain the name of the domain
 * @param aggregateId the aggregate the command addresses
 * @param commandId the command being decided
 * @param time when the log received the command
 * @param actor who sent it, if an authenticated gateway said so
 */
public record CommandContext(
    String domain, String aggregateId, UUID commandId, Instant time, Optional<String> actor) {

  /**
   * An id for something the command makes, derived from the command's id.
   *
   * @param index tells apart the ids of one command, from 0
   */
  public UUID newId(int index) {
    return NameBasedId.ofThing(domain, aggregateId, commandId, index);
  }
}

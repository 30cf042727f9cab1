package dev.pleat.schemas;

import java.time.Instant;
import java.util.UUID;

/**
 * What a policy may know beside its state and an event. It never fetches a clock or makes a random
 * id: both come in here, the same whenever the event is read.
 *
 * @param domain the name of the domain the policy belongs to
 * @param policy the policy's name
 * @param aggregateId the aggregate the event is about
 * @param eventId the event
 * @param version which event of its aggregate it is
 * @param time when it happened
 */
public record PolicyContext(
    String domain, String policy, String aggregateId, UUID eventId, long version, Instant time) {

  /**
   * An id for something the policy makes, derived from the event's id.
   *
   * @param index tells apart the ids of one event, from 0
   */
  public UUID newId(int index) {
    return NameBasedId.ofReactionsThing(domain, policy, eventId, index);
  }
}

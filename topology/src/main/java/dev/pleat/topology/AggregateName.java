package dev.pleat.topology;

import dev.pleat.schemas.NameBasedId;
import java.util.List;
import java.util.UUID;

/**
 * An aggregate of a domain, and the names that whatever comes of its commands has.
 *
 * @param id the key of its records
 */
record AggregateName(String domain, String id) {

  UUID outcomeOf(UUID commandId) {
    return NameBasedId.ofOutcome(domain, id, commandId);
  }

  UUID eventOf(UUID commandId, int index) {
    return NameBasedId.ofEvent(domain, id, commandId, index);
  }

  List<UUID> eventsOf(UUID commandId, int count) {
    return idsOf(commandId).events(count);
  }

  /** The ids of whatever comes of this command. */
  NameBasedId.OfCommand idsOf(UUID commandId) {
    return new NameBasedId.OfCommand(domain, id, commandId);
  }
}

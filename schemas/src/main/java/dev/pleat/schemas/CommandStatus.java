package dev.pleat.schemas;

import java.util.Optional;
import java.util.UUID;

/**
 * What is known of a command by its id: pending until it has an outcome. Kept in the window store
 * {@link #STORE} under the keys made here, as long as commands are remembered.
 *
 * @param aggregateId the aggregate it addresses
 * @param outcome what became of it; empty while it is pending
 */
public record CommandStatus(String aggregateId, Optional<Outcome> outcome) {

  /** The name of the store. */
  public static final String STORE = "command-status";

  /** Where the store notes that a command lies on the log: the newest entry counts. */
  public static String pendingKey(UUID commandId) {
    return commandId + "/pending";
  }

  /** Where the store notes a rejection that a retry may change: the newest entry counts. */
  public static String refusedKey(UUID commandId) {
    return commandId + "/refused";
  }

  /** Where the store notes the answer to every retry: the first entry counts. */
  public static String decidedKey(UUID commandId) {
    return commandId + "/decided";
  }
}

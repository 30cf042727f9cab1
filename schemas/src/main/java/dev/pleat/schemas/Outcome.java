package dev.pleat.schemas;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The event that says what became of a command, as it lies on {@code <domain>.outcomes}; the record
 * key is the aggregate's id. Every command has exactly one that is not {@code replayed}.
 *
 * @param id a name-based UUID of domain, aggregate and command
 * @param parentId the command
 * @param verdict accepted, unchanged or rejected
 * @param timestamp when the log received the command
 * @param correlationId carried over from the command
 * @param actor carried over from the command
 * @param replayed true when a command seen before was answered again: such a record never replaces
 *     the first one
 */
public record Outcome(
    UUID id,
    UUID parentId,
    Verdict verdict,
    Instant timestamp,
    Optional<String> correlationId,
    Optional<String> actor,
    boolean replayed) {

  /** What became of a command. */
  public sealed interface Verdict {
    /** The aggregate's version after the command, counted in events; 0 if it does not exist. */
    long version();

    /** Whether this is the answer to every retry; if not, a retry is looked at again. */
    default boolean isRemembered() {
      return !(this instanceof Rejected rejected) || !NOT_REMEMBERED.contains(rejected.reason());
    }
  }

  /** The engine's own reasons after which a retry is looked at again. */
  public static final Set<String> NOT_REMEMBERED =
      Set.of(
          "unknown-action",
          "key-mismatch",
          "wrong-partition",
          "schema-mismatch",
          "too-large",
          "decision-failed",
          "dedupe-full",
          "command-id-reused");

  /** The engine's own reasons that are remembered. */
  public static final Set<String> REMEMBERED = Set.of("expired", "version-conflict");

  /**
   * The command changed its aggregate.
   *
   * @param events the ids of its events, in order; never empty
   */
  public record Accepted(long version, List<UUID> events) implements Verdict {
    /** Keeps its own copy of the ids. */
    public Accepted {
      events = List.copyOf(events);
    }
  }

  /** Nothing would have changed: no event was written. */
  public record Unchanged(long version) implements Verdict {}

  /**
   * The command was refused: no event was written.
   *
   * @param reason the machine's word for why, in kebab-case
   * @param detail a sentence for a person
   */
  public record Rejected(long version, String reason, String detail) implements Verdict {}

  /** The same outcome, answered again. */
  public Outcome answeredAgain() {
    return new Outcome(id, parentId, verdict, timestamp, correlationId, actor, true);
  }
}

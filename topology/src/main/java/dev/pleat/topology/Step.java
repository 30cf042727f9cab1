package dev.pleat.topology;

import java.time.Instant;
import java.util.Optional;

/**
 * Something that came of a command, with where it comes from: an event, or that the command was
 * rejected.
 *
 * @param correlationId what it is part of: the one it carries, or else the id of its command
 * @param domain where it happened
 * @param aggregateId to what
 * @param action the event, or {@code CommandRejected}
 * @param id of the event or the outcome
 * @param commandId of the command it derives from
 * @param cause the event that caused the command; empty if no policy sent it
 * @param hops how many policies lie before it
 * @param reason why it was rejected
 * @param time when the log received the command
 */
public record Step(
    String correlationId,
    String domain,
    String aggregateId,
    String action,
    String id,
    String commandId,
    Optional<String> cause,
    long hops,
    Optional<String> reason,
    Instant time) {}

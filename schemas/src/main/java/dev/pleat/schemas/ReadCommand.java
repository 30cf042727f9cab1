package dev.pleat.schemas;

import dev.pleat.schemas.DomainSchema.Action;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * A command that {@link MessageCodec} has read, with data that fits its action's JSON Schema.
 *
 * @param id identifies the command among those of its aggregate
 * @param action what the sender wants done
 * @param data the action's record
 * @param fingerprint 16 bytes over action, data in canonical form and expected version
 * @param addressed the aggregate's id, where the data has it
 * @param expectedVersion the version the aggregate must have
 * @param notAfter when the log receives the command later than this, it is rejected as expired
 * @param correlationId joins everything that belongs to one undertaking
 * @param actor who sends the command
 */
public record ReadCommand<C>(
    UUID id,
    Action<C> action,
    C data,
    byte[] fingerprint,
    Optional<String> addressed,
    OptionalLong expectedVersion,
    Optional<Instant> notAfter,
    Optional<String> correlationId,
    Optional<String> actor) {}

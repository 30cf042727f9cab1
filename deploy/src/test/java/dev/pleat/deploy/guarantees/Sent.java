package dev.pleat.deploy.guarantees;

import java.util.UUID;

/**
 * A command that a client sent until it had a definite answer.
 *
 * @param valueId the aggregate
 * @param commandId the same on every retry
 * @param status the HTTP status of the answer, for example 200
 * @param version the aggregate's version in the answer
 */
public record Sent(String valueId, UUID commandId, int status, long version) {}

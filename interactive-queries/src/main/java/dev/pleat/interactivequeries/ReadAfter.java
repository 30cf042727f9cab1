package dev.pleat.interactivequeries;

/**
 * A write that a query has to have seen.
 *
 * @param domain the domain of the aggregate
 * @param aggregateId the aggregate
 * @param version the aggregate's version after the write, counted in events
 */
public record ReadAfter(String domain, String aggregateId, long version) {}

package dev.pleat.interactivequeries;

import java.util.Optional;

/**
 * Which rows are wanted at once.
 *
 * @param selection of indexes that the view declares
 * @param from where the page before of the same selection ended; empty to begin
 * @param limit the most rows to answer, at least 1
 */
public record PageRequest(Selection selection, Optional<byte[]> from, int limit) {}

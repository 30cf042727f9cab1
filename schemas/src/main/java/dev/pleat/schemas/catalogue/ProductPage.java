package dev.pleat.schemas.catalogue;

import java.time.Instant;
import java.util.Optional;

/**
 * A row of the catalogue: a product, and what it costs.
 *
 * @param amount in the smallest unit of the currency; empty while no price is set
 */
public record ProductPage(
    String productId,
    String name,
    String category,
    String description,
    Instant addedAt,
    Optional<Long> amount,
    Optional<String> currency,
    Optional<Instant> validFrom,
    Optional<Instant> validUntil) {}

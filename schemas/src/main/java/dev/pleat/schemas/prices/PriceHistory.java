package dev.pleat.schemas.prices;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A row of the view of price histories.
 *
 * @param prices what the product cost, the newest first
 */
public record PriceHistory(String productId, List<Price> prices) {

  /**
   * One of a product's prices.
   *
   * @param version which of them, from 1
   * @param amount in the smallest unit of the currency
   */
  public record Price(
      long version,
      long amount,
      String currency,
      Optional<Instant> validFrom,
      Optional<Instant> validUntil) {}
}

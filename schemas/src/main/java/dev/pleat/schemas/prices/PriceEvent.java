package dev.pleat.schemas.prices;

import java.time.Instant;
import java.util.Optional;

/** What can have happened to a product's price. */
public sealed interface PriceEvent {

  /**
   * The product costs this from here on, in place of whatever was said before.
   *
   * @param amount in the smallest unit of the currency, such as cents
   * @param currency ISO 4217
   * @param validFrom from when it applies; empty for from the beginning
   * @param validUntil until when it applies, this moment excluded; empty for good
   */
  record PriceSet(
      String productId,
      long amount,
      String currency,
      Optional<Instant> validFrom,
      Optional<Instant> validUntil)
      implements PriceEvent {}
}

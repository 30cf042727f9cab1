package dev.pleat.topology.prices;

import dev.pleat.schemas.prices.PriceEvent;
import dev.pleat.schemas.prices.PriceEvent.PriceSet;
import dev.pleat.schemas.prices.PriceHistory;
import dev.pleat.schemas.prices.PriceHistory.Price;
import dev.pleat.topology.Projection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What each product has cost, the newest first; the log has those that no longer fit. */
public final class PriceHistoryProjection implements Projection<PriceHistory, PriceEvent> {

  private static final int MAX_PRICES = 100;

  @Override
  public Optional<PriceHistory> project(Optional<PriceHistory> row, PriceEvent event) {
    return switch (event) {
      case PriceSet set -> {
        List<Price> before = row.map(PriceHistory::prices).orElse(List.of());
        long version = before.isEmpty() ? 1 : before.get(0).version() + 1;
        Price price =
            new Price(version, set.amount(), set.currency(), set.validFrom(), set.validUntil());
        yield Optional.of(
            new PriceHistory(
                set.productId(),
                Stream.concat(Stream.of(price), before.stream()).limit(MAX_PRICES).toList()));
      }
    };
  }
}

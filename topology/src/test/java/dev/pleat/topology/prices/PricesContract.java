package dev.pleat.topology.prices;

import static dev.pleat.schemas.prices.PriceSchema.HISTORY;
import static dev.pleat.schemas.prices.PriceSchema.VALIDITY_EMPTY;
import static dev.pleat.schemas.prices.PriceSchema.VALIDITY_OVER;

import dev.pleat.schemas.prices.PriceCommand;
import dev.pleat.schemas.prices.PriceCommand.SetPrice;
import dev.pleat.schemas.prices.PriceEvent;
import dev.pleat.schemas.prices.PriceEvent.PriceSet;
import dev.pleat.schemas.prices.PriceHistory;
import dev.pleat.schemas.prices.PriceHistory.Price;
import dev.pleat.topology.Scenario;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What happens to prices, whatever it runs on: every command in every state. A subclass says what
 * it runs on.
 */
@SuppressWarnings("this-escape") // a subclass's scenario needs nothing of the subclass
public abstract class PricesContract {

  private static final Optional<Instant> ALWAYS = Optional.empty();
  private static final Instant FUTURE = Instant.parse("2999-01-01T00:00:00Z");

  @RegisterExtension final Scenario<PriceCommand, PriceEvent> prices = scenario();

  /** A product of its own for each test, so that tests may share a broker. */
  private final String id = UUID.randomUUID().toString();

  /** What the scenarios run on. */
  protected abstract Scenario<PriceCommand, PriceEvent> scenario();

  @Test
  void sets_a_price() {
    prices
        .given()
        .when(new SetPrice(id, 1250, "EUR", ALWAYS, ALWAYS))
        .then(new PriceSet(id, 1250, "EUR", ALWAYS, ALWAYS))
        .andRow(HISTORY, new PriceHistory(id, List.of(new Price(1, 1250, "EUR", ALWAYS, ALWAYS))));
  }

  @Test
  void sets_another_price_in_its_place() {
    prices
        .given(new PriceSet(id, 1250, "EUR", ALWAYS, ALWAYS))
        .when(new SetPrice(id, 0, "USD", ALWAYS, ALWAYS))
        .then(new PriceSet(id, 0, "USD", ALWAYS, ALWAYS))
        .andRow(
            HISTORY,
            new PriceHistory(
                id,
                List.of(
                    new Price(2, 0, "USD", ALWAYS, ALWAYS),
                    new Price(1, 1250, "EUR", ALWAYS, ALWAYS))));
  }

  @Test
  void changes_nothing_by_setting_the_same_price() {
    prices
        .given(new PriceSet(id, 1250, "EUR", ALWAYS, Optional.of(FUTURE)))
        .when(new SetPrice(id, 1250, "EUR", ALWAYS, Optional.of(FUTURE)))
        .thenUnchanged();
  }

  @Test
  void keeps_prices_apart_by_their_validity() {
    prices
        .given(new PriceSet(id, 1250, "EUR", ALWAYS, ALWAYS))
        .when(new SetPrice(id, 1250, "EUR", Optional.of(FUTURE), ALWAYS))
        .then(new PriceSet(id, 1250, "EUR", Optional.of(FUTURE), ALWAYS));
  }

  @Test
  void sets_no_price_that_is_never_valid() {
    prices
        .given()
        .when(new SetPrice(id, 1250, "EUR", Optional.of(FUTURE), Optional.of(FUTURE)))
        .thenRejected(VALIDITY_EMPTY)
        .andNoRow(HISTORY);
    prices
        .given()
        .when(
            new SetPrice(id, 1250, "EUR", Optional.of(FUTURE), Optional.of(FUTURE.minusSeconds(1))))
        .thenRejected(VALIDITY_EMPTY);
  }

  @Test
  void sets_no_price_whose_time_is_over() {
    prices
        .given()
        .when(new SetPrice(id, 1250, "EUR", ALWAYS, Optional.of(Instant.EPOCH)))
        .thenRejected(VALIDITY_OVER);
  }

  @Test
  void takes_no_amount_below_nothing_and_no_word_for_a_currency() {
    prices
        .given()
        .when(new SetPrice(id, -1, "EUR", ALWAYS, ALWAYS))
        .thenRejected("schema-mismatch");
    prices
        .given()
        .when(new SetPrice(id, 1250, "euro", ALWAYS, ALWAYS))
        .thenRejected("schema-mismatch");
  }
}

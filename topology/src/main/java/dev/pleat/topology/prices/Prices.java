package dev.pleat.topology.prices;

import static dev.pleat.schemas.prices.PriceSchema.VALIDITY_EMPTY;
import static dev.pleat.schemas.prices.PriceSchema.VALIDITY_OVER;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.prices.PriceCommand;
import dev.pleat.schemas.prices.PriceCommand.SetPrice;
import dev.pleat.schemas.prices.PriceEvent;
import dev.pleat.schemas.prices.PriceEvent.PriceSet;
import dev.pleat.topology.Decider;
import dev.pleat.topology.Decision;
import java.time.Instant;
import java.util.Optional;

/**
 * The rules of prices. A price may be set before its product is added: the two contexts do not ask
 * each other.
 */
public final class Prices implements Decider<Prices.State, PriceCommand, PriceEvent> {

  /** What is remembered of a product's price. */
  public sealed interface State {}

  /** None was ever set. */
  public record Unset() implements State {}

  /** It costs this. */
  public record Costing(
      long amount, String currency, Optional<Instant> validFrom, Optional<Instant> validUntil)
      implements State {}

  @Override
  public State initialState() {
    return new Unset();
  }

  @Override
  public Decision<PriceEvent> decide(State state, PriceCommand command, CommandContext context) {
    return switch (command) {
      case SetPrice set -> set(state, set, context);
    };
  }

  private static Decision<PriceEvent> set(State state, SetPrice set, CommandContext context) {
    if (set.validUntil().isPresent()) {
      Instant end = set.validUntil().get();
      if (set.validFrom().filter(begin -> !begin.isBefore(end)).isPresent()) {
        return Decision.reject(
            VALIDITY_EMPTY, "a price is valid until after the moment it is valid from");
      }
      if (!end.isAfter(context.time())) {
        return Decision.reject(VALIDITY_OVER, "the price would be valid until " + end + " only");
      }
    }
    Costing after = new Costing(set.amount(), set.currency(), set.validFrom(), set.validUntil());
    return after.equals(state)
        ? Decision.unchanged()
        : Decision.accept(
            new PriceSet(
                set.productId(), set.amount(), set.currency(), set.validFrom(), set.validUntil()));
  }

  @Override
  public State evolve(State state, PriceEvent event) {
    return switch (event) {
      case PriceSet set ->
          new Costing(set.amount(), set.currency(), set.validFrom(), set.validUntil());
    };
  }

  @Override
  public int stateVersion() {
    return 1;
  }
}

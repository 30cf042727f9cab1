package com.example.stock;

import com.example.stock.StockCommand.ReceiveItems;
import com.example.stock.StockCommand.ShipItems;
import com.example.stock.StockEvent.ItemsReceived;
import com.example.stock.StockEvent.ItemsShipped;
import dev.pleat.schemas.CommandContext;
import dev.pleat.topology.Decider;
import dev.pleat.topology.Decision;

/** The rules. */
public final class Stock implements Decider<Stock.State, StockCommand, StockEvent> {

  /** What is remembered between commands. */
  public record State(long inStock) {}

  @Override
  public State initialState() {
    return new State(0);
  }

  @Override
  public Decision<StockEvent> decide(State state, StockCommand command, CommandContext context) {
    return switch (command) {
      case ReceiveItems receive ->
          Decision.accept(
              new ItemsReceived(receive.sku(), receive.count(), state.inStock() + receive.count()));
      case ShipItems ship ->
          ship.count() > state.inStock()
              ? Decision.reject("not-enough-stock", "there are " + state.inStock())
              : Decision.accept(
                  new ItemsShipped(ship.sku(), ship.count(), state.inStock() - ship.count()));
    };
  }

  @Override
  public State evolve(State state, StockEvent event) {
    return switch (event) {
      case ItemsReceived received -> new State(received.inStock());
      case ItemsShipped shipped -> new State(shipped.inStock());
    };
  }

  @Override
  public int stateVersion() {
    return 1;
  }
}

package com.example.stock;

import com.example.stock.StockCommand.ShipItems;
import com.example.stock.StockEvent.ItemsReceived;
import com.example.stock.StockEvent.ItemsShipped;
import dev.pleat.topology.Scenario;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class StockTest {

  @RegisterExtension
  final Scenario<StockCommand, StockEvent> stock = Scenario.ofTopology(StockDomain.STOCK);

  @Test
  void ships_what_is_there() {
    stock
        .given(new ItemsReceived("bolt-m8", 10, 10))
        .when(new ShipItems("bolt-m8", 4))
        .then(new ItemsShipped("bolt-m8", 4, 6))
        .andRow("levels", new StockLevel("bolt-m8", 6));
  }

  @Test
  void refuses_to_ship_more_than_there_is() {
    stock
        .given(new ItemsReceived("bolt-m8", 10, 10))
        .when(new ShipItems("bolt-m8", 11))
        .thenRejected("not-enough-stock");
  }
}

package com.example.stock;

import com.example.stock.StockCommand.ReceiveItems;
import com.example.stock.StockEvent.ItemsReceived;
import dev.pleat.topology.Scenario;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The same kind of scenario against the functions alone: no Kafka class is used. */
class StockFunctionsTest {

  @RegisterExtension
  final Scenario<StockCommand, StockEvent> stock = Scenario.ofFunctions(StockDomain.STOCK);

  @Test
  void adds_what_comes_in() {
    stock
        .given(new ItemsReceived("bolt-m8", 10, 10))
        .when(new ReceiveItems("bolt-m8", 5))
        .then(new ItemsReceived("bolt-m8", 5, 15))
        .andRow("levels", new StockLevel("bolt-m8", 15));
  }
}

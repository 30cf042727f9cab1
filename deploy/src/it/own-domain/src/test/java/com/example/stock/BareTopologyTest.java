package com.example.stock;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.topology.CommandTopology;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TopologyTestDriver;
import org.junit.jupiter.api.Test;

class BareTopologyTest {

  @Test
  void decides_a_command_written_as_text() {
    try (var driver = new TopologyTestDriver(CommandTopology.of(StockDomain.STOCK))) {
      driver
          .createInputTopic("stock.commands", new StringSerializer(), new StringSerializer())
          .pipeInput(
              "bolt-m8",
              """
              {"id":"7037a79d-7e6b-4969-9ea5-6d5c28605ac4","action":"ReceiveItems",
               "data":{"sku":"bolt-m8","count":10},"timestamp":"2026-11-21T10:00:00.000Z"}
              """);
      String event =
          driver
              .createOutputTopic("stock.events", new StringDeserializer(), new StringDeserializer())
              .readValue();
      assertTrue(event.contains("\"action\":\"ItemsReceived\""), event);
    }
  }
}

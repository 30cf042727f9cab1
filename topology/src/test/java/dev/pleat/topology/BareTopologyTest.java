package dev.pleat.topology;

import static dev.pleat.topology.calculator.CalculatorDomain.CALCULATOR;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TopologyTestDriver;
import org.junit.jupiter.api.Test;

/** The topologies need nothing of Pleat's to be driven: text in, text out. */
class BareTopologyTest {

  @Test
  void decides_a_command_and_shows_it() {
    String id = "d35e95f5-2a7a-4c31-8d28-2eb92643a154";
    String command =
        """
        {"id":"7037a79d-7e6b-4969-9ea5-6d5c28605ac4","action":"CreateValue",
         "data":{"value-id":"%s","value":3},"timestamp":"2026-11-21T10:00:00.000Z"}"""
            .formatted(id);
    try (var write = new TopologyTestDriver(CommandTopology.of(CALCULATOR));
        var view = new TopologyTestDriver(ViewTopology.of(CALCULATOR, "values"))) {
      var string = new StringDeserializer();
      write
          .createInputTopic("calculator.commands", new StringSerializer(), new StringSerializer())
          .pipeInput(id, command);
      String event = write.createOutputTopic("calculator.events", string, string).readValue();
      assertTrue(event.contains("\"data\":{\"value-id\":\"" + id + "\",\"value\":3.0}"), event);

      view.createInputTopic("calculator.events", new StringSerializer(), new StringSerializer())
          .pipeInput(id, event);
      byte[] row = (byte[]) view.getTimestampedKeyValueStore("values").get(id).value();
      assertEquals("{\"value-id\":\"" + id + "\",\"value\":3.0,\"version\":1}", new String(row));
    }
  }
}

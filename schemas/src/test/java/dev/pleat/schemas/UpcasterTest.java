package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.calculator.CalculatorCommand;
import dev.pleat.schemas.calculator.CalculatorCommand.CreateValue;
import dev.pleat.schemas.calculator.CalculatorCommand.UpdateValue;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.time.Instant;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Versions of the schemas of messages, and the way from one to the next. */
class UpcasterTest {

  private static final UUID ID = new UUID(0, 1);

  /** The calculator, had its first release called the number of a new value otherwise. */
  private static DomainSchema.Builder<CalculatorCommand, CalculatorEvent> calculator() {
    return DomainSchema.of("calculator", CalculatorCommand.class, CalculatorEvent.class)
        .identifiedBy("value-id", IdFormat.UUID)
        .action(CreateValue.class)
        .action(UpdateValue.class);
  }

  private static Map<String, Object> renamed(Map<String, Object> data) {
    data.put("value", data.remove("number"));
    return data;
  }

  private static SubmittedCommand create(String data, OptionalLong version) {
    return SubmittedCommand.of(
            ID, "CreateValue", JsonCodec.readObject(data.getBytes(UTF_8)), Instant.EPOCH)
        .inSchemaVersion(version);
  }

  @Test
  void what_has_no_upcaster_is_in_its_first_version_and_says_nothing_of_it() {
    assertEquals(1, CalculatorSchema.SCHEMA.schemaVersion("CreateValue"));
    assertEquals(OptionalLong.empty(), CalculatorSchema.SCHEMA.writtenSchemaVersion("CreateValue"));
  }

  @Test
  void each_upcaster_makes_another_version() {
    DomainSchema<CalculatorCommand, CalculatorEvent> schema =
        calculator()
            .upcast("CreateValue", 1, UpcasterTest::renamed)
            .upcast("CreateValue", 2, data -> data)
            .build();

    assertEquals(3, schema.schemaVersion("CreateValue"));
    assertEquals(OptionalLong.of(3), schema.writtenSchemaVersion("CreateValue"));
    assertEquals(1, schema.schemaVersion("UpdateValue"));
  }

  @Test
  void data_is_brought_to_the_version_of_today() {
    DomainSchema<CalculatorCommand, CalculatorEvent> schema =
        calculator().upcast("CreateValue", 1, UpcasterTest::renamed).build();

    assertEquals(
        "{\"value-id\":\"x\",\"value\":0.10}",
        schema
            .upcast(create("{\"value-id\":\"x\",\"number\":0.10}", OptionalLong.empty()))
            .data()
            .toString());
    SubmittedCommand today = create("{\"value\":1}", OptionalLong.of(2));
    assertEquals(today, schema.upcast(today));
  }

  @Test
  void only_the_version_of_today_is_read_in_one_pass() {
    MessageCodec<CalculatorCommand, CalculatorEvent> codec =
        MessageCodec.of(calculator().upcast("CreateValue", 1, UpcasterTest::renamed).build());
    String data = "{\"value-id\":\"" + ID + "\",\"value\":1}";

    assertTrue(codec.readCommand(JsonCodec.write(create(data, OptionalLong.of(2)))).isPresent());
    for (OptionalLong other :
        new OptionalLong[] {OptionalLong.empty(), OptionalLong.of(1), OptionalLong.of(3)}) {
      assertTrue(codec.readCommand(JsonCodec.write(create(data, other))).isEmpty(), "" + other);
    }
  }

  @Test
  void upcasters_are_declared_in_order_for_messages_there_are() {
    assertEquals(
        "CreateValue: the next upcaster is from version 1",
        assertThrows(
                IllegalArgumentException.class, () -> calculator().upcast("CreateValue", 2, d -> d))
            .getMessage());
    assertEquals(
        "DeleteValue has an upcaster and is no action or event",
        assertThrows(
                IllegalArgumentException.class,
                () -> calculator().upcast("DeleteValue", 1, d -> d).build())
            .getMessage());
  }
}

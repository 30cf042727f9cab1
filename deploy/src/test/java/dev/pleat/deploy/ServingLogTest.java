package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which generation of a log serves, and which may take its place. */
final class ServingLogTest {

  @TempDir Path directory;

  private static ServingLog read(String row) {
    return ServingLog.of(Map.of("log", row.getBytes(UTF_8)));
  }

  @Test
  void the_first_serves_until_a_row_says_otherwise() {
    assertEquals(new ServingLog(1, 0, true), ServingLog.of(Map.of()));
    assertEquals(new ServingLog(3, 2, false), read("{\"number\":3,\"before\":2,\"closed\":false}"));
  }

  @Test
  void the_state_of_each_generation_is_noted_apart() {
    Refold.Fold first = new Refold.Fold(1, "one", 4, true);
    Refold.Fold second = new Refold.Fold(2, "two", 0, true);
    Map<String, byte[]> rows =
        Map.of(
            "state", JsonCodec.writeValue(first, Refold.Fold.class),
            "state.g2", JsonCodec.writeValue(second, Refold.Fold.class));

    assertEquals(Optional.of(first), Refold.Fold.of(rows, CalculatorSchema.SCHEMA));
    assertEquals(Optional.of(second), Refold.Fold.of(rows, CalculatorSchema.SCHEMA.onLog(2)));
    assertEquals(Optional.empty(), Refold.Fold.of(rows, CalculatorSchema.SCHEMA.onLog(3)));
  }

  @Test
  void a_switch_is_due_once_and_never_back() {
    Map<String, Object> nowhere = Map.of("bootstrap.servers", "127.0.0.1:1");
    Admin admin = Admin.create(nowhere);
    try {
      LogTopics topics =
          new LogTopics(
              CalculatorSchema.SCHEMA, nowhere, admin, new GenerationRemoval(admin, directory));
      LogSwitch told =
          new LogSwitch(admin, topics, new LogGeneration(CalculatorSchema.SCHEMA, 3), "me");

      assertTrue(told.isDue(new ServingLog(1, 0, true)));
      assertTrue(told.isDue(new ServingLog(2, 1, true)));
      assertFalse(told.isDue(new ServingLog(3, 2, true)), "the flag is still given");
      assertEquals(
          "--switch-log calculator=3: generation 4 serves, and an earlier one does not come back;"
              + " leave the flag out",
          assertThrows(StartRefused.class, () -> told.isDue(new ServingLog(4, 3, true)))
              .getMessage());
    } finally {
      admin.close(Duration.ZERO);
    }
  }
}

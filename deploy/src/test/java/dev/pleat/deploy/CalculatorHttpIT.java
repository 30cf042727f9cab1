package dev.pleat.deploy;

import dev.pleat.schemas.calculator.CalculatorCommand;
import dev.pleat.schemas.calculator.CalculatorCommand.CreateValue;
import dev.pleat.schemas.calculator.CalculatorCommand.UpdateValue;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueCreated;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.topology.Scenario;
import dev.pleat.topology.calculator.CalculatorContract;
import dev.pleat.topology.calculator.CalculatorDomain;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The calculator's scenarios, the same bodies as against the functions, over HTTP. */
final class CalculatorHttpIT extends CalculatorContract {

  @TempDir static Path directory;

  private static Instance instance;

  @BeforeAll
  static void start() {
    instance =
        Instance.start(
            new Settings(
                "127.0.0.1", 0, Optional.empty(), 0, directory, 4, Optional.empty(), false, false),
            List.of(CalculatorDomain.CALCULATOR),
            line -> {});
    List<?> waiting = instance.awaitReady(Duration.ofSeconds(60));
    if (!waiting.isEmpty()) {
      throw new AssertionError("not ready: " + waiting);
    }
  }

  @AfterAll
  static void stop() {
    instance.close();
  }

  @Override
  protected Scenario<CalculatorCommand, CalculatorEvent> scenario() {
    return new HttpScenario<>(
        CalculatorSchema.SCHEMA,
        instance,
        event ->
            switch (event) {
              case ValueCreated created -> new CreateValue(created.valueId(), created.value());
              case ValueUpdated updated ->
                  new UpdateValue(updated.valueId(), updated.operation(), updated.value());
            });
  }
}

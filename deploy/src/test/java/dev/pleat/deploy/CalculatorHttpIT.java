package dev.pleat.deploy;

import dev.pleat.deploy.HttpScenario.Cause;
import dev.pleat.schemas.calculator.CalculatorCommand;
import dev.pleat.schemas.calculator.CalculatorCommand.CreateValue;
import dev.pleat.schemas.calculator.CalculatorCommand.UpdateValue;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueCreated;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.topology.Scenario;
import dev.pleat.topology.calculator.CalculatorContract;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The calculator's scenarios, the same bodies as against the functions, over HTTP. */
final class CalculatorHttpIT extends CalculatorContract {

  @TempDir static Path directory;

  private static Instance instance;

  @BeforeAll
  static void start() {
    instance = Servers.embedded(directory);
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
              case ValueCreated created ->
                  Cause.of(new CreateValue(created.valueId(), created.value()));
              case ValueUpdated updated ->
                  Cause.of(
                      new UpdateValue(updated.valueId(), updated.operation(), updated.value()));
            },
        UnaryOperator.identity());
  }
}

package dev.pleat.topology.calculator;

import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueCreated;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.CalculatorValue;
import dev.pleat.topology.Projection;
import java.util.Optional;

/** What each value is now. */
public final class CalculatorValueProjection
    implements Projection<CalculatorValue, CalculatorEvent> {

  @Override
  public Optional<CalculatorValue> project(Optional<CalculatorValue> row, CalculatorEvent event) {
    return Optional.of(
        switch (event) {
          case ValueCreated created -> new CalculatorValue(created.valueId(), created.value());
          case ValueUpdated updated -> new CalculatorValue(updated.valueId(), updated.result());
        });
  }
}

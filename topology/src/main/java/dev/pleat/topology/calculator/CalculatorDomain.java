package dev.pleat.topology.calculator;

import dev.pleat.schemas.calculator.CalculatorCommand;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.schemas.calculator.CalculatorValue;
import dev.pleat.topology.Domain;

/** The calculator: its rules and its view, bound to their names. */
public final class CalculatorDomain {

  public static final Domain<Calculator.State, CalculatorCommand, CalculatorEvent> CALCULATOR =
      Domain.of(CalculatorSchema.SCHEMA)
          .decidedBy(new Calculator(), Calculator.State.class)
          .projectedTo(
              CalculatorSchema.VALUES, CalculatorValue.class, new CalculatorValueProjection())
          .build();

  private CalculatorDomain() {}
}

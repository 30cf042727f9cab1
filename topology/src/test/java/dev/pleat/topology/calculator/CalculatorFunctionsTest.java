package dev.pleat.topology.calculator;

import dev.pleat.schemas.calculator.CalculatorCommand;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.topology.Scenario;

/** The calculator's rules as bare functions. */
class CalculatorFunctionsTest extends CalculatorContract {

  @Override
  protected Scenario<CalculatorCommand, CalculatorEvent> scenario() {
    return Scenario.ofFunctions(CalculatorDomain.CALCULATOR);
  }
}

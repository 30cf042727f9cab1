package dev.pleat.topology.calculator;

import dev.pleat.schemas.calculator.CalculatorCommand;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.topology.Scenario;

/** The calculator on its real topologies. */
class CalculatorTopologyTest extends CalculatorContract {

  @Override
  protected Scenario<CalculatorCommand, CalculatorEvent> scenario() {
    return Scenario.ofTopology(CalculatorDomain.CALCULATOR);
  }
}

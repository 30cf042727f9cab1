package dev.pleat.deploy;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.calculator.CalculatorCommand;
import dev.pleat.schemas.calculator.CalculatorCommand.UpdateValue;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.schemas.calculator.CalculatorValue;
import dev.pleat.schemas.calculator.Operation;
import dev.pleat.topology.Decider;
import dev.pleat.topology.Decision;
import dev.pleat.topology.Domain;
import dev.pleat.topology.calculator.Calculator;
import dev.pleat.topology.calculator.CalculatorValueProjection;

/** The calculator of a later release, in which multiplying by a negative number does nothing. */
final class ChangedCalculator
    implements Decider<Calculator.State, CalculatorCommand, CalculatorEvent> {
  private final Calculator calculator = new Calculator();

  static boolean isConcerned(Operation operation, double value) {
    return operation == Operation.MULTIPLY && value < 0;
  }

  static Domain<?, ?, ?> domain() {
    return Domain.of(CalculatorSchema.SCHEMA)
        .decidedBy(new ChangedCalculator(), Calculator.State.class)
        .projectedTo(
            CalculatorSchema.VALUES, CalculatorValue.class, new CalculatorValueProjection())
        .build();
  }

  @Override
  public Calculator.State initialState() {
    return calculator.initialState();
  }

  @Override
  public Decision<CalculatorEvent> decide(
      Calculator.State state, CalculatorCommand command, CommandContext context) {
    Decision<CalculatorEvent> before = calculator.decide(state, command, context);
    return before instanceof Decision.Accepted
            && command instanceof UpdateValue update
            && isConcerned(update.operation(), update.value())
        ? Decision.unchanged()
        : before;
  }

  @Override
  public Calculator.State evolve(Calculator.State state, CalculatorEvent event) {
    return calculator.evolve(state, event);
  }

  @Override
  public int stateVersion() {
    return calculator.stateVersion();
  }
}

package dev.pleat.topology.calculator;

import static dev.pleat.schemas.calculator.CalculatorSchema.RESULT_OUT_OF_RANGE;
import static dev.pleat.schemas.calculator.CalculatorSchema.VALUE_ALREADY_EXISTS;
import static dev.pleat.schemas.calculator.CalculatorSchema.VALUE_NOT_FOUND;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.calculator.CalculatorCommand;
import dev.pleat.schemas.calculator.CalculatorCommand.CreateValue;
import dev.pleat.schemas.calculator.CalculatorCommand.UpdateValue;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueCreated;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.Operation;
import dev.pleat.topology.Decider;
import dev.pleat.topology.Decision;

/** The rules of the calculator. */
public final class Calculator
    implements Decider<Calculator.State, CalculatorCommand, CalculatorEvent> {

  /** What is remembered of a value. */
  public sealed interface State {}

  /** It was never created. */
  public record Absent() implements State {}

  /** It is this number. */
  public record Holding(double value) implements State {}

  @Override
  public State initialState() {
    return new Absent();
  }

  @Override
  public Decision<CalculatorEvent> decide(
      State state, CalculatorCommand command, CommandContext context) {
    return switch (command) {
      case CreateValue create ->
          switch (state) {
            case Absent absent ->
                Decision.accept(new ValueCreated(create.valueId(), withoutSign(create.value())));
            case Holding holding ->
                Decision.reject(
                    VALUE_ALREADY_EXISTS, "value " + create.valueId() + " already exists");
          };
      case UpdateValue update ->
          switch (state) {
            case Absent absent ->
                Decision.reject(VALUE_NOT_FOUND, "value " + update.valueId() + " does not exist");
            case Holding holding -> update(update, holding.value());
          };
    };
  }

  private static Decision<CalculatorEvent> update(UpdateValue update, double present) {
    double operand = withoutSign(update.value());
    double result = withoutSign(calculate(update.operation(), present, operand));
    if (!Double.isFinite(result)) {
      return Decision.reject(
          RESULT_OUT_OF_RANGE,
          "the result would be beyond the largest double, 1.7976931348623157E308");
    }
    return result == present
        ? Decision.unchanged()
        : Decision.accept(new ValueUpdated(update.valueId(), update.operation(), operand, result));
  }

  private static double calculate(Operation operation, double present, double operand) {
    return switch (operation) {
      case ADD -> present + operand;
      case MULTIPLY -> present * operand;
    };
  }

  /** A zero is a zero: -0.0 is kept as 0.0. */
  private static double withoutSign(double number) {
    return number + 0.0;
  }

  @Override
  public State evolve(State state, CalculatorEvent event) {
    return switch (event) {
      case ValueCreated created -> new Holding(created.value());
      case ValueUpdated updated -> new Holding(updated.result());
    };
  }

  @Override
  public int stateVersion() {
    return 1;
  }
}

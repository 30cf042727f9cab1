package dev.pleat.schemas.calculator;

/** What can be asked of the calculator. Numbers are finite IEEE 754 doubles. */
public sealed interface CalculatorCommand {

  /** Begin a value that does not exist yet. */
  record CreateValue(String valueId, double value) implements CalculatorCommand {}

  /** Combine an existing value with an operand. */
  record UpdateValue(String valueId, Operation operation, double value)
      implements CalculatorCommand {}
}

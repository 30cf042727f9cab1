package dev.pleat.schemas.calculator;

/** What can have happened to a value. */
public sealed interface CalculatorEvent {

  /** The value exists from here on. */
  record ValueCreated(String valueId, double value) implements CalculatorEvent {}

  /**
   * The value changed. Operand and result are both kept, so that folding only assigns and cannot
   * fail or change its meaning when the arithmetic does.
   *
   * @param value the operand
   * @param result what the value is from here on
   */
  record ValueUpdated(String valueId, Operation operation, double value, double result)
      implements CalculatorEvent {}
}

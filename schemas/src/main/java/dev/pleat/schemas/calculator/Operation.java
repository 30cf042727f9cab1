package dev.pleat.schemas.calculator;

/** How an operand is combined with a value. */
public enum Operation {
  ADD,
  MULTIPLY
}

package dev.pleat.schemas.calculator;

/** A row of the calculator's view: what a value is now. */
public record CalculatorValue(String valueId, double value) {}

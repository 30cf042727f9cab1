package dev.pleat.schemas.calculator;

/** A row of the view {@code values}: what a value is now. */
public record CalculatorValue(String valueId, double value) {}

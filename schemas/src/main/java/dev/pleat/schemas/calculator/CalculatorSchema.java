package dev.pleat.schemas.calculator;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.calculator.CalculatorCommand.CreateValue;
import dev.pleat.schemas.calculator.CalculatorCommand.UpdateValue;

/** What can be said to the calculator and asked of it. */
public final class CalculatorSchema {

  public static final String VALUE_ALREADY_EXISTS = "value-already-exists";
  public static final String VALUE_NOT_FOUND = "value-not-found";
  public static final String RESULT_OUT_OF_RANGE = "result-out-of-range";

  /** The view of all values, by their id. */
  public static final String VALUES = "values";

  public static final DomainSchema<CalculatorCommand, CalculatorEvent> SCHEMA =
      DomainSchema.of("calculator", CalculatorCommand.class, CalculatorEvent.class)
          .identifiedBy("value-id", IdFormat.UUID)
          .action(CreateValue.class, VALUE_ALREADY_EXISTS)
          .action(UpdateValue.class, VALUE_NOT_FOUND, RESULT_OUT_OF_RANGE)
          .view(VALUES, CalculatorValue.class)
          .creates("/values", CreateValue.class)
          .updates("/values/{value-id}", UpdateValue.class)
          .reads("/values/{value-id}", VALUES)
          .build();

  private CalculatorSchema() {}
}

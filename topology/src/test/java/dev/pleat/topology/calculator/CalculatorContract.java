package dev.pleat.topology.calculator;

import static dev.pleat.schemas.calculator.CalculatorSchema.RESULT_OUT_OF_RANGE;
import static dev.pleat.schemas.calculator.CalculatorSchema.VALUES;
import static dev.pleat.schemas.calculator.CalculatorSchema.VALUE_ALREADY_EXISTS;
import static dev.pleat.schemas.calculator.CalculatorSchema.VALUE_NOT_FOUND;
import static dev.pleat.schemas.calculator.Operation.ADD;
import static dev.pleat.schemas.calculator.Operation.MULTIPLY;

import dev.pleat.schemas.calculator.CalculatorCommand;
import dev.pleat.schemas.calculator.CalculatorCommand.CreateValue;
import dev.pleat.schemas.calculator.CalculatorCommand.UpdateValue;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueCreated;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.CalculatorValue;
import dev.pleat.topology.Scenario;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What the calculator does, whatever it runs on: every command in every state. A subclass says what
 * it runs on.
 */
@SuppressWarnings("this-escape") // a subclass's scenario needs nothing of the subclass
public abstract class CalculatorContract {

  @RegisterExtension final Scenario<CalculatorCommand, CalculatorEvent> calculator = scenario();

  /** A value of its own for each test, so that tests may share a broker. */
  private final String id = UUID.randomUUID().toString();

  /** Where a test has two scenarios: each is about a value of its own. */
  private final String other = UUID.randomUUID().toString();

  /** What the scenarios run on. */
  protected abstract Scenario<CalculatorCommand, CalculatorEvent> scenario();

  @Test
  void creates_a_value() {
    calculator
        .given()
        .when(new CreateValue(id, 3))
        .then(new ValueCreated(id, 3))
        .andRow(VALUES, new CalculatorValue(id, 3));
  }

  @Test
  void creates_a_zero_without_a_sign() {
    calculator
        .given()
        .when(new CreateValue(id, -0.0))
        .then(new ValueCreated(id, 0.0))
        .andRow(VALUES, new CalculatorValue(id, 0.0));
  }

  @Test
  void refuses_to_create_a_value_twice() {
    calculator
        .given(new ValueCreated(id, 3))
        .when(new CreateValue(id, 4))
        .thenRejected(VALUE_ALREADY_EXISTS)
        .andRow(VALUES, new CalculatorValue(id, 3));
  }

  @Test
  void refuses_to_create_the_same_value_twice() {
    calculator
        .given(new ValueCreated(id, 3))
        .when(new CreateValue(id, 3))
        .thenRejected(VALUE_ALREADY_EXISTS);
  }

  @Test
  void refuses_to_update_a_value_never_created() {
    calculator
        .given()
        .when(new UpdateValue(id, MULTIPLY, 3))
        .thenRejected(VALUE_NOT_FOUND)
        .andNoRow(VALUES);
    calculator.given().when(new UpdateValue(other, ADD, 0)).thenRejected(VALUE_NOT_FOUND);
  }

  @Test
  void adds_to_the_value_it_holds() {
    calculator
        .given(new ValueCreated(id, 2))
        .when(new UpdateValue(id, ADD, 3))
        .then(new ValueUpdated(id, ADD, 3, 5))
        .andRow(VALUES, new CalculatorValue(id, 5));
  }

  @Test
  void multiplies_the_value_it_holds() {
    calculator
        .given(new ValueCreated(id, 2), new ValueUpdated(id, ADD, 1, 3))
        .when(new UpdateValue(id, MULTIPLY, -3))
        .then(new ValueUpdated(id, MULTIPLY, -3, -9))
        .andRow(VALUES, new CalculatorValue(id, -9));
  }

  @Test
  void holds_a_zero_without_a_sign() {
    calculator
        .given(new ValueCreated(id, 5))
        .when(new UpdateValue(id, MULTIPLY, -0.0))
        .then(new ValueUpdated(id, MULTIPLY, 0.0, 0.0))
        .andRow(VALUES, new CalculatorValue(id, 0.0));
  }

  @Test
  void holds_a_zero_without_a_sign_when_a_negative_number_vanishes() {
    calculator
        .given(new ValueCreated(id, -Double.MIN_VALUE))
        .when(new UpdateValue(id, MULTIPLY, 0.1))
        .then(new ValueUpdated(id, MULTIPLY, 0.1, 0.0));
  }

  @Test
  void changes_nothing_by_adding_nothing() {
    calculator
        .given(new ValueCreated(id, 2))
        .when(new UpdateValue(id, ADD, 0))
        .thenUnchanged()
        .andRow(VALUES, new CalculatorValue(id, 2));
    calculator
        .given(new ValueCreated(other, 0))
        .when(new UpdateValue(other, ADD, -0.0))
        .thenUnchanged();
  }

  @Test
  void changes_nothing_by_multiplying_by_one() {
    calculator
        .given(new ValueCreated(id, 2))
        .when(new UpdateValue(id, MULTIPLY, 1))
        .thenUnchanged();
  }

  @Test
  void changes_nothing_by_multiplying_nothing() {
    calculator
        .given(new ValueCreated(id, 0))
        .when(new UpdateValue(id, MULTIPLY, 5))
        .thenUnchanged();
    calculator
        .given(new ValueCreated(other, 0))
        .when(new UpdateValue(other, MULTIPLY, -5))
        .thenUnchanged();
  }

  @Test
  void changes_nothing_by_adding_what_is_lost_in_rounding() {
    calculator
        .given(new ValueCreated(id, 1e300))
        .when(new UpdateValue(id, ADD, 1))
        .thenUnchanged()
        .andRow(VALUES, new CalculatorValue(id, 1e300));
  }

  @Test
  void refuses_a_result_beyond_the_largest_double() {
    calculator
        .given(new ValueCreated(id, Double.MAX_VALUE))
        .when(new UpdateValue(id, ADD, Double.MAX_VALUE))
        .thenRejected(RESULT_OUT_OF_RANGE)
        .andRow(VALUES, new CalculatorValue(id, Double.MAX_VALUE));
    calculator
        .given(new ValueCreated(other, 1e200))
        .when(new UpdateValue(other, MULTIPLY, -1e200))
        .thenRejected(RESULT_OUT_OF_RANGE);
  }

  @Test
  void holds_the_largest_and_the_smallest_double() {
    calculator
        .given(new ValueCreated(id, 1))
        .when(new UpdateValue(id, MULTIPLY, Double.MAX_VALUE))
        .then(new ValueUpdated(id, MULTIPLY, Double.MAX_VALUE, Double.MAX_VALUE))
        .andRow(VALUES, new CalculatorValue(id, Double.MAX_VALUE));
    calculator
        .given()
        .when(new CreateValue(other, Double.MIN_VALUE))
        .then(new ValueCreated(other, Double.MIN_VALUE))
        .andRow(VALUES, new CalculatorValue(other, Double.MIN_VALUE));
  }

  @Test
  void decides_a_command_that_expects_the_present_version() {
    calculator
        .given(new ValueCreated(id, 2), new ValueUpdated(id, ADD, 1, 3))
        .expecting(2)
        .when(new UpdateValue(id, ADD, 3))
        .then(new ValueUpdated(id, ADD, 3, 6));
  }

  @Test
  void refuses_a_command_that_expects_another_version() {
    calculator
        .given(new ValueCreated(id, 2), new ValueUpdated(id, ADD, 1, 3))
        .expecting(1)
        .when(new UpdateValue(id, ADD, 3))
        .thenRejected("version-conflict")
        .andRow(VALUES, new CalculatorValue(id, 3));
  }

  @Test
  void lets_anybody_calculate() {
    calculator
        .given(new ValueCreated(id, 2))
        .by("anybody")
        .when(new UpdateValue(id, ADD, 3))
        .then(new ValueUpdated(id, ADD, 3, 5));
  }
}

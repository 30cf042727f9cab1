package dev.pleat.topology;

import static dev.pleat.schemas.calculator.CalculatorSchema.VALUES;
import static dev.pleat.schemas.calculator.CalculatorSchema.VALUE_NOT_FOUND;
import static dev.pleat.schemas.calculator.Operation.ADD;
import static dev.pleat.topology.calculator.CalculatorDomain.CALCULATOR;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.calculator.CalculatorCommand;
import dev.pleat.schemas.calculator.CalculatorCommand.CreateValue;
import dev.pleat.schemas.calculator.CalculatorCommand.UpdateValue;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueCreated;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.schemas.calculator.CalculatorValue;
import dev.pleat.topology.calculator.Calculator;
import dev.pleat.topology.calculator.CalculatorValueProjection;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A scenario fails when it should, and says what was expected of what. */
class ScenarioTest {

  private static final String ID = "d35e95f5-2a7a-4c31-8d28-2eb92643a154";
  private static final ValueCreated TWO = new ValueCreated(ID, 2);
  private static final CreateValue TWO_TO_BE = new CreateValue(ID, 2);
  private static final UpdateValue ADD_3 = new UpdateValue(ID, ADD, 3);
  private static final ValueUpdated FIVE = new ValueUpdated(ID, ADD, 3, 5);

  static Stream<Named<Scenario<CalculatorCommand, CalculatorEvent>>> heights() {
    return Stream.of(
        Named.of("functions", Scenario.ofFunctions(CALCULATOR)),
        Named.of("topology", Scenario.ofTopology(CALCULATOR)));
  }

  @ParameterizedTest
  @MethodSource("heights")
  void fails_on_another_event(Scenario<CalculatorCommand, CalculatorEvent> calculator) {
    assertFails(
        "given [ValueCreated[valueId=%s, value=2.0]] when UpdateValue[valueId=%s, operation=ADD,"
                .formatted(ID, ID)
            + " value=3.0]",
        () -> calculator.given(TWO).when(ADD_3).then(new ValueUpdated(ID, ADD, 3, 6)));
    assertFails("result=5.0", () -> calculator.given(TWO).when(ADD_3).then(FIVE, FIVE));
  }

  @ParameterizedTest
  @MethodSource("heights")
  void fails_on_another_verdict(Scenario<CalculatorCommand, CalculatorEvent> calculator) {
    assertFails("unchanged", () -> calculator.given(TWO).when(ADD_3).thenUnchanged());
    assertFails("accepted", () -> calculator.given(TWO).when(ADD_3).thenRejected(VALUE_NOT_FOUND));
    assertFails("value-not-found", () -> calculator.given().when(ADD_3).then(FIVE));
    assertFails("value-not-found", () -> calculator.given().when(ADD_3).thenRejected("no"));
    assertFails("does not exist)", () -> calculator.given().when(ADD_3).thenRejected("no"));
  }

  @ParameterizedTest
  @MethodSource("heights")
  void fails_on_another_row(Scenario<CalculatorCommand, CalculatorEvent> calculator) {
    assertFails(
        "the row in the view values",
        () ->
            calculator
                .given(TWO)
                .when(ADD_3)
                .then(FIVE)
                .andRow(VALUES, new CalculatorValue(ID, 6)));
    assertFails("version=2", () -> calculator.given(TWO).when(ADD_3).then(FIVE).andNoRow(VALUES));
    assertFails(
        "Optional.empty",
        () ->
            calculator
                .given()
                .when(ADD_3)
                .thenRejected(VALUE_NOT_FOUND)
                .andRow(VALUES, new CalculatorValue(ID, 6)));
  }

  @ParameterizedTest
  @MethodSource("heights")
  void holds_commands_to_their_schema(Scenario<CalculatorCommand, CalculatorEvent> calculator) {
    calculator.given().when(new CreateValue("not-a-uuid", 3)).thenRejected("schema-mismatch");
  }

  @ParameterizedTest
  @MethodSource("heights")
  void knows_nothing_of_the_scenario_before(
      Scenario<CalculatorCommand, CalculatorEvent> calculator) {
    calculator.given(TWO).when(ADD_3).then(FIVE);
    calculator.given().when(ADD_3).thenRejected(VALUE_NOT_FOUND).andNoRow(VALUES);
    calculator.given(TWO).when(ADD_3).then(FIVE).andRow(VALUES, new CalculatorValue(ID, 5));
  }

  @ParameterizedTest
  @MethodSource("heights")
  void wants_to_know_what_it_is_told(Scenario<CalculatorCommand, CalculatorEvent> calculator) {
    assertThrows(IllegalArgumentException.class, () -> calculator.given(TWO).when(ADD_3).then());
    assertThrows(
        IllegalArgumentException.class,
        () -> calculator.given(TWO).when(ADD_3).then(FIVE).andNoRow("sums"));
  }

  @Test
  void fails_on_an_event_about_another_aggregate() {
    String other = "00000000-2a7a-4c31-8d28-2eb92643a154";
    assertFails(
        "about another aggregate",
        () ->
            Scenario.ofFunctions(decidedBy((state, command) -> created(other)))
                .given()
                .when(TWO_TO_BE));
    assertFails(
        "about another aggregate",
        () -> Scenario.ofFunctions(CALCULATOR).given(new ValueCreated(other, 2)).when(ADD_3));
  }

  @Test
  void shows_why_the_rules_failed() {
    Scenario<CalculatorCommand, CalculatorEvent> failing =
        Scenario.ofTopology(
            decidedBy(
                (state, command) -> {
                  throw new IllegalStateException("a defect in the rules");
                }));

    AssertionError failure =
        assertThrows(AssertionError.class, () -> failing.given().when(TWO_TO_BE));

    assertEquals("a defect in the rules", failure.getCause().getMessage());
  }

  private static Decision<CalculatorEvent> created(String id) {
    return Decision.accept(new ValueCreated(id, 2));
  }

  private static Domain<Calculator.State, CalculatorCommand, CalculatorEvent> decidedBy(
      BiFunction<Calculator.State, CalculatorCommand, Decision<CalculatorEvent>> rules) {
    Calculator calculator = new Calculator();
    return Domain.of(CalculatorSchema.SCHEMA)
        .decidedBy(
            new Decider<Calculator.State, CalculatorCommand, CalculatorEvent>() {
              @Override
              public Calculator.State initialState() {
                return calculator.initialState();
              }

              @Override
              public Decision<CalculatorEvent> decide(
                  Calculator.State state, CalculatorCommand command, CommandContext context) {
                return rules.apply(state, command);
              }

              @Override
              public Calculator.State evolve(Calculator.State state, CalculatorEvent event) {
                return calculator.evolve(state, event);
              }

              @Override
              public int stateVersion() {
                return calculator.stateVersion();
              }
            },
            Calculator.State.class)
        .projectedTo(VALUES, CalculatorValue.class, new CalculatorValueProjection())
        .build();
  }

  private static void assertFails(String saying, Executable scenario) {
    AssertionError failure = assertThrows(AssertionError.class, scenario);
    assertTrue(failure.getMessage().contains(saying), failure.getMessage());
  }
}

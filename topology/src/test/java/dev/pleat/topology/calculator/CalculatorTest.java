package dev.pleat.topology.calculator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.calculator.CalculatorCommand;
import dev.pleat.schemas.calculator.CalculatorCommand.CreateValue;
import dev.pleat.schemas.calculator.CalculatorCommand.UpdateValue;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.calculator.CalculatorValue;
import dev.pleat.schemas.calculator.Operation;
import dev.pleat.topology.Decision;
import dev.pleat.topology.calculator.Calculator.Absent;
import dev.pleat.topology.calculator.Calculator.Holding;
import java.time.Instant;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The calculator against a plain model of it, on random commands. */
class CalculatorTest {

  private static final String ID = "d35e95f5-2a7a-4c31-8d28-2eb92643a154";
  private static final double[] INTERESTING = {
    0.0,
    -0.0,
    1,
    -1,
    0.1,
    1e300,
    -1e300,
    1e-300,
    Double.MAX_VALUE,
    -Double.MAX_VALUE,
    Double.MIN_VALUE,
    -Double.MIN_VALUE,
    0x1p-1022,
    9007199254740993.0
  };

  private final Calculator calculator = new Calculator();

  @Test
  void begins_with_nothing() {
    assertEquals(new Absent(), calculator.initialState());
  }

  @Test
  void folds_its_events_to_what_a_model_holds() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    for (int run = 0; run < 2_000; run++) {
      Calculator.State state = calculator.initialState();
      Optional<CalculatorValue> row = Optional.empty();
      Optional<Double> model = Optional.empty();
      for (int step = 0; step < 20; step++) {
        CalculatorCommand command = command(random);
        String shown = "seed " + seed + ", " + model + ", " + command;
        Optional<Double> after = model(model, command);

        switch (calculator.decide(state, command, context())) {
          case Decision.Accepted<CalculatorEvent> accepted -> {
            assertEquals(1, accepted.events().size(), shown);
            CalculatorEvent event = accepted.events().getFirst();
            state = calculator.evolve(state, event);
            row = new CalculatorValueProjection().project(row, event);
            assertTrue(after.isPresent() && !after.equals(model), shown);
          }
          case Decision.Unchanged<CalculatorEvent> unchanged -> {
            assertInstanceOf(UpdateValue.class, command, shown);
            assertTrue(model.isPresent(), shown);
            assertEquals(model, after, shown);
          }
          case Decision.Rejected<CalculatorEvent> rejected -> assertEquals(model, after, shown);
        }

        model = after;
        assertEquals(model.<Calculator.State>map(Holding::new).orElse(new Absent()), state, shown);
        assertEquals(model.map(value -> new CalculatorValue(ID, value)), row, shown);
      }
    }
  }

  /** What a value is after a command: the arithmetic of doubles, without signed zeros. */
  private static Optional<Double> model(Optional<Double> before, CalculatorCommand command) {
    return switch (command) {
      case CreateValue create ->
          before.isPresent() ? before : Optional.of(unsigned(create.value()));
      case UpdateValue update -> {
        if (before.isEmpty()) {
          yield before;
        }
        double result =
            update.operation() == Operation.ADD
                ? before.get() + update.value()
                : before.get() * update.value();
        yield Double.isInfinite(result) ? before : Optional.of(unsigned(result));
      }
    };
  }

  private static double unsigned(double number) {
    return number == 0 ? 0.0 : number;
  }

  private static CalculatorCommand command(SplittableRandom random) {
    double number =
        random.nextBoolean()
            ? INTERESTING[random.nextInt(INTERESTING.length)]
            : random.nextInt(-5, 6);
    Operation operation = Operation.values()[random.nextInt(Operation.values().length)];
    return random.nextInt(5) == 0
        ? new CreateValue(ID, number)
        : new UpdateValue(ID, operation, number);
  }

  private static CommandContext context() {
    return new CommandContext("calculator", ID, new UUID(0, 0), Instant.EPOCH, Optional.empty());
  }
}

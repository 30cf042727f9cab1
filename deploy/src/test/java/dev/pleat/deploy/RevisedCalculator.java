package dev.pleat.deploy;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.calculator.CalculatorCommand;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueCreated;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.schemas.calculator.CalculatorValue;
import dev.pleat.topology.Decider;
import dev.pleat.topology.Decision;
import dev.pleat.topology.Domain;
import dev.pleat.topology.calculator.Calculator;
import dev.pleat.topology.calculator.CalculatorValueProjection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine;

/**
 * The calculator of a later release, whose values count a thousand more for each of their events:
 * what it decides tells which rules the state was folded by.
 *
 * @param slowness how long each event takes to fold
 */
record RevisedCalculator(int stateVersion, Duration slowness)
    implements Decider<RevisedCalculator.Counted, CalculatorCommand, CalculatorEvent> {

  static final int PER_EVENT = 1_000;

  /** What is remembered of a value; another record than the calculator's own. */
  record Counted(boolean exists, double value, int events) {}

  static Domain<?, ?, ?> domain(int stateVersion, Duration slowness) {
    return Domain.of(CalculatorSchema.SCHEMA)
        .decidedBy(new RevisedCalculator(stateVersion, slowness), Counted.class)
        .projectedTo(
            CalculatorSchema.VALUES, CalculatorValue.class, new CalculatorValueProjection())
        .build();
  }

  static Domain<?, ?, ?> domain() {
    return domain(2, Duration.ZERO);
  }

  @Override
  public Counted initialState() {
    return new Counted(false, 0, 0);
  }

  @Override
  public Decision<CalculatorEvent> decide(
      Counted state, CalculatorCommand command, CommandContext context) {
    Calculator.State before =
        state.exists()
            ? new Calculator.Holding(state.value() + (double) PER_EVENT * state.events())
            : new Calculator.Absent();
    return new Calculator().decide(before, command, context);
  }

  @Override
  public Counted evolve(Counted state, CalculatorEvent event) {
    LockSupport.parkNanos(slowness.toNanos());
    double value =
        switch (event) {
          case ValueCreated created -> created.value();
          case ValueUpdated updated -> updated.result();
        };
    return new Counted(true, value, state.events() + 1);
  }

  /** In a JVM of its own, to be killed: {@code serve} of this domain, slow to fold. */
  public static void main(String[] arguments) throws InterruptedException {
    Settings settings =
        Settings.of(
            new CommandLine(Main.spec(Map.of())).parseArgs(arguments).subcommand(), Map.of());
    Instance instance =
        Instance.start(
            settings,
            List.of(domain(2, Duration.ofMillis(2))),
            line -> System.err.println("pleat: " + line));
    System.out.println(Welcome.text(instance.url(), instance.bootstrapServers(), settings));
    System.out.flush();
    new CountDownLatch(1).await();
  }
}

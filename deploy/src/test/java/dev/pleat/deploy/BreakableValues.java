package dev.pleat.deploy;

import dev.pleat.schemas.calculator.CalculatorCommand;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.schemas.calculator.CalculatorValue;
import dev.pleat.topology.Domain;
import dev.pleat.topology.calculator.Calculator;
import dev.pleat.topology.calculator.CalculatorValueProjection;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The calculator with a view that fails on the values a test has broken, until it mends them. Safe
 * for use by many threads.
 */
final class BreakableValues {

  private final CalculatorValueProjection projection = new CalculatorValueProjection();
  private final Set<String> broken = ConcurrentHashMap.newKeySet();
  private final AtomicInteger failures = new AtomicInteger();

  Domain<Calculator.State, CalculatorCommand, CalculatorEvent> domain() {
    return Domain.of(CalculatorSchema.SCHEMA)
        .decidedBy(new Calculator(), Calculator.State.class)
        .projectedTo(CalculatorSchema.VALUES, CalculatorValue.class, this::project)
        .build();
  }

  private Optional<CalculatorValue> project(Optional<CalculatorValue> row, CalculatorEvent event) {
    Optional<CalculatorValue> after = projection.project(row, event);
    if (after.isPresent() && broken.contains(after.get().valueId())) {
      failures.incrementAndGet();
      throw new IllegalStateException("broken for now");
    }
    return after;
  }

  /** The view fails on this value from now on. */
  void breakOn(String valueId) {
    broken.add(valueId);
  }

  /** The view fails on none any more. */
  void mend() {
    broken.clear();
  }

  /** How often it has failed so far. */
  int failures() {
    return failures.get();
  }
}

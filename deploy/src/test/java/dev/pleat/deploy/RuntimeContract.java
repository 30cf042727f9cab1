package dev.pleat.deploy;

import dev.pleat.schemas.calculator.CalculatorCommand;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.customers.CustomerCommand;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.schemas.prices.PriceCommand;
import dev.pleat.schemas.prices.PriceEvent;
import dev.pleat.schemas.products.ProductCommand;
import dev.pleat.schemas.products.ProductEvent;
import dev.pleat.topology.Domain;
import dev.pleat.topology.Scenario;
import dev.pleat.topology.calculator.CalculatorContract;
import dev.pleat.topology.calculator.CalculatorDomain;
import dev.pleat.topology.catalogue.CatalogueDomain;
import dev.pleat.topology.customers.CustomerDomain;
import dev.pleat.topology.customers.CustomersContract;
import dev.pleat.topology.prices.PriceDomain;
import dev.pleat.topology.prices.PricesContract;
import dev.pleat.topology.products.ProductDomain;
import dev.pleat.topology.products.ProductsContract;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/**
 * What every runtime does, over HTTP: the scenarios of the sample domains, the same bodies as
 * against the bare functions, and what is promised around them ({@link HttpPromises}). A subclass
 * says what it runs on; that is started once.
 */
@TestInstance(Lifecycle.PER_CLASS)
abstract class RuntimeContract extends HttpPromises {

  /** The domains that every runtime serves. */
  static final List<Domain<?, ?, ?>> DOMAINS =
      List.of(
          CalculatorDomain.CALCULATOR,
          CustomerDomain.CUSTOMERS,
          ProductDomain.PRODUCTS,
          PriceDomain.PRICES,
          CatalogueDomain.CATALOGUE);

  private ServedRuntime runtime;

  /**
   * Starts the runtime with {@link #DOMAINS}.
   *
   * @param directory an empty one, for what it keeps
   */
  abstract ServedRuntime open(Path directory);

  @BeforeAll
  final void start(@TempDir Path directory) {
    runtime = open(directory);
    begin(runtime);
  }

  @AfterAll
  final void stop() {
    end();
    runtime.close();
  }

  @Nested
  final class Calculator extends CalculatorContract {
    @Override
    protected Scenario<CalculatorCommand, CalculatorEvent> scenario() {
      return Scenarios.calculator(runtime);
    }
  }

  @Nested
  final class Customers extends CustomersContract {
    @Override
    protected Scenario<CustomerCommand, CustomerEvent> scenario() {
      return Scenarios.customers(runtime);
    }
  }

  @Nested
  final class Products extends ProductsContract {
    @Override
    protected Scenario<ProductCommand, ProductEvent> scenario() {
      return Scenarios.products(runtime);
    }
  }

  @Nested
  final class Prices extends PricesContract {
    @Override
    protected Scenario<PriceCommand, PriceEvent> scenario() {
      return Scenarios.prices(runtime);
    }
  }
}

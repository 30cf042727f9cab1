package dev.pleat.deploy;

import dev.pleat.deploy.HttpScenario.Cause;
import dev.pleat.schemas.prices.PriceCommand;
import dev.pleat.schemas.prices.PriceCommand.SetPrice;
import dev.pleat.schemas.prices.PriceEvent;
import dev.pleat.schemas.prices.PriceEvent.PriceSet;
import dev.pleat.schemas.prices.PriceSchema;
import dev.pleat.topology.Scenario;
import dev.pleat.topology.prices.PriceDomain;
import dev.pleat.topology.prices.PricesContract;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The prices' scenarios, the same bodies as against the functions, over HTTP. */
final class PricesHttpIT extends PricesContract {

  @TempDir static Path directory;

  private static Instance instance;

  @BeforeAll
  static void start() {
    instance = Servers.embedded(directory, PriceDomain.PRICES);
  }

  @AfterAll
  static void stop() {
    instance.close();
  }

  @Override
  protected Scenario<PriceCommand, PriceEvent> scenario() {
    return new HttpScenario<>(
        PriceSchema.SCHEMA,
        instance,
        event ->
            switch (event) {
              case PriceSet set ->
                  Cause.of(
                      new SetPrice(
                          set.productId(),
                          set.amount(),
                          set.currency(),
                          set.validFrom(),
                          set.validUntil()));
            },
        UnaryOperator.identity());
  }
}

package dev.pleat.deploy;

import dev.pleat.deploy.HttpScenario.Cause;
import dev.pleat.schemas.products.ProductCommand;
import dev.pleat.schemas.products.ProductCommand.AddProduct;
import dev.pleat.schemas.products.ProductCommand.DescribeProduct;
import dev.pleat.schemas.products.ProductCommand.DiscontinueProduct;
import dev.pleat.schemas.products.ProductEvent;
import dev.pleat.schemas.products.ProductEvent.ProductAdded;
import dev.pleat.schemas.products.ProductEvent.ProductDescribed;
import dev.pleat.schemas.products.ProductEvent.ProductDiscontinued;
import dev.pleat.schemas.products.ProductSchema;
import dev.pleat.topology.Scenario;
import dev.pleat.topology.products.ProductDomain;
import dev.pleat.topology.products.ProductsContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The products' scenarios, the same bodies as against the functions, over HTTP. */
final class ProductsHttpIT extends ProductsContract {

  @TempDir static Path directory;

  private static Instance instance;

  @BeforeAll
  static void start() {
    instance = Servers.embedded(directory, ProductDomain.PRODUCTS);
  }

  @AfterAll
  static void stop() {
    instance.close();
  }

  @Override
  protected Scenario<ProductCommand, ProductEvent> scenario() {
    return new HttpScenario<>(
        ProductSchema.SCHEMA,
        instance,
        event ->
            Cause.of(
                switch (event) {
                  case ProductAdded added ->
                      new AddProduct(
                          added.productId(), added.name(), added.category(), added.description());
                  case ProductDescribed described ->
                      new DescribeProduct(
                          described.productId(),
                          described.name(),
                          described.category(),
                          described.description());
                  case ProductDiscontinued discontinued ->
                      new DiscontinueProduct(discontinued.productId());
                }),
        ProductsHttpIT::foretold);
  }

  /** When a product was added, only the log knows. */
  private static Record foretold(Record record) {
    return record instanceof ProductAdded added
        ? new ProductAdded(
            added.productId(), added.name(), added.category(), added.description(), Scenario.TIME)
        : record;
  }
}

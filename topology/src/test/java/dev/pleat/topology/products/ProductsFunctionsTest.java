package dev.pleat.topology.products;

import dev.pleat.schemas.products.ProductCommand;
import dev.pleat.schemas.products.ProductEvent;
import dev.pleat.topology.Scenario;

/** The rules of products as bare functions. */
class ProductsFunctionsTest extends ProductsContract {

  @Override
  protected Scenario<ProductCommand, ProductEvent> scenario() {
    return Scenario.ofFunctions(ProductDomain.PRODUCTS);
  }
}

package dev.pleat.topology.products;

import dev.pleat.schemas.products.ProductCommand;
import dev.pleat.schemas.products.ProductEvent;
import dev.pleat.topology.Scenario;

/** The products on their real topologies. */
class ProductsTopologyTest extends ProductsContract {

  @Override
  protected Scenario<ProductCommand, ProductEvent> scenario() {
    return Scenario.ofTopology(ProductDomain.PRODUCTS);
  }
}

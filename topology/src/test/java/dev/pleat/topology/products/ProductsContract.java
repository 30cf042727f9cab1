package dev.pleat.topology.products;

import static dev.pleat.schemas.products.ProductSchema.NAME_REQUIRED;
import static dev.pleat.schemas.products.ProductSchema.PRODUCT_ALREADY_EXISTS;
import static dev.pleat.schemas.products.ProductSchema.PRODUCT_DISCONTINUED;
import static dev.pleat.schemas.products.ProductSchema.PRODUCT_NOT_FOUND;

import dev.pleat.schemas.products.ProductCommand;
import dev.pleat.schemas.products.ProductCommand.AddProduct;
import dev.pleat.schemas.products.ProductCommand.DescribeProduct;
import dev.pleat.schemas.products.ProductCommand.DiscontinueProduct;
import dev.pleat.schemas.products.ProductEvent;
import dev.pleat.schemas.products.ProductEvent.ProductAdded;
import dev.pleat.schemas.products.ProductEvent.ProductDescribed;
import dev.pleat.schemas.products.ProductEvent.ProductDiscontinued;
import dev.pleat.topology.Scenario;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What happens to products, whatever it runs on: every command in every state. A subclass says what
 * it runs on.
 */
@SuppressWarnings("this-escape") // a subclass's scenario needs nothing of the subclass
public abstract class ProductsContract {

  @RegisterExtension final Scenario<ProductCommand, ProductEvent> products = scenario();

  /** A product of its own for each test, so that tests may share a broker. */
  private final String id = UUID.randomUUID().toString();

  private final ProductAdded added =
      new ProductAdded(id, "kettle", "kitchen", "boils water", Scenario.TIME);

  /** What the scenarios run on. */
  protected abstract Scenario<ProductCommand, ProductEvent> scenario();

  @Test
  void adds_a_product() {
    products.given().when(new AddProduct(id, "kettle", "kitchen", "boils water")).then(added);
  }

  @Test
  void adds_no_product_without_a_name() {
    products
        .given()
        .when(new AddProduct(id, " ", "kitchen", "boils water"))
        .thenRejected(NAME_REQUIRED);
  }

  @Test
  void adds_no_product_twice() {
    products
        .given(added)
        .when(new AddProduct(id, "pot", "kitchen", "holds water"))
        .thenRejected(PRODUCT_ALREADY_EXISTS);
  }

  @Test
  void adds_no_product_again_that_was_discontinued() {
    products
        .given(added, new ProductDiscontinued(id))
        .when(new AddProduct(id, "kettle", "kitchen", "boils water"))
        .thenRejected(PRODUCT_DISCONTINUED);
  }

  @Test
  void describes_a_product_anew() {
    products
        .given(added)
        .when(new DescribeProduct(id, "kettle", "tea", "boils water fast"))
        .then(new ProductDescribed(id, "kettle", "tea", "boils water fast"));
  }

  @Test
  void changes_nothing_by_saying_the_same() {
    products
        .given(added)
        .when(new DescribeProduct(id, "kettle", "kitchen", "boils water"))
        .thenUnchanged();
    String other = UUID.randomUUID().toString();
    products
        .given(
            new ProductAdded(other, "kettle", "kitchen", "boils water", Scenario.TIME),
            new ProductDescribed(other, "kettle", "tea", "boils water fast"))
        .when(new DescribeProduct(other, "kettle", "tea", "boils water fast"))
        .thenUnchanged();
  }

  @Test
  void takes_no_name_away() {
    products
        .given(added)
        .when(new DescribeProduct(id, "", "kitchen", "boils water"))
        .thenRejected(NAME_REQUIRED);
  }

  @Test
  void describes_no_product_that_was_never_added() {
    products
        .given()
        .when(new DescribeProduct(id, "kettle", "kitchen", "boils water"))
        .thenRejected(PRODUCT_NOT_FOUND);
  }

  @Test
  void describes_no_product_that_was_discontinued() {
    products
        .given(added, new ProductDiscontinued(id))
        .when(new DescribeProduct(id, "kettle", "kitchen", "boils water"))
        .thenRejected(PRODUCT_DISCONTINUED);
  }

  @Test
  void discontinues_a_product() {
    products.given(added).when(new DiscontinueProduct(id)).then(new ProductDiscontinued(id));
  }

  @Test
  void changes_nothing_by_discontinuing_twice() {
    products
        .given(added, new ProductDiscontinued(id))
        .when(new DiscontinueProduct(id))
        .thenUnchanged();
  }

  @Test
  void discontinues_no_product_that_was_never_added() {
    products.given().when(new DiscontinueProduct(id)).thenRejected(PRODUCT_NOT_FOUND);
  }
}

package dev.pleat.topology.products;

import static dev.pleat.schemas.products.ProductSchema.NAME_REQUIRED;
import static dev.pleat.schemas.products.ProductSchema.PRODUCT_ALREADY_EXISTS;
import static dev.pleat.schemas.products.ProductSchema.PRODUCT_DISCONTINUED;
import static dev.pleat.schemas.products.ProductSchema.PRODUCT_NOT_FOUND;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.products.ProductCommand;
import dev.pleat.schemas.products.ProductCommand.AddProduct;
import dev.pleat.schemas.products.ProductCommand.DescribeProduct;
import dev.pleat.schemas.products.ProductCommand.DiscontinueProduct;
import dev.pleat.schemas.products.ProductEvent;
import dev.pleat.schemas.products.ProductEvent.ProductAdded;
import dev.pleat.schemas.products.ProductEvent.ProductDescribed;
import dev.pleat.schemas.products.ProductEvent.ProductDiscontinued;
import dev.pleat.topology.Decider;
import dev.pleat.topology.Decision;

/** The rules of products. What one costs is none of their business. */
public final class Products implements Decider<Products.State, ProductCommand, ProductEvent> {

  /** What is remembered of a product. */
  public sealed interface State {}

  /** It was never added. */
  public record Unknown() implements State {}

  /** It is in the catalogue, and this is said about it. */
  public record Listed(String name, String category, String description) implements State {}

  /** It was taken out of the catalogue. */
  public record Discontinued() implements State {}

  @Override
  public State initialState() {
    return new Unknown();
  }

  @Override
  public Decision<ProductEvent> decide(
      State state, ProductCommand command, CommandContext context) {
    return switch (command) {
      case AddProduct add -> add(state, add, context);
      case DescribeProduct describe -> describe(state, describe);
      case DiscontinueProduct discontinue ->
          switch (state) {
            case Unknown unknown -> notFound(discontinue.productId());
            case Discontinued before -> Decision.unchanged();
            case Listed listed -> Decision.accept(new ProductDiscontinued(discontinue.productId()));
          };
    };
  }

  private static Decision<ProductEvent> add(State state, AddProduct add, CommandContext context) {
    return switch (state) {
      case Listed listed ->
          Decision.reject(PRODUCT_ALREADY_EXISTS, "product " + add.productId() + " exists already");
      case Discontinued before -> discontinued(add.productId());
      case Unknown unknown ->
          add.name().isBlank()
              ? nameRequired()
              : Decision.accept(
                  new ProductAdded(
                      add.productId(),
                      add.name(),
                      add.category(),
                      add.description(),
                      context.time()));
    };
  }

  private static Decision<ProductEvent> describe(State state, DescribeProduct describe) {
    return switch (state) {
      case Unknown unknown -> notFound(describe.productId());
      case Discontinued before -> discontinued(describe.productId());
      case Listed listed -> {
        if (describe.name().isBlank()) {
          yield nameRequired();
        }
        Listed after = new Listed(describe.name(), describe.category(), describe.description());
        yield after.equals(listed)
            ? Decision.unchanged()
            : Decision.accept(
                new ProductDescribed(
                    describe.productId(),
                    describe.name(),
                    describe.category(),
                    describe.description()));
      }
    };
  }

  private static Decision<ProductEvent> notFound(String productId) {
    return Decision.reject(PRODUCT_NOT_FOUND, "product " + productId + " was never added");
  }

  private static Decision<ProductEvent> discontinued(String productId) {
    return Decision.reject(
        PRODUCT_DISCONTINUED, "product " + productId + " was discontinued and will not come back");
  }

  private static Decision<ProductEvent> nameRequired() {
    return Decision.reject(NAME_REQUIRED, "a product has a name");
  }

  @Override
  public State evolve(State state, ProductEvent event) {
    return switch (event) {
      case ProductAdded added -> new Listed(added.name(), added.category(), added.description());
      case ProductDescribed described ->
          new Listed(described.name(), described.category(), described.description());
      case ProductDiscontinued discontinued -> new Discontinued();
    };
  }

  @Override
  public int stateVersion() {
    return 1;
  }
}

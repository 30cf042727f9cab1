package dev.pleat.deploy;

import static dev.pleat.topology.customers.CustomersContract.customerId;

import dev.pleat.deploy.HttpScenario.Cause;
import dev.pleat.schemas.calculator.CalculatorCommand;
import dev.pleat.schemas.calculator.CalculatorCommand.CreateValue;
import dev.pleat.schemas.calculator.CalculatorCommand.UpdateValue;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueCreated;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.schemas.customers.Customer;
import dev.pleat.schemas.customers.CustomerCommand;
import dev.pleat.schemas.customers.CustomerCommand.InviteCustomer;
import dev.pleat.schemas.customers.CustomerCommand.WithdrawInvitation;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.schemas.customers.CustomerEvent.AddressEvent;
import dev.pleat.schemas.customers.CustomerEvent.CustomerInvited;
import dev.pleat.schemas.customers.CustomerEvent.InvitationFailed;
import dev.pleat.schemas.customers.CustomerEvent.InvitationSent;
import dev.pleat.schemas.customers.CustomerEvent.InvitationWithdrawn;
import dev.pleat.schemas.customers.CustomerSchema;
import dev.pleat.schemas.prices.PriceCommand;
import dev.pleat.schemas.prices.PriceCommand.SetPrice;
import dev.pleat.schemas.prices.PriceEvent;
import dev.pleat.schemas.prices.PriceEvent.PriceSet;
import dev.pleat.schemas.prices.PriceSchema;
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
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/** The sample domains' scenarios over HTTP: by which command each event is brought about. */
final class Scenarios {

  private Scenarios() {}

  static Scenario<CalculatorCommand, CalculatorEvent> calculator(ServedRuntime runtime) {
    return new HttpScenario<>(
        CalculatorSchema.SCHEMA,
        runtime,
        event ->
            switch (event) {
              case ValueCreated created ->
                  Cause.of(new CreateValue(created.valueId(), created.value()));
              case ValueUpdated updated ->
                  Cause.of(
                      new UpdateValue(updated.valueId(), updated.operation(), updated.value()));
            },
        UnaryOperator.identity());
  }

  static Scenario<CustomerCommand, CustomerEvent> customers(ServedRuntime runtime) {
    // Only who invited may withdraw.
    AtomicReference<Optional<String>> inviter = new AtomicReference<>(Optional.empty());
    return new HttpScenario<>(
        CustomerSchema.SCHEMA,
        runtime,
        event ->
            switch (event) {
              case CustomerInvited invited -> {
                inviter.set(invited.invitedBy());
                yield new Cause<>(new InviteCustomer(invited.email()), invited.invitedBy());
              }
              case InvitationWithdrawn withdrawn ->
                  new Cause<>(new WithdrawInvitation(withdrawn.email()), inviter.get());
              case AddressEvent step ->
                  throw new AssertionError("no scenario gives one over HTTP: " + step);
              // Recorded of a customer whose id only a running instance knows: see EmailIT.
              case InvitationSent sent -> throw new AssertionError(sent);
              case InvitationFailed failed -> throw new AssertionError(failed);
            },
        Scenarios::foretoldCustomer);
  }

  /** A customer's id derives from the id of the command, which is another one each time. */
  private static Record foretoldCustomer(Record record) {
    return switch (record) {
      case CustomerInvited invited ->
          new CustomerInvited(customerId(invited.email()), invited.email(), invited.invitedBy());
      case InvitationWithdrawn withdrawn ->
          new InvitationWithdrawn(customerId(withdrawn.email()), withdrawn.email());
      case Customer row ->
          new Customer(customerId(row.email()), row.email(), row.invitedBy(), row.invitation());
      default -> record;
    };
  }

  static Scenario<ProductCommand, ProductEvent> products(ServedRuntime runtime) {
    return new HttpScenario<>(
        ProductSchema.SCHEMA,
        runtime,
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
        Scenarios::foretoldProduct);
  }

  /** When a product was added, only the log knows. */
  private static Record foretoldProduct(Record record) {
    return record instanceof ProductAdded added
        ? new ProductAdded(
            added.productId(), added.name(), added.category(), added.description(), Scenario.TIME)
        : record;
  }

  static Scenario<PriceCommand, PriceEvent> prices(ServedRuntime runtime) {
    return new HttpScenario<>(
        PriceSchema.SCHEMA,
        runtime,
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

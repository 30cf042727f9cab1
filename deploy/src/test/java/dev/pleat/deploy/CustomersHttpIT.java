package dev.pleat.deploy;

import dev.pleat.deploy.HttpScenario.Cause;
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
import dev.pleat.topology.Scenario;
import dev.pleat.topology.customers.CustomerDomain;
import dev.pleat.topology.customers.CustomersContract;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The customers' scenarios, the same bodies as against the functions, over HTTP. */
final class CustomersHttpIT extends CustomersContract {

  @TempDir static Path directory;

  private static Instance instance;

  @BeforeAll
  static void start() {
    instance = Servers.embedded(directory, CustomerDomain.CUSTOMERS);
  }

  @AfterAll
  static void stop() {
    instance.close();
  }

  @Override
  protected Scenario<CustomerCommand, CustomerEvent> scenario() {
    // Only who invited may withdraw.
    AtomicReference<Optional<String>> inviter = new AtomicReference<>(Optional.empty());
    return new HttpScenario<>(
        CustomerSchema.SCHEMA,
        instance,
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
        CustomersHttpIT::foretold);
  }

  /** A customer's id derives from the id of the command, which is another one each time. */
  private static Record foretold(Record record) {
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
}

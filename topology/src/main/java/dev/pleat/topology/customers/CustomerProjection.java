package dev.pleat.topology.customers;

import dev.pleat.schemas.customers.Customer;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.schemas.customers.CustomerEvent.AddressConfirmed;
import dev.pleat.schemas.customers.CustomerEvent.AddressEvent;
import dev.pleat.schemas.customers.CustomerEvent.AddressReleased;
import dev.pleat.schemas.customers.CustomerEvent.CustomerInvited;
import dev.pleat.schemas.customers.CustomerEvent.InvitationFailed;
import dev.pleat.schemas.customers.CustomerEvent.InvitationSent;
import dev.pleat.schemas.customers.CustomerEvent.InvitationWithdrawn;
import dev.pleat.topology.Projection;
import java.util.Optional;

/** Who is invited under each address. */
public final class CustomerProjection implements Projection<Customer, CustomerEvent> {

  @Override
  public Optional<Customer> project(Optional<Customer> row, CustomerEvent event) {
    return switch (event) {
      case CustomerInvited invited ->
          Optional.of(
              new Customer(
                  invited.customerId(),
                  invited.email(),
                  invited.invitedBy(),
                  Optional.of("pending")));
      case InvitationWithdrawn withdrawn -> Optional.empty();
      case InvitationSent sent -> told(row, "sent");
      case InvitationFailed failed -> told(row, "failed");
      case AddressConfirmed confirmed ->
          Optional.of(
              new Customer(
                  confirmed.customerId(),
                  confirmed.email(),
                  confirmed.invitedBy(),
                  Optional.empty()));
      case AddressReleased released -> Optional.empty();
      case AddressEvent step -> row;
    };
  }

  private static Optional<Customer> told(Optional<Customer> row, String invitation) {
    return row.map(
        customer ->
            new Customer(
                customer.customerId(),
                customer.email(),
                customer.invitedBy(),
                Optional.of(invitation)));
  }
}

package dev.pleat.topology.customers;

import dev.pleat.schemas.customers.Customer;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.schemas.customers.CustomerEvent.AddressConfirmed;
import dev.pleat.schemas.customers.CustomerEvent.AddressEvent;
import dev.pleat.schemas.customers.CustomerEvent.AddressReleased;
import dev.pleat.schemas.customers.CustomerEvent.CustomerInvited;
import dev.pleat.schemas.customers.CustomerEvent.InvitationWithdrawn;
import dev.pleat.topology.Projection;
import java.util.Optional;

/** Who is invited under each address. */
public final class CustomerProjection implements Projection<Customer, CustomerEvent> {

  @Override
  public Optional<Customer> project(Optional<Customer> row, CustomerEvent event) {
    return switch (event) {
      case CustomerInvited invited ->
          Optional.of(new Customer(invited.customerId(), invited.email(), invited.invitedBy()));
      case InvitationWithdrawn withdrawn -> Optional.empty();
      case AddressConfirmed confirmed ->
          Optional.of(
              new Customer(confirmed.customerId(), confirmed.email(), confirmed.invitedBy()));
      case AddressReleased released -> Optional.empty();
      case AddressEvent step -> row;
    };
  }
}

package dev.pleat.topology.customers;

import dev.pleat.schemas.customers.Customer;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.schemas.customers.CustomerEvent.AddressConfirmed;
import java.util.Optional;

/**
 * A customer at an address.
 *
 * @param customer as the views show it
 * @param moves how many addresses the customer had before: of two the one with more is the present
 */
record Residence(Customer customer, long moves) {

  /** Who resides at an address. */
  static Optional<Residence> project(Optional<Residence> before, CustomerEvent event) {
    long moves =
        event instanceof AddressConfirmed confirmed
            ? confirmed.moves()
            : before.map(Residence::moves).orElse(0L);
    return new CustomerProjection()
        .project(before.map(Residence::customer), event)
        .map(customer -> new Residence(customer, moves));
  }
}

package dev.pleat.topology.customers;

import dev.pleat.schemas.customers.CustomerCommand;
import dev.pleat.schemas.customers.CustomerCommand.RecordInvitationFailed;
import dev.pleat.schemas.customers.CustomerCommand.RecordInvitationSent;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.schemas.customers.CustomerEvent.AddressEvent;
import dev.pleat.schemas.customers.CustomerEvent.CustomerInvited;
import dev.pleat.schemas.customers.CustomerEvent.InvitationFailed;
import dev.pleat.schemas.customers.CustomerEvent.InvitationSent;
import dev.pleat.schemas.customers.CustomerEvent.InvitationWithdrawn;
import dev.pleat.topology.Effect;
import java.util.Optional;

/** The e-mail that tells customers that they are invited. */
public final class InvitationEmail implements Effect<CustomerCommand, CustomerEvent> {

  @Override
  public Optional<Ask<CustomerCommand>> ask(CustomerEvent event) {
    return switch (event) {
      case CustomerInvited invited ->
          Optional.of(
              new Ask<>(
                  new Email(invited.email(), "You are invited", text(invited)),
                  new RecordInvitationSent(invited.email(), invited.customerId()),
                  reason ->
                      new RecordInvitationFailed(invited.email(), invited.customerId(), reason)));
      case InvitationWithdrawn withdrawn -> Optional.empty();
      case InvitationSent sent -> Optional.empty();
      case InvitationFailed failed -> Optional.empty();
      // Who changes the address was invited before.
      case AddressEvent change -> Optional.empty();
    };
  }

  private static String text(CustomerInvited invited) {
    return """
        Hello,

        %s as a customer.

        Your customer id: %s
        """
        .formatted(
            invited.invitedBy().map(by -> by + " has invited you").orElse("You are invited"),
            invited.customerId());
  }
}

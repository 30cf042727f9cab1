package dev.pleat.topology.customers;

import static dev.pleat.schemas.customers.CustomerSchema.SCHEMA;

import dev.pleat.schemas.PolicyContext;
import dev.pleat.schemas.customers.CustomerCommand.AbandonAddressChange;
import dev.pleat.schemas.customers.CustomerCommand.ClaimAddress;
import dev.pleat.schemas.customers.CustomerCommand.CompleteAddressChange;
import dev.pleat.schemas.customers.CustomerCommand.ConfirmAddress;
import dev.pleat.schemas.customers.CustomerCommand.ReleaseAddress;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.schemas.customers.CustomerEvent.AddressChangeAbandoned;
import dev.pleat.schemas.customers.CustomerEvent.AddressChangeRequested;
import dev.pleat.schemas.customers.CustomerEvent.AddressClaimRefused;
import dev.pleat.schemas.customers.CustomerEvent.AddressClaimed;
import dev.pleat.schemas.customers.CustomerEvent.AddressConfirmed;
import dev.pleat.schemas.customers.CustomerEvent.AddressLeft;
import dev.pleat.schemas.customers.CustomerEvent.AddressReleased;
import dev.pleat.schemas.customers.CustomerEvent.CustomerInvited;
import dev.pleat.schemas.customers.CustomerEvent.InvitationFailed;
import dev.pleat.schemas.customers.CustomerEvent.InvitationSent;
import dev.pleat.schemas.customers.CustomerEvent.InvitationWithdrawn;
import dev.pleat.topology.Policy;
import dev.pleat.topology.Reaction;
import java.time.Duration;

/**
 * How a change of an address comes to its end: the new address is claimed, then left for, then
 * confirmed, then the present one is free; a refused claim or the deadline gives it up.
 *
 * <p>What is claimed, confirmed or given up follows from events of the present address alone, which
 * come one after the other: so the new one is released after it was claimed, whatever races.
 */
public final class ChangingAddress implements Policy<ChangingAddress.State, CustomerEvent> {

  private static final String END = "end";

  /** It needs to remember nothing: every event says what the next step has to know. */
  public record State() {}

  @Override
  public State initialState() {
    return new State();
  }

  @Override
  public Reaction<State> react(State state, CustomerEvent event, PolicyContext context) {
    Reaction<State> nothing = Reaction.of(state);
    return switch (event) {
      case AddressChangeRequested it ->
          nothing
              .send(
                  SCHEMA,
                  new ClaimAddress(it.to(), it.changeId(), it.customerId(), it.email(), it.until()))
              .deadline(
                  END,
                  Duration.between(context.time(), it.until()),
                  SCHEMA,
                  new AbandonAddressChange(it.email(), it.changeId(), AddressChanges.TIMED_OUT));
      case AddressClaimed it ->
          nothing.send(SCHEMA, new CompleteAddressChange(it.from(), it.changeId()));
      case AddressClaimRefused it ->
          nothing.send(SCHEMA, new AbandonAddressChange(it.from(), it.changeId(), it.reason()));
      case AddressLeft it ->
          nothing
              .cancelDeadline(END)
              .send(
                  SCHEMA,
                  new ConfirmAddress(
                      it.to(),
                      it.changeId(),
                      it.customerId(),
                      it.email(),
                      it.invitedBy(),
                      it.moves()));
      case AddressChangeAbandoned it ->
          nothing.cancelDeadline(END).send(SCHEMA, new ReleaseAddress(it.to(), it.changeId()));
      case AddressConfirmed it ->
          nothing.send(SCHEMA, new ReleaseAddress(it.from(), it.changeId()));
      case AddressReleased it -> nothing;
      case CustomerInvited it -> nothing;
      case InvitationWithdrawn it -> nothing;
      case InvitationSent it -> nothing;
      case InvitationFailed it -> nothing;
    };
  }
}

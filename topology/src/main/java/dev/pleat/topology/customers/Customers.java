package dev.pleat.topology.customers;

import static dev.pleat.schemas.customers.CustomerSchema.ALREADY_INVITED;
import static dev.pleat.schemas.customers.CustomerSchema.EMAIL_INVALID;
import static dev.pleat.schemas.customers.CustomerSchema.EMAIL_REQUIRED;
import static dev.pleat.schemas.customers.CustomerSchema.NOT_INVITED;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.customers.CustomerCommand;
import dev.pleat.schemas.customers.CustomerCommand.InviteCustomer;
import dev.pleat.schemas.customers.CustomerCommand.RecordInvitationFailed;
import dev.pleat.schemas.customers.CustomerCommand.RecordInvitationSent;
import dev.pleat.schemas.customers.CustomerCommand.WithdrawInvitation;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.schemas.customers.CustomerEvent.CustomerInvited;
import dev.pleat.schemas.customers.CustomerEvent.InvitationFailed;
import dev.pleat.schemas.customers.CustomerEvent.InvitationSent;
import dev.pleat.schemas.customers.CustomerEvent.InvitationWithdrawn;
import dev.pleat.schemas.customers.EmailAddress;
import dev.pleat.topology.Decider;
import dev.pleat.topology.Decision;
import java.util.Optional;

/**
 * The rules of inviting customers. The aggregate is the e-mail address, so that no two customers
 * can have the same one: whoever comes second finds the first.
 */
public final class Customers implements Decider<Customers.State, CustomerCommand, CustomerEvent> {

  /** What is remembered of an address. */
  public sealed interface State {}

  /** Nobody is invited under it. */
  public record Free() implements State {}

  /**
   * This customer is invited under it.
   *
   * @param recorded whether it is known what became of the e-mail
   */
  public record Invited(String customerId, Optional<String> invitedBy, boolean recorded)
      implements State {}

  @Override
  public State initialState() {
    return new Free();
  }

  @Override
  public Decision<CustomerEvent> decide(
      State state, CustomerCommand command, CommandContext context) {
    return switch (command) {
      case InviteCustomer invite -> invite(state, EmailAddress.of(invite.email()), context);
      case WithdrawInvitation withdraw ->
          withdraw(state, EmailAddress.of(withdraw.email()), context);
      case RecordInvitationSent sent -> {
        EmailAddress email = EmailAddress.of(sent.email());
        yield record(
            state, email, sent.customerId(), new InvitationSent(sent.customerId(), email.text()));
      }
      case RecordInvitationFailed failed -> {
        EmailAddress email = EmailAddress.of(failed.email());
        yield record(
            state,
            email,
            failed.customerId(),
            new InvitationFailed(failed.customerId(), email.text(), failed.reason()));
      }
    };
  }

  private static Decision<CustomerEvent> invite(
      State state, EmailAddress email, CommandContext context) {
    if (!email.isPresent()) {
      return Decision.reject(EMAIL_REQUIRED, "Email is required");
    }
    if (!email.isValid()) {
      return Decision.reject(EMAIL_INVALID, email.text() + " is not an e-mail address");
    }
    return switch (state) {
      case Free free ->
          Decision.accept(
              new CustomerInvited(context.newId(0).toString(), email.text(), context.actor()));
      case Invited invited ->
          Decision.reject(
              ALREADY_INVITED,
              email.text() + " is invited already, as customer " + invited.customerId());
    };
  }

  private static Decision<CustomerEvent> withdraw(
      State state, EmailAddress email, CommandContext context) {
    return switch (state) {
      case Free free -> Decision.reject(NOT_INVITED, "nobody is invited as " + email.text());
      case Invited invited -> {
        if (invited.invitedBy().isPresent() && !invited.invitedBy().equals(context.actor())) {
          yield Decision.reject(
              Decision.NOT_AUTHORISED, "only who invited a customer may withdraw the invitation");
        }
        yield Decision.accept(new InvitationWithdrawn(invited.customerId(), email.text()));
      }
    };
  }

  /** Once a customer: an address that is invited again later is another one. */
  private static Decision<CustomerEvent> record(
      State state, EmailAddress email, String customerId, CustomerEvent result) {
    if (state instanceof Invited invited && invited.customerId().equals(customerId)) {
      return invited.recorded() ? Decision.unchanged() : Decision.accept(result);
    }
    return Decision.reject(
        NOT_INVITED, "customer " + customerId + " is not invited as " + email.text());
  }

  @Override
  public State evolve(State state, CustomerEvent event) {
    return switch (event) {
      case CustomerInvited invited -> new Invited(invited.customerId(), invited.invitedBy(), false);
      case InvitationWithdrawn withdrawn -> new Free();
      case InvitationSent sent -> recorded(state);
      case InvitationFailed failed -> recorded(state);
    };
  }

  private static State recorded(State state) {
    return switch (state) {
      case Invited invited -> new Invited(invited.customerId(), invited.invitedBy(), true);
      case Free free -> free;
    };
  }

  @Override
  public int stateVersion() {
    return 2;
  }
}

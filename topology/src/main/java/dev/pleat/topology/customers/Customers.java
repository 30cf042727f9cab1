package dev.pleat.topology.customers;

import static dev.pleat.schemas.customers.CustomerSchema.ADDRESS_RESERVED;
import static dev.pleat.schemas.customers.CustomerSchema.ALREADY_INVITED;
import static dev.pleat.schemas.customers.CustomerSchema.EMAIL_INVALID;
import static dev.pleat.schemas.customers.CustomerSchema.EMAIL_REQUIRED;
import static dev.pleat.schemas.customers.CustomerSchema.INVITATION;
import static dev.pleat.schemas.customers.CustomerSchema.NOT_INVITED;
import static dev.pleat.schemas.customers.CustomerSchema.SCHEMA;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.customers.CustomerCommand;
import dev.pleat.schemas.customers.CustomerCommand.AddressStep;
import dev.pleat.schemas.customers.CustomerCommand.ChangeAddress;
import dev.pleat.schemas.customers.CustomerCommand.InviteCustomer;
import dev.pleat.schemas.customers.CustomerCommand.RecordInvitationFailed;
import dev.pleat.schemas.customers.CustomerCommand.RecordInvitationSent;
import dev.pleat.schemas.customers.CustomerCommand.WithdrawInvitation;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.schemas.customers.CustomerEvent.AddressEvent;
import dev.pleat.schemas.customers.CustomerEvent.CustomerInvited;
import dev.pleat.schemas.customers.CustomerEvent.InvitationFailed;
import dev.pleat.schemas.customers.CustomerEvent.InvitationSent;
import dev.pleat.schemas.customers.CustomerEvent.InvitationWithdrawn;
import dev.pleat.schemas.customers.EmailAddress;
import dev.pleat.topology.Decider;
import dev.pleat.topology.Decision;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The rules of inviting customers. The aggregate is the e-mail address, so that no two customers
 * can have the same one: whoever comes second finds the first. Changing the address is in {@link
 * AddressChanges}.
 */
public final class Customers implements Decider<Customers.State, CustomerCommand, CustomerEvent> {

  /** What is remembered of an address. */
  public sealed interface State {}

  /**
   * Nobody is invited under it.
   *
   * @param left how many customers have left it for another address: they keep their ids, so the
   *     next one needs another, also if somebody sends a command of long ago once more
   */
  public record Free(int left) implements State {}

  /**
   * This customer is invited under it.
   *
   * @param recorded whether it is known what became of the e-mail that says so
   * @param moves how many addresses the customer had before
   * @param cameBy the change that brought the customer here
   * @param left how many customers have left this address
   */
  public record Invited(
      String customerId,
      Optional<String> invitedBy,
      boolean recorded,
      long moves,
      Optional<String> cameBy,
      int left)
      implements State {

    private Invited inRecord() {
      return new Invited(customerId, invitedBy, true, moves, cameBy, left);
    }
  }

  /** It is kept for a customer who is to have it. */
  public record Claimed(String changeId, String customerId, int left) implements State {}

  /** Its customer is to have another one, unless that is given up. */
  public record Changing(Invited customer, String to, String changeId, Instant until)
      implements State {}

  /** Its customer leaves it for the other one; it is free when that one has the customer. */
  public record Left(Invited customer, String to, String changeId) implements State {}

  @Override
  public State initialState() {
    return new Free(0);
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
            state,
            email,
            sent.customerId(),
            new InvitationSent(sent.customerId(), email.text()),
            context);
      }
      case RecordInvitationFailed failed -> {
        EmailAddress email = EmailAddress.of(failed.email());
        yield record(
            state,
            email,
            failed.customerId(),
            new InvitationFailed(failed.customerId(), email.text(), failed.reason()),
            context);
      }
      case ChangeAddress change -> AddressChanges.change(state, change, context);
      case AddressStep step -> AddressChanges.step(state, step, context);
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
              new CustomerInvited(
                  context.newId(free.left()).toString(), email.text(), context.actor()));
      case Invited customer -> alreadyInvited(email, customer);
      case Changing changing -> alreadyInvited(email, changing.customer());
      case Claimed claimed -> reserved(email);
      case Left left -> reserved(email);
    };
  }

  private static Decision<CustomerEvent> alreadyInvited(EmailAddress email, Invited customer) {
    return Decision.reject(
        ALREADY_INVITED,
        email.text() + " is invited already, as customer " + customer.customerId());
  }

  private static Decision<CustomerEvent> reserved(EmailAddress email) {
    return Decision.reject(
        ADDRESS_RESERVED,
        "a customer is changing to or from " + email.text() + ": try again in a while");
  }

  private static Decision<CustomerEvent> withdraw(
      State state, EmailAddress email, CommandContext context) {
    return switch (state) {
      case Free free -> notInvited(email);
      case Claimed claimed -> notInvited(email);
      case Invited customer -> withdraw(customer, email, List.of(), context);
      case Changing changing ->
          withdraw(
              changing.customer(),
              email,
              List.of(AddressChanges.abandoned(changing, email.text(), AddressChanges.WITHDRAWN)),
              context);
      case Left left ->
          isFor(left.customer(), context) ? AddressChanges.changing(email, left.to()) : notFor();
    };
  }

  /** Withdraws, and what has to happen before. */
  private static Decision<CustomerEvent> withdraw(
      Invited customer, EmailAddress email, List<CustomerEvent> before, CommandContext context) {
    if (!isFor(customer, context)) {
      return notFor();
    }
    CustomerEvent withdrawn = new InvitationWithdrawn(customer.customerId(), email.text());
    return Decision.accept(Stream.concat(before.stream(), Stream.of(withdrawn)).toList());
  }

  private static Decision<CustomerEvent> notFor() {
    return Decision.reject(
        Decision.NOT_AUTHORISED, "only who invited a customer may withdraw the invitation");
  }

  static Decision<CustomerEvent> notInvited(EmailAddress email) {
    return Decision.reject(NOT_INVITED, "nobody is invited as " + email.text());
  }

  /** Whether who sends a command may act for this customer: who invited, or anybody if nobody. */
  static boolean isFor(Invited customer, CommandContext context) {
    return customer.invitedBy().isEmpty() || customer.invitedBy().equals(context.actor());
  }

  /** Once a customer: an address that is invited again later is another one. */
  private static Decision<CustomerEvent> record(
      State state,
      EmailAddress email,
      String customerId,
      CustomerEvent result,
      CommandContext context) {
    if (!context.actor().equals(Optional.of(SCHEMA.effectActor(INVITATION)))) {
      return Decision.reject(
          Decision.NOT_AUTHORISED, "who sends invitations records what became of them");
    }
    Optional<Invited> customer = customer(state).filter(it -> it.customerId().equals(customerId));
    if (customer.isEmpty()) {
      return Decision.reject(
          NOT_INVITED, "customer " + customerId + " is not invited as " + email.text());
    }
    return customer.get().recorded() ? Decision.unchanged() : Decision.accept(result);
  }

  /** Who has the address, also while that changes. */
  private static Optional<Invited> customer(State state) {
    return switch (state) {
      case Invited customer -> Optional.of(customer);
      case Changing changing -> Optional.of(changing.customer());
      case Left left -> Optional.of(left.customer());
      case Free free -> Optional.empty();
      case Claimed claimed -> Optional.empty();
    };
  }

  @Override
  public State evolve(State state, CustomerEvent event) {
    return switch (event) {
      case CustomerInvited invited ->
          new Invited(
              invited.customerId(), invited.invitedBy(), false, 0, Optional.empty(), left(state));
      case InvitationWithdrawn withdrawn -> new Free(left(state));
      case InvitationSent sent -> recorded(state);
      case InvitationFailed failed -> recorded(state);
      case AddressEvent change -> AddressChanges.evolve(state, change);
    };
  }

  private static State recorded(State state) {
    return switch (state) {
      case Invited customer -> customer.inRecord();
      case Changing changing ->
          new Changing(
              changing.customer().inRecord(), changing.to(), changing.changeId(), changing.until());
      case Left left -> new Left(left.customer().inRecord(), left.to(), left.changeId());
      case Free free -> free;
      case Claimed claimed -> claimed;
    };
  }

  /** How many customers have left the address for another. */
  static int left(State state) {
    return switch (state) {
      case Free free -> free.left();
      case Invited customer -> customer.left();
      case Claimed claimed -> claimed.left();
      case Changing changing -> changing.customer().left();
      case Left left -> left.customer().left();
    };
  }

  @Override
  public int stateVersion() {
    return 2;
  }
}

package dev.pleat.topology.customers;

import static dev.pleat.schemas.customers.CustomerSchema.ADDRESS_CHANGING;
import static dev.pleat.schemas.customers.CustomerSchema.CHANGING_ADDRESS;
import static dev.pleat.schemas.customers.CustomerSchema.EMAIL_INVALID;
import static dev.pleat.schemas.customers.CustomerSchema.EMAIL_REQUIRED;
import static dev.pleat.schemas.customers.CustomerSchema.NO_SUCH_CHANGE;
import static dev.pleat.schemas.customers.CustomerSchema.SCHEMA;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.customers.CustomerCommand.AbandonAddressChange;
import dev.pleat.schemas.customers.CustomerCommand.AddressStep;
import dev.pleat.schemas.customers.CustomerCommand.ChangeAddress;
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
import dev.pleat.schemas.customers.CustomerEvent.AddressEvent;
import dev.pleat.schemas.customers.CustomerEvent.AddressLeft;
import dev.pleat.schemas.customers.CustomerEvent.AddressReleased;
import dev.pleat.schemas.customers.EmailAddress;
import dev.pleat.topology.Decision;
import dev.pleat.topology.customers.Customers.Changing;
import dev.pleat.topology.customers.Customers.Claimed;
import dev.pleat.topology.customers.Customers.Free;
import dev.pleat.topology.customers.Customers.Invited;
import dev.pleat.topology.customers.Customers.Left;
import dev.pleat.topology.customers.Customers.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The rules of changing a customer's address, which takes two aggregates: the address a customer
 * has and the one they are to have.
 *
 * <p>The present address decides whether a change is completed or given up, exactly one of the two;
 * the new one follows, and frees its claim only when it is told to. The present address is free
 * when the new one has the customer, so that there is no moment in which neither knows them.
 */
final class AddressChanges {

  /** A change that has come to no end by then is given up. */
  static final Duration PATIENCE = Duration.ofMinutes(15);

  static final String TAKEN = "address-taken";
  static final String TIMED_OUT = "timed-out";
  static final String WITHDRAWN = "invitation-withdrawn";

  private AddressChanges() {}

  // ---- what a client asks

  static Decision<CustomerEvent> change(
      State state, ChangeAddress command, CommandContext context) {
    EmailAddress email = EmailAddress.of(command.email());
    EmailAddress to = EmailAddress.of(command.to());
    if (!to.isPresent()) {
      return Decision.reject(EMAIL_REQUIRED, "Email is required");
    }
    if (!to.isValid()) {
      return Decision.reject(EMAIL_INVALID, to.text() + " is not an e-mail address");
    }
    return switch (state) {
      case Free free -> Customers.notInvited(email);
      case Claimed claimed -> Customers.notInvited(email);
      case Invited customer ->
          authorised(customer, context)
              .orElseGet(
                  () ->
                      to.equals(email)
                          ? Decision.unchanged()
                          : Decision.accept(requested(customer, email, to, context)));
      case Changing changing ->
          authorised(changing.customer(), context)
              .orElseGet(() -> again(changing, email, to, context));
      case Left left ->
          authorised(left.customer(), context)
              .orElseGet(
                  () ->
                      to.text().equals(left.to())
                          // Said once more, should a step have got lost.
                          ? Decision.accept(
                              left(left.customer(), email.text(), left.to(), left.changeId()))
                          : changing(email, left.to()));
    };
  }

  private static Decision<CustomerEvent> again(
      Changing changing, EmailAddress email, EmailAddress to, CommandContext context) {
    if (!context.time().isAfter(changing.until())) {
      return to.text().equals(changing.to())
          ? Decision.unchanged()
          : changing(email, changing.to());
    }
    // It should have been given up by now: whatever holds that up does not hold up the next one.
    List<CustomerEvent> events = new ArrayList<>();
    events.add(abandoned(changing, email.text(), TIMED_OUT));
    if (!to.equals(email)) {
      events.add(requested(changing.customer(), email, to, context));
    }
    return Decision.accept(events);
  }

  private static AddressChangeRequested requested(
      Invited customer, EmailAddress email, EmailAddress to, CommandContext context) {
    return new AddressChangeRequested(
        customer.customerId(),
        email.text(),
        to.text(),
        context.newId(0).toString(),
        context.time().plus(PATIENCE));
  }

  static AddressChangeAbandoned abandoned(Changing changing, String email, String reason) {
    return new AddressChangeAbandoned(
        changing.customer().customerId(), email, changing.to(), changing.changeId(), reason);
  }

  static Decision<CustomerEvent> changing(EmailAddress email, String to) {
    return Decision.reject(
        ADDRESS_CHANGING, "the customer with " + email.text() + " is changing to " + to);
  }

  private static Optional<Decision<CustomerEvent>> authorised(
      Invited customer, CommandContext context) {
    return Customers.isFor(customer, context)
        ? Optional.empty()
        : Optional.of(
            Decision.reject(
                Decision.NOT_AUTHORISED, "only who invited a customer may change the address"));
  }

  // ---- what the policy asks

  static Decision<CustomerEvent> step(State state, AddressStep step, CommandContext context) {
    if (!context.actor().equals(Optional.of(SCHEMA.policyActor(CHANGING_ADDRESS)))) {
      return Decision.reject(
          Decision.NOT_AUTHORISED,
          "it is a step of a change: send ChangeAddress, and the policy sends the steps");
    }
    return switch (step) {
      case ClaimAddress claim -> claim(state, claim, context);
      case CompleteAddressChange complete -> complete(state, complete);
      case AbandonAddressChange abandon ->
          state instanceof Changing it && it.changeId().equals(abandon.changeId())
              ? Decision.accept(abandoned(it, abandon.email(), abandon.reason()))
              : noSuchChange(abandon);
      case ConfirmAddress confirm -> confirm(state, confirm);
      case ReleaseAddress release -> release(state, release);
    };
  }

  private static Decision<CustomerEvent> claim(
      State state, ClaimAddress claim, CommandContext context) {
    if (state instanceof Claimed it && it.changeId().equals(claim.changeId())) {
      return Decision.unchanged();
    }
    boolean free = state instanceof Free;
    // Nobody would free it if it were kept now: what gives the change up may have come already.
    return free && !context.time().isAfter(claim.until())
        ? Decision.accept(
            new AddressClaimed(claim.customerId(), claim.email(), claim.from(), claim.changeId()))
        : Decision.accept(
            new AddressClaimRefused(
                claim.customerId(),
                claim.email(),
                claim.from(),
                claim.changeId(),
                free ? TIMED_OUT : TAKEN));
  }

  private static Decision<CustomerEvent> complete(State state, CompleteAddressChange complete) {
    if (state instanceof Changing it && it.changeId().equals(complete.changeId())) {
      return Decision.accept(left(it.customer(), complete.email(), it.to(), it.changeId()));
    }
    return state instanceof Left it && it.changeId().equals(complete.changeId())
        ? Decision.unchanged()
        : noSuchChange(complete);
  }

  private static Decision<CustomerEvent> confirm(State state, ConfirmAddress confirm) {
    boolean claimed = state instanceof Claimed it && it.changeId().equals(confirm.changeId());
    // Who asks again has not heard of it.
    boolean confirmed =
        customer(state).flatMap(Invited::cameBy).equals(Optional.of(confirm.changeId()));
    return claimed || confirmed
        ? Decision.accept(
            new AddressConfirmed(
                confirm.customerId(),
                confirm.email(),
                confirm.from(),
                confirm.changeId(),
                confirm.invitedBy(),
                confirm.moves()))
        : noSuchChange(confirm);
  }

  private static Optional<Invited> customer(State state) {
    return switch (state) {
      case Invited customer -> Optional.of(customer);
      case Changing changing -> Optional.of(changing.customer());
      case Left left -> Optional.of(left.customer());
      case Claimed claimed -> Optional.empty();
      case Free free -> Optional.empty();
    };
  }

  private static Decision<CustomerEvent> release(State state, ReleaseAddress release) {
    if (state instanceof Claimed it && it.changeId().equals(release.changeId())) {
      return released(release, it.customerId());
    }
    return state instanceof Left it && it.changeId().equals(release.changeId())
        ? released(release, it.customer().customerId())
        : Decision.unchanged();
  }

  private static Decision<CustomerEvent> released(ReleaseAddress release, String customerId) {
    return Decision.accept(new AddressReleased(customerId, release.email(), release.changeId()));
  }

  private static AddressLeft left(Invited customer, String email, String to, String changeId) {
    return new AddressLeft(
        customer.customerId(), email, to, changeId, customer.invitedBy(), customer.moves() + 1);
  }

  private static Decision<CustomerEvent> noSuchChange(AddressStep step) {
    return Decision.reject(
        NO_SUCH_CHANGE, "no change " + step.changeId() + " is under way at " + step.email());
  }

  // ---- what happened

  static State evolve(State state, AddressEvent event) {
    return switch (event) {
      case AddressChangeRequested requested ->
          state instanceof Invited customer
              ? new Changing(customer, requested.to(), requested.changeId(), requested.until())
              : state;
      case AddressChangeAbandoned abandoned ->
          state instanceof Changing changing ? changing.customer() : state;
      case AddressLeft left ->
          state instanceof Changing changing
              ? new Left(changing.customer(), left.to(), left.changeId())
              : state;
      case AddressClaimed claimed ->
          new Claimed(claimed.changeId(), claimed.customerId(), Customers.left(state));
      case AddressClaimRefused refused -> state;
      case AddressConfirmed confirmed ->
          state instanceof Claimed
              ? new Invited(
                  confirmed.customerId(),
                  confirmed.invitedBy(),
                  // It went to the address before.
                  true,
                  confirmed.moves(),
                  Optional.of(confirmed.changeId()),
                  Customers.left(state))
              : state;
      case AddressReleased released ->
          new Free(Customers.left(state) + (state instanceof Left ? 1 : 0));
    };
  }
}

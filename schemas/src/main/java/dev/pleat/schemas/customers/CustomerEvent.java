package dev.pleat.schemas.customers;

import java.time.Instant;
import java.util.Optional;

/** What can have happened to the customer behind an e-mail address. */
public sealed interface CustomerEvent {

  /**
   * A customer was invited under this address.
   *
   * @param email in its normal form
   * @param invitedBy the actor, if one was named
   */
  record CustomerInvited(String customerId, String email, Optional<String> invitedBy)
      implements CustomerEvent {}

  /** The invitation was taken back; the address is free again. */
  record InvitationWithdrawn(String customerId, String email) implements CustomerEvent {}

  /** The customer was sent the invitation. */
  record InvitationSent(String customerId, String email) implements CustomerEvent {}

  /** The invitation cannot be sent to the customer. */
  record InvitationFailed(String customerId, String email, String reason)
      implements CustomerEvent {}

  /** Something that belongs to a change of an address. */
  sealed interface AddressEvent {
    /** The address it happened to, in its normal form. */
    String email();

    String customerId();

    /** Of the change. */
    String changeId();
  }

  /**
   * Another address was asked for.
   *
   * @param until when the change is given up
   */
  record AddressChangeRequested(
      String customerId, String email, String to, String changeId, Instant until)
      implements CustomerEvent, AddressEvent {}

  /** The change came to nothing: the customer keeps the address. */
  record AddressChangeAbandoned(
      String customerId, String email, String to, String changeId, String reason)
      implements CustomerEvent, AddressEvent {}

  /**
   * The customer leaves the address for the new one, which is kept for them: from here on the
   * change can only be completed.
   *
   * @param moves how many addresses the customer had before the new one
   */
  record AddressLeft(
      String customerId,
      String email,
      String to,
      String changeId,
      Optional<String> invitedBy,
      long moves)
      implements CustomerEvent, AddressEvent {}

  /** The address is kept for a customer who is to have it. */
  record AddressClaimed(String customerId, String email, String from, String changeId)
      implements CustomerEvent, AddressEvent {}

  /** The address could not be kept for a customer. */
  record AddressClaimRefused(
      String customerId, String email, String from, String changeId, String reason)
      implements CustomerEvent, AddressEvent {}

  /**
   * The customer has the address now.
   *
   * @param moves how many addresses the customer had before this one
   */
  record AddressConfirmed(
      String customerId,
      String email,
      String from,
      String changeId,
      Optional<String> invitedBy,
      long moves)
      implements CustomerEvent, AddressEvent {}

  /** The address is free again: the customer has left it, or does not come. */
  record AddressReleased(String customerId, String email, String changeId)
      implements CustomerEvent, AddressEvent {}
}

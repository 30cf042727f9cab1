package dev.pleat.schemas.customers;

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
}

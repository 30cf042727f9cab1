package dev.pleat.schemas.customers;

import java.time.Instant;
import java.util.Optional;

/** What can be asked about the customer behind an e-mail address. */
public sealed interface CustomerCommand {

  /** Invite a customer. */
  record InviteCustomer(String email) implements CustomerCommand {}

  /** Take an invitation back; only the actor who invited may. */
  record WithdrawInvitation(String email) implements CustomerCommand {}

  /** Record that the customer was sent the invitation. */
  record RecordInvitationSent(String email, String customerId) implements CustomerCommand {}

  /** Record that the invitation cannot be sent to the customer. */
  record RecordInvitationFailed(String email, String customerId, String reason)
      implements CustomerCommand {}

  /** Give a customer another address; only the actor who invited may. */
  record ChangeAddress(String email, String to) implements CustomerCommand {}

  /** A step of a change of an address; only the policy that leads it may send one. */
  sealed interface AddressStep {
    /** The address it is sent to, in its normal form. */
    String email();

    /** Of the change. */
    String changeId();
  }

  /**
   * Keep the address for a customer who is to have it.
   *
   * @param until when the change is given up
   */
  record ClaimAddress(String email, String changeId, String customerId, String from, Instant until)
      implements CustomerCommand, AddressStep {}

  /** Say that the new address is kept. */
  record CompleteAddressChange(String email, String changeId)
      implements CustomerCommand, AddressStep {}

  /** Give the change up. */
  record AbandonAddressChange(String email, String changeId, String reason)
      implements CustomerCommand, AddressStep {}

  /** Give the address to the customer it is kept for. */
  record ConfirmAddress(
      String email,
      String changeId,
      String customerId,
      String from,
      Optional<String> invitedBy,
      long moves)
      implements CustomerCommand, AddressStep {}

  /** Free the address that the change left, or kept for nothing. */
  record ReleaseAddress(String email, String changeId) implements CustomerCommand, AddressStep {}
}

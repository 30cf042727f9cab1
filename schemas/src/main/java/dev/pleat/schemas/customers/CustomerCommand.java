package dev.pleat.schemas.customers;

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
}

package dev.pleat.schemas.customers;

/** What can be asked about the customer behind an e-mail address. */
public sealed interface CustomerCommand {

  /** Invite a customer. */
  record InviteCustomer(String email) implements CustomerCommand {}

  /** Take an invitation back; only the actor who invited may. */
  record WithdrawInvitation(String email) implements CustomerCommand {}
}

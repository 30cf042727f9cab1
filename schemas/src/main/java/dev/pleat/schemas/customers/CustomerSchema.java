package dev.pleat.schemas.customers;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.Beginning;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.customers.CustomerCommand.AbandonAddressChange;
import dev.pleat.schemas.customers.CustomerCommand.ChangeAddress;
import dev.pleat.schemas.customers.CustomerCommand.ClaimAddress;
import dev.pleat.schemas.customers.CustomerCommand.CompleteAddressChange;
import dev.pleat.schemas.customers.CustomerCommand.ConfirmAddress;
import dev.pleat.schemas.customers.CustomerCommand.InviteCustomer;
import dev.pleat.schemas.customers.CustomerCommand.RecordInvitationFailed;
import dev.pleat.schemas.customers.CustomerCommand.RecordInvitationSent;
import dev.pleat.schemas.customers.CustomerCommand.ReleaseAddress;
import dev.pleat.schemas.customers.CustomerCommand.WithdrawInvitation;

/** What can be said to the customers and asked of them. */
public final class CustomerSchema {

  public static final String EMAIL_REQUIRED = "email-required";
  public static final String EMAIL_INVALID = "email-invalid";
  public static final String ALREADY_INVITED = "already-invited";
  public static final String NOT_INVITED = "not-invited";

  /** A customer is about to have the address, or about to leave it: it may be free soon. */
  public static final String ADDRESS_RESERVED = "address-reserved";

  /** The customer is changing to another address. */
  public static final String ADDRESS_CHANGING = "address-changing";

  /** There is no change of this id under way at the address. */
  public static final String NO_SUCH_CHANGE = "no-such-change";

  /** The policy that leads a change of an address to its end. */
  public static final String CHANGING_ADDRESS = "changing-address";

  /** The effect that sends invitations by e-mail. */
  public static final String INVITATION = "invitation";

  /** The view of all invited customers, by their id. */
  public static final String BY_ID = "by-id";

  /** The view of all invited customers, by their address; and the index that finds them by it. */
  public static final String BY_EMAIL = "by-email";

  public static final DomainSchema<CustomerCommand, CustomerEvent> SCHEMA =
      DomainSchema.of("customers", CustomerCommand.class, CustomerEvent.class)
          .identifiedBy("email", IdFormat.TEXT, email -> EmailAddress.of(email).text())
          .action(
              InviteCustomer.class,
              EMAIL_REQUIRED,
              EMAIL_INVALID,
              ALREADY_INVITED,
              ADDRESS_RESERVED)
          .action(WithdrawInvitation.class, NOT_INVITED, ADDRESS_CHANGING)
          .action(ChangeAddress.class, EMAIL_REQUIRED, EMAIL_INVALID, NOT_INVITED, ADDRESS_CHANGING)
          .action(ClaimAddress.class)
          .action(CompleteAddressChange.class, NO_SUCH_CHANGE)
          .action(AbandonAddressChange.class, NO_SUCH_CHANGE)
          .action(ConfirmAddress.class, NO_SUCH_CHANGE)
          .action(ReleaseAddress.class)
          .action(RecordInvitationSent.class, NOT_INVITED)
          .action(RecordInvitationFailed.class, NOT_INVITED)
          .policy(CHANGING_ADDRESS, Beginning.FIRST_EVENT)
          .alreadySo(InviteCustomer.class, ALREADY_INVITED)
          .view(BY_EMAIL, Customer.class)
          .version(BY_EMAIL, 2)
          .standsFor(BY_EMAIL, "customer-id", "invited")
          .derivedView(BY_ID, Customer.class, "customer-id", IdFormat.UUID)
          .version(BY_ID, 2)
          .foundBy(BY_ID, BY_EMAIL, email -> EmailAddress.of(email).text())
          .creates("/customers", InviteCustomer.class)
          .updates("/customers/by-email/{email}/withdrawal", WithdrawInvitation.class)
          .updates("/customers/by-email/{email}/address", ChangeAddress.class)
          .reads("/customers/by-email/{email}", BY_EMAIL)
          .reads("/customers/{customer-id}", BY_ID)
          .build();

  private CustomerSchema() {}
}

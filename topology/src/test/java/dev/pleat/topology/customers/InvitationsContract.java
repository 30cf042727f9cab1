package dev.pleat.topology.customers;

import static dev.pleat.schemas.customers.CustomerSchema.BY_EMAIL;
import static dev.pleat.schemas.customers.CustomerSchema.INVITATION;
import static dev.pleat.schemas.customers.CustomerSchema.NOT_INVITED;
import static dev.pleat.schemas.customers.CustomerSchema.SCHEMA;

import dev.pleat.schemas.customers.Customer;
import dev.pleat.schemas.customers.CustomerCommand;
import dev.pleat.schemas.customers.CustomerCommand.InviteCustomer;
import dev.pleat.schemas.customers.CustomerCommand.RecordInvitationFailed;
import dev.pleat.schemas.customers.CustomerCommand.RecordInvitationSent;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.schemas.customers.CustomerEvent.AddressChangeRequested;
import dev.pleat.schemas.customers.CustomerEvent.AddressLeft;
import dev.pleat.schemas.customers.CustomerEvent.CustomerInvited;
import dev.pleat.schemas.customers.CustomerEvent.InvitationFailed;
import dev.pleat.schemas.customers.CustomerEvent.InvitationSent;
import dev.pleat.schemas.customers.CustomerEvent.InvitationWithdrawn;
import dev.pleat.topology.Decision;
import dev.pleat.topology.Scenario;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is recorded of the e-mails that invite customers, whatever it runs on. */
@SuppressWarnings("this-escape") // a subclass's scenario needs nothing of the subclass
public abstract class InvitationsContract {

  private static final Optional<String> NOBODY = Optional.empty();
  private static final Optional<String> ADA = Optional.of("ada");

  private static final String EFFECT = SCHEMA.effectActor(INVITATION);

  @RegisterExtension final Scenario<CustomerCommand, CustomerEvent> customers = scenario();

  private final String email = "grace-" + UUID.randomUUID() + "@example.com";
  private final String customerId = CustomersContract.customerId(email);

  /** What the scenarios run on. */
  protected abstract Scenario<CustomerCommand, CustomerEvent> scenario();

  private Customer customer(Optional<String> invitedBy, String invitation) {
    return new Customer(customerId, email, invitedBy, Optional.of(invitation));
  }

  @Test
  void records_that_the_invitation_was_sent() {
    customers
        .given(new CustomerInvited(customerId, email, ADA))
        .by(EFFECT)
        .when(new RecordInvitationSent(email, customerId))
        .then(new InvitationSent(customerId, email))
        .andRow(BY_EMAIL, customer(ADA, "sent"));
  }

  @Test
  void records_that_the_invitation_failed() {
    customers
        .given(new CustomerInvited(customerId, email, NOBODY))
        .by(EFFECT)
        .when(new RecordInvitationFailed(email, customerId, "no such mailbox"))
        .then(new InvitationFailed(customerId, email, "no such mailbox"))
        .andRow(BY_EMAIL, customer(NOBODY, "failed"));
  }

  @Test
  void records_what_became_of_an_invitation_once() {
    customers
        .given(
            new CustomerInvited(customerId, email, NOBODY), new InvitationSent(customerId, email))
        .by(EFFECT)
        .when(new RecordInvitationFailed(email, customerId, "no such mailbox"))
        .thenUnchanged()
        .andRow(BY_EMAIL, customer(NOBODY, "sent"));
  }

  @Test
  void records_nothing_of_a_customer_who_is_not_invited() {
    String another = UUID.randomUUID().toString();
    customers
        .given()
        .by(EFFECT)
        .when(new RecordInvitationSent(email, customerId))
        .thenRejected(NOT_INVITED);
    customers
        .given(new CustomerInvited(customerId, email, NOBODY))
        .by(EFFECT)
        .when(new RecordInvitationSent(email, another))
        .thenRejected(NOT_INVITED)
        .andRow(BY_EMAIL, customer(NOBODY, "pending"));
  }

  @Test
  void nobody_but_who_sends_it_records_what_became_of_an_invitation() {
    CustomerInvited invited = new CustomerInvited(customerId, email, ADA);
    customers
        .given(invited)
        .when(new RecordInvitationSent(email, customerId))
        .thenRejected(Decision.NOT_AUTHORISED);
    customers
        .given(invited)
        .by("ada")
        .when(new RecordInvitationFailed(email, customerId, "no such mailbox"))
        .thenRejected(Decision.NOT_AUTHORISED)
        .andRow(BY_EMAIL, customer(ADA, "pending"));
  }

  @Test
  void an_address_that_is_invited_again_waits_for_another_invitation() {
    customers
        .given(
            new CustomerInvited(customerId, email, NOBODY),
            new InvitationSent(customerId, email),
            new InvitationWithdrawn(customerId, email))
        .when(new InviteCustomer(email))
        .then(new CustomerInvited(customerId, email, NOBODY))
        .andRow(BY_EMAIL, customer(NOBODY, "pending"));
  }

  @Test
  void records_what_became_of_an_invitation_also_while_the_address_changes() {
    String to = "new-" + email;
    String change = UUID.randomUUID().toString();
    CustomerInvited invited = new CustomerInvited(customerId, email, NOBODY);
    AddressChangeRequested requested =
        new AddressChangeRequested(customerId, email, to, change, Instant.EPOCH);
    AddressLeft left = new AddressLeft(customerId, email, to, change, NOBODY, 1);
    InvitationSent sent = new InvitationSent(customerId, email);
    RecordInvitationSent record = new RecordInvitationSent(email, customerId);

    customers.given(invited, requested).by(EFFECT).when(record).then(sent);
    customers
        .given(invited, requested, left)
        .by(EFFECT)
        .when(record)
        .then(sent)
        .andRow(BY_EMAIL, customer(NOBODY, "sent"));
    customers.given(invited, requested, sent, left).by(EFFECT).when(record).thenUnchanged();
  }
}

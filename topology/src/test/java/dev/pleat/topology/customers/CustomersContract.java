package dev.pleat.topology.customers;

import static dev.pleat.schemas.customers.CustomerSchema.ALREADY_INVITED;
import static dev.pleat.schemas.customers.CustomerSchema.BY_EMAIL;
import static dev.pleat.schemas.customers.CustomerSchema.EMAIL_INVALID;
import static dev.pleat.schemas.customers.CustomerSchema.EMAIL_REQUIRED;
import static dev.pleat.schemas.customers.CustomerSchema.NOT_INVITED;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.customers.Customer;
import dev.pleat.schemas.customers.CustomerCommand;
import dev.pleat.schemas.customers.CustomerCommand.InviteCustomer;
import dev.pleat.schemas.customers.CustomerCommand.WithdrawInvitation;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.schemas.customers.CustomerEvent.CustomerInvited;
import dev.pleat.schemas.customers.CustomerEvent.InvitationWithdrawn;
import dev.pleat.schemas.customers.EmailAddress;
import dev.pleat.topology.Scenario;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What happens to customers, whatever it runs on: every command in every state. A subclass says
 * what it runs on.
 */
@SuppressWarnings("this-escape") // a subclass's scenario needs nothing of the subclass
public abstract class CustomersContract {

  private static final Optional<String> NOBODY = Optional.empty();
  private static final Optional<String> ADA = Optional.of("ada");

  @RegisterExtension final Scenario<CustomerCommand, CustomerEvent> customers = scenario();

  /** An address of its own for each test, so that tests may share a broker. */
  private final String email = "grace-" + UUID.randomUUID() + "@example.com";

  private final String customerId = customerId(email);

  /** What the scenarios run on. */
  protected abstract Scenario<CustomerCommand, CustomerEvent> scenario();

  /** The id a scenario's command gives a customer. */
  public static String customerId(String email) {
    return new CommandContext(
            "customers", email, Scenario.COMMAND_ID, Scenario.TIME, Optional.empty())
        .newId(0)
        .toString();
  }

  private Customer customer(Optional<String> invitedBy) {
    return new Customer(customerId, email, invitedBy, Optional.of("pending"));
  }

  @Test
  void invites_a_customer() {
    customers
        .given()
        .when(new InviteCustomer(email))
        .then(new CustomerInvited(customerId, email, NOBODY))
        .andRow(BY_EMAIL, customer(NOBODY));
  }

  @Test
  void says_who_invited() {
    customers
        .given()
        .by("ada")
        .when(new InviteCustomer(email))
        .then(new CustomerInvited(customerId, email, ADA))
        .andRow(BY_EMAIL, customer(ADA));
  }

  @Test
  void takes_an_address_however_it_is_written() {
    customers
        .given()
        .when(new InviteCustomer("  " + email.toUpperCase(Locale.ROOT) + " "))
        .then(new CustomerInvited(customerId, email, NOBODY));
  }

  @Test
  void invites_nobody_twice() {
    customers
        .given(new CustomerInvited(customerId, email, NOBODY))
        .when(new InviteCustomer(email.toUpperCase(Locale.ROOT)))
        .thenRejected(ALREADY_INVITED)
        .andRow(BY_EMAIL, customer(NOBODY));
  }

  @Test
  void invites_nobody_without_an_address() {
    customers.given().when(new InviteCustomer("")).thenRejected(EMAIL_REQUIRED);
    customers.given().when(new InviteCustomer(" \t")).thenRejected(EMAIL_REQUIRED);
    customers.given().when(new InviteCustomer(EmailAddress.NONE)).thenRejected(EMAIL_REQUIRED);
  }

  @Test
  void invites_nobody_by_what_is_no_address() {
    String name = UUID.randomUUID().toString();
    for (String text :
        new String[] {
          name,
          name + "@",
          "@" + name,
          name + "@example",
          name + "@example..com",
          name + "@-example.com",
          name + ".@example.com",
          name + "@a@example.com",
          name + " b@example.com",
          "a".repeat(65) + name + "@example.com"
        }) {
      customers
          .given()
          .when(new InviteCustomer(text))
          .thenRejected(EMAIL_INVALID)
          .andNoRow(BY_EMAIL);
    }
  }

  @Test
  void withdraws_an_invitation() {
    customers
        .given(new CustomerInvited(customerId, email, NOBODY))
        .when(new WithdrawInvitation(email))
        .then(new InvitationWithdrawn(customerId, email))
        .andNoRow(BY_EMAIL);
  }

  @Test
  void lets_whoever_invited_withdraw() {
    customers
        .given(new CustomerInvited(customerId, email, ADA))
        .by("ada")
        .when(new WithdrawInvitation(email))
        .then(new InvitationWithdrawn(customerId, email))
        .andNoRow(BY_EMAIL);
  }

  @Test
  void lets_nobody_else_withdraw() {
    customers
        .given(new CustomerInvited(customerId, email, ADA))
        .by("charles")
        .when(new WithdrawInvitation(email))
        .thenRejected("not-authorised")
        .andRow(BY_EMAIL, customer(ADA));
  }

  @Test
  void lets_no_stranger_withdraw() {
    customers
        .given(new CustomerInvited(customerId, email, ADA))
        .when(new WithdrawInvitation(email))
        .thenRejected("not-authorised");
  }

  @Test
  void withdraws_nothing_that_there_is_not() {
    customers.given().when(new WithdrawInvitation(email)).thenRejected(NOT_INVITED);
    customers
        .given(
            new CustomerInvited(customerId, email, NOBODY),
            new InvitationWithdrawn(customerId, email))
        .when(new WithdrawInvitation(email))
        .thenRejected(NOT_INVITED)
        .andNoRow(BY_EMAIL);
  }

  @Test
  void invites_again_whose_invitation_was_withdrawn() {
    customers
        .given(
            new CustomerInvited(customerId, email, ADA), new InvitationWithdrawn(customerId, email))
        .by("charles")
        .when(new InviteCustomer(email))
        .then(new CustomerInvited(customerId, email, Optional.of("charles")))
        .andRow(BY_EMAIL, customer(Optional.of("charles")));
  }
}

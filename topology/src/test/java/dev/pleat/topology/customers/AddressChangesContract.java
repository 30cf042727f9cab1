package dev.pleat.topology.customers;

import static dev.pleat.schemas.customers.CustomerSchema.ADDRESS_CHANGING;
import static dev.pleat.schemas.customers.CustomerSchema.ADDRESS_RESERVED;
import static dev.pleat.schemas.customers.CustomerSchema.ALREADY_INVITED;
import static dev.pleat.schemas.customers.CustomerSchema.BY_EMAIL;
import static dev.pleat.schemas.customers.CustomerSchema.CHANGING_ADDRESS;
import static dev.pleat.schemas.customers.CustomerSchema.EMAIL_INVALID;
import static dev.pleat.schemas.customers.CustomerSchema.EMAIL_REQUIRED;
import static dev.pleat.schemas.customers.CustomerSchema.NOT_INVITED;
import static dev.pleat.schemas.customers.CustomerSchema.NO_SUCH_CHANGE;
import static dev.pleat.schemas.customers.CustomerSchema.SCHEMA;
import static dev.pleat.topology.Scenario.TIME;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.customers.Customer;
import dev.pleat.schemas.customers.CustomerCommand;
import dev.pleat.schemas.customers.CustomerCommand.AbandonAddressChange;
import dev.pleat.schemas.customers.CustomerCommand.ChangeAddress;
import dev.pleat.schemas.customers.CustomerCommand.ClaimAddress;
import dev.pleat.schemas.customers.CustomerCommand.CompleteAddressChange;
import dev.pleat.schemas.customers.CustomerCommand.ConfirmAddress;
import dev.pleat.schemas.customers.CustomerCommand.InviteCustomer;
import dev.pleat.schemas.customers.CustomerCommand.ReleaseAddress;
import dev.pleat.schemas.customers.CustomerCommand.WithdrawInvitation;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.schemas.customers.CustomerEvent.AddressChangeAbandoned;
import dev.pleat.schemas.customers.CustomerEvent.AddressChangeRequested;
import dev.pleat.schemas.customers.CustomerEvent.AddressClaimRefused;
import dev.pleat.schemas.customers.CustomerEvent.AddressClaimed;
import dev.pleat.schemas.customers.CustomerEvent.AddressConfirmed;
import dev.pleat.schemas.customers.CustomerEvent.AddressLeft;
import dev.pleat.schemas.customers.CustomerEvent.AddressReleased;
import dev.pleat.schemas.customers.CustomerEvent.CustomerInvited;
import dev.pleat.schemas.customers.CustomerEvent.InvitationWithdrawn;
import dev.pleat.topology.Scenario;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What becomes of the two addresses of a change: every command in every state. */
@SuppressWarnings("this-escape") // a subclass's scenario needs nothing of the subclass
abstract class AddressChangesContract {

  private static final String GRACE = "grace@example.com";
  private static final String HOPPER = "hopper@example.com";
  private static final String ID = UUID.randomUUID().toString();
  private static final String OTHER = UUID.randomUUID().toString();
  private static final String POLICY = SCHEMA.policyActor(CHANGING_ADDRESS);
  private static final Optional<String> ADA = Optional.of("ada");
  private static final Instant UNTIL = TIME.plus(AddressChanges.PATIENCE);

  /** What the command of a scenario derives its first id as. */
  private static final String CHANGE = newId(GRACE, 0);

  private static final CustomerInvited INVITED = new CustomerInvited(ID, GRACE, ADA);
  private static final AddressChangeRequested REQUESTED =
      new AddressChangeRequested(ID, GRACE, HOPPER, CHANGE, UNTIL);
  private static final AddressChangeRequested OVERDUE =
      new AddressChangeRequested(ID, GRACE, HOPPER, OTHER, TIME.minusMillis(1));
  private static final AddressLeft LEFT = new AddressLeft(ID, GRACE, HOPPER, CHANGE, ADA, 1);
  private static final AddressReleased RELEASED = new AddressReleased(ID, GRACE, CHANGE);
  private static final AddressClaimed CLAIMED = new AddressClaimed(ID, HOPPER, GRACE, CHANGE);
  private static final AddressConfirmed CONFIRMED =
      new AddressConfirmed(ID, HOPPER, GRACE, CHANGE, ADA, 1);

  private static final ChangeAddress ASK = new ChangeAddress(GRACE, HOPPER);
  private static final ClaimAddress CLAIM = new ClaimAddress(HOPPER, CHANGE, ID, GRACE, UNTIL);
  private static final ConfirmAddress CONFIRM =
      new ConfirmAddress(HOPPER, CHANGE, ID, GRACE, ADA, 1);

  private static final Customer ROW = new Customer(ID, GRACE, ADA, Optional.of("pending"));

  @RegisterExtension final Scenario<CustomerCommand, CustomerEvent> customers = scenario();

  abstract Scenario<CustomerCommand, CustomerEvent> scenario();

  private static String newId(String email, int index) {
    return new CommandContext("customers", email, Scenario.COMMAND_ID, TIME, Optional.empty())
        .newId(index)
        .toString();
  }

  // ---- asking for a change

  @Test
  void asks_for_another_address() {
    customers
        .given(INVITED)
        .by("ada")
        .when(new ChangeAddress(" Grace@Example.com", "HOPPER@example.com "))
        .then(REQUESTED)
        .andRow(BY_EMAIL, ROW);
  }

  @Test
  void changes_nothing_where_the_address_is_the_present_one() {
    customers
        .given(INVITED)
        .by("ada")
        .when(new ChangeAddress(GRACE, " GRACE@example.com"))
        .thenUnchanged();
  }

  @Test
  void changes_to_nothing_that_is_no_address() {
    customers
        .given(INVITED)
        .by("ada")
        .when(new ChangeAddress(GRACE, " "))
        .thenRejected(EMAIL_REQUIRED);
    customers
        .given(INVITED)
        .by("ada")
        .when(new ChangeAddress(GRACE, "hopper"))
        .thenRejected(EMAIL_INVALID);
  }

  @Test
  void only_who_invited_may_change_the_address_in_every_state() {
    customers.given(INVITED).when(ASK).thenRejected("not-authorised");
    customers.given(INVITED, REQUESTED).by("eve").when(ASK).thenRejected("not-authorised");
    customers.given(INVITED, REQUESTED, LEFT).by("eve").when(ASK).thenRejected("not-authorised");
    customers
        .given(INVITED, REQUESTED, LEFT)
        .by("eve")
        .when(new WithdrawInvitation(GRACE))
        .thenRejected("not-authorised");
  }

  @Test
  void nobody_moves_from_an_address_that_nobody_has() {
    customers.given().when(ASK).thenRejected(NOT_INVITED);
    customers
        .given(CLAIMED)
        .when(new ChangeAddress(HOPPER, GRACE))
        .thenRejected(NOT_INVITED)
        .andNoRow(BY_EMAIL);
    customers
        .given(INVITED, REQUESTED, LEFT, RELEASED)
        .by("ada")
        .when(ASK)
        .thenRejected(NOT_INVITED);
  }

  @Test
  void a_change_is_one_at_a_time() {
    customers.given(INVITED, REQUESTED).by("ada").when(ASK).thenUnchanged();
    customers
        .given(INVITED, REQUESTED)
        .by("ada")
        .when(new ChangeAddress(GRACE, "murray@example.com"))
        .thenRejected(ADDRESS_CHANGING);
    customers
        .given(INVITED, REQUESTED)
        .by("ada")
        .when(new ChangeAddress(GRACE, GRACE))
        .thenRejected(ADDRESS_CHANGING);
    customers
        .given(INVITED, REQUESTED, LEFT)
        .by("ada")
        .when(new ChangeAddress(GRACE, GRACE))
        .thenRejected(ADDRESS_CHANGING);
  }

  @Test
  void a_change_that_should_be_over_makes_room_for_the_next() {
    AddressChangeAbandoned abandoned =
        new AddressChangeAbandoned(ID, GRACE, HOPPER, OTHER, AddressChanges.TIMED_OUT);
    customers.given(INVITED, OVERDUE).by("ada").when(ASK).then(abandoned, REQUESTED);
    customers
        .given(INVITED, OVERDUE)
        .by("ada")
        .when(new ChangeAddress(GRACE, GRACE))
        .then(abandoned);
  }

  @Test
  void a_change_past_recall_is_said_once_more_when_it_is_asked_for_again() {
    customers.given(INVITED, REQUESTED, LEFT).by("ada").when(ASK).then(LEFT).andRow(BY_EMAIL, ROW);
  }

  // ---- the present address

  @Test
  void completes_or_gives_up_and_never_both() {
    AddressChangeAbandoned abandoned =
        new AddressChangeAbandoned(ID, GRACE, HOPPER, CHANGE, AddressChanges.TAKEN);
    CompleteAddressChange complete = new CompleteAddressChange(GRACE, CHANGE);
    AbandonAddressChange abandon = new AbandonAddressChange(GRACE, CHANGE, AddressChanges.TAKEN);

    customers.given(INVITED, REQUESTED).by(POLICY).when(complete).then(LEFT).andRow(BY_EMAIL, ROW);
    customers
        .given(INVITED, REQUESTED)
        .by(POLICY)
        .when(abandon)
        .then(abandoned)
        .andRow(BY_EMAIL, ROW);
    customers.given(INVITED, REQUESTED, LEFT).by(POLICY).when(abandon).thenRejected(NO_SUCH_CHANGE);
    customers.given(INVITED, REQUESTED, LEFT).by(POLICY).when(complete).thenUnchanged();
    customers
        .given(INVITED, REQUESTED, abandoned)
        .by(POLICY)
        .when(complete)
        .thenRejected(NO_SUCH_CHANGE);
    customers
        .given(INVITED, REQUESTED, abandoned)
        .by(POLICY)
        .when(abandon)
        .thenRejected(NO_SUCH_CHANGE);
  }

  @Test
  void a_withdrawn_invitation_gives_the_change_up() {
    customers
        .given(INVITED, REQUESTED)
        .by("ada")
        .when(new WithdrawInvitation(GRACE))
        .then(
            new AddressChangeAbandoned(ID, GRACE, HOPPER, CHANGE, AddressChanges.WITHDRAWN),
            new InvitationWithdrawn(ID, GRACE))
        .andNoRow(BY_EMAIL);
    customers
        .given(INVITED, REQUESTED, LEFT)
        .by("ada")
        .when(new WithdrawInvitation(GRACE))
        .thenRejected(ADDRESS_CHANGING);
  }

  @Test
  void is_free_when_the_other_address_has_the_customer() {
    ReleaseAddress release = new ReleaseAddress(GRACE, CHANGE);
    customers
        .given(INVITED, REQUESTED, LEFT)
        .by(POLICY)
        .when(release)
        .then(RELEASED)
        .andNoRow(BY_EMAIL);
    customers.given(INVITED, REQUESTED).by(POLICY).when(release).thenUnchanged();
    customers.given(INVITED, REQUESTED, LEFT, RELEASED).by(POLICY).when(release).thenUnchanged();
  }

  @Test
  void invites_somebody_else_where_a_customer_has_left_under_another_id() {
    customers
        .given(INVITED, REQUESTED, LEFT)
        .when(new InviteCustomer(GRACE))
        .thenRejected(ADDRESS_RESERVED);
    // Even if the command is the one that invited the first customer, forgotten and sent again.
    customers
        .given(INVITED, REQUESTED, LEFT, RELEASED)
        .when(new InviteCustomer(GRACE))
        .then(new CustomerInvited(newId(GRACE, 1), GRACE, Optional.empty()));
  }

  @Test
  void whose_address_is_changing_is_invited_already() {
    customers
        .given(INVITED, REQUESTED)
        .when(new InviteCustomer(GRACE))
        .thenRejected(ALREADY_INVITED);
  }

  // ---- the new address

  @Test
  void keeps_a_free_address_for_one_customer() {
    customers.given().by(POLICY).when(CLAIM).then(CLAIMED).andNoRow(BY_EMAIL);
    customers.given(CLAIMED).by(POLICY).when(CLAIM).thenUnchanged();
    customers
        .given(CLAIMED)
        .by(POLICY)
        .when(new ClaimAddress(HOPPER, OTHER, OTHER, "murray@example.com", UNTIL))
        .then(
            new AddressClaimRefused(
                OTHER, HOPPER, "murray@example.com", OTHER, AddressChanges.TAKEN));
    customers
        .given(CLAIMED)
        .when(new InviteCustomer(HOPPER))
        .thenRejected(ADDRESS_RESERVED)
        .andNoRow(BY_EMAIL);
    customers.given(CLAIMED).when(new WithdrawInvitation(HOPPER)).thenRejected(NOT_INVITED);
  }

  @Test
  void refuses_an_address_that_somebody_has() {
    AddressClaimRefused refused =
        new AddressClaimRefused(ID, HOPPER, GRACE, CHANGE, AddressChanges.TAKEN);
    CustomerInvited held = new CustomerInvited(OTHER, HOPPER, Optional.empty());
    AddressChangeRequested changing =
        new AddressChangeRequested(OTHER, HOPPER, GRACE, OTHER, UNTIL);
    AddressLeft left = new AddressLeft(OTHER, HOPPER, GRACE, OTHER, Optional.empty(), 1);
    for (List<CustomerEvent> given :
        List.<List<CustomerEvent>>of(
            List.of(held), List.of(held, changing), List.of(held, changing, left))) {
      customers.given(given.toArray(CustomerEvent[]::new)).by(POLICY).when(CLAIM).then(refused);
    }
  }

  @Test
  void refuses_what_comes_when_the_change_may_be_given_up_already() {
    customers
        .given()
        .by(POLICY)
        .when(new ClaimAddress(HOPPER, CHANGE, ID, GRACE, TIME))
        .then(CLAIMED);
    customers
        .given()
        .by(POLICY)
        .when(new ClaimAddress(HOPPER, CHANGE, ID, GRACE, TIME.minusMillis(1)))
        .then(new AddressClaimRefused(ID, HOPPER, GRACE, CHANGE, AddressChanges.TIMED_OUT));
  }

  @Test
  void gives_a_kept_address_to_its_customer() {
    customers
        .given(CLAIMED)
        .by(POLICY)
        .when(CONFIRM)
        .then(CONFIRMED)
        .andRow(BY_EMAIL, new Customer(ID, HOPPER, ADA, Optional.empty()));
    customers
        .given(CLAIMED, CONFIRMED)
        .by("ada")
        .when(new WithdrawInvitation(HOPPER))
        .then(new InvitationWithdrawn(ID, HOPPER));
    customers
        .given(CLAIMED, CONFIRMED)
        .when(new WithdrawInvitation(HOPPER))
        .thenRejected("not-authorised");
  }

  @Test
  void says_again_that_the_customer_is_there_to_who_asks_again() {
    customers
        .given(CLAIMED, CONFIRMED)
        .by(POLICY)
        .when(CONFIRM)
        .then(CONFIRMED)
        .andRow(BY_EMAIL, new Customer(ID, HOPPER, ADA, Optional.empty()));
    AddressChangeRequested onwards =
        new AddressChangeRequested(ID, HOPPER, "murray@example.com", OTHER, UNTIL);
    customers
        .given(CLAIMED, CONFIRMED, onwards, CONFIRMED)
        .by(POLICY)
        .when(new CompleteAddressChange(HOPPER, OTHER))
        .then(new AddressLeft(ID, HOPPER, "murray@example.com", OTHER, ADA, 2));
  }

  @Test
  void confirms_nothing_that_was_not_kept_for_this_change() {
    customers.given().by(POLICY).when(CONFIRM).thenRejected(NO_SUCH_CHANGE);
    customers
        .given(new AddressClaimed(OTHER, HOPPER, "murray@example.com", OTHER))
        .by(POLICY)
        .when(CONFIRM)
        .thenRejected(NO_SUCH_CHANGE);
    customers
        .given(new CustomerInvited(OTHER, HOPPER, ADA))
        .by(POLICY)
        .when(CONFIRM)
        .thenRejected(NO_SUCH_CHANGE);
  }

  @Test
  void frees_what_was_kept_for_nothing_and_only_that() {
    ReleaseAddress release = new ReleaseAddress(HOPPER, CHANGE);
    customers.given(CLAIMED).by(POLICY).when(release).then(new AddressReleased(ID, HOPPER, CHANGE));
    customers
        .given(CLAIMED, new AddressReleased(ID, HOPPER, CHANGE))
        .when(new InviteCustomer(HOPPER))
        .then(new CustomerInvited(newId(HOPPER, 0), HOPPER, Optional.empty()));
    customers.given().by(POLICY).when(release).thenUnchanged();
    customers.given(CLAIMED, CONFIRMED).by(POLICY).when(release).thenUnchanged();
    customers
        .given(new AddressClaimed(OTHER, HOPPER, "murray@example.com", OTHER))
        .by(POLICY)
        .when(release)
        .thenUnchanged();
  }

  // ---- who may

  @Test
  void nobody_but_the_policy_may_take_a_step() {
    customers.given().when(CLAIM).thenRejected("not-authorised");
    customers.given(CLAIMED).by("ada").when(CONFIRM).thenRejected("not-authorised");
    customers
        .given(CLAIMED)
        .by("policy:market/enrolling")
        .when(new ReleaseAddress(HOPPER, CHANGE))
        .thenRejected("not-authorised");
    customers
        .given(INVITED, REQUESTED)
        .by("ada")
        .when(new CompleteAddressChange(GRACE, CHANGE))
        .thenRejected("not-authorised");
    customers
        .given(INVITED, REQUESTED)
        .by("ada")
        .when(new AbandonAddressChange(GRACE, CHANGE, "fun"))
        .thenRejected("not-authorised");
  }
}

package dev.pleat.topology.customers;

import dev.pleat.schemas.customers.CustomerCommand.AbandonAddressChange;
import dev.pleat.schemas.customers.CustomerCommand.ClaimAddress;
import dev.pleat.schemas.customers.CustomerCommand.CompleteAddressChange;
import dev.pleat.schemas.customers.CustomerCommand.ConfirmAddress;
import dev.pleat.schemas.customers.CustomerCommand.ReleaseAddress;
import dev.pleat.schemas.customers.CustomerEvent.AddressChangeAbandoned;
import dev.pleat.schemas.customers.CustomerEvent.AddressChangeRequested;
import dev.pleat.schemas.customers.CustomerEvent.AddressClaimRefused;
import dev.pleat.schemas.customers.CustomerEvent.AddressClaimed;
import dev.pleat.schemas.customers.CustomerEvent.AddressConfirmed;
import dev.pleat.schemas.customers.CustomerEvent.AddressLeft;
import dev.pleat.schemas.customers.CustomerEvent.AddressReleased;
import dev.pleat.schemas.customers.CustomerEvent.CustomerInvited;
import dev.pleat.schemas.customers.CustomerEvent.InvitationWithdrawn;
import dev.pleat.topology.PolicyScenario;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What follows from each event of a customer's address, whatever it runs on. */
@SuppressWarnings("this-escape") // a subclass's scenario needs nothing of the subclass
abstract class ChangingAddressContract {

  private static final String GRACE = "grace@example.com";
  private static final String HOPPER = "hopper@example.com";
  private static final String ID = UUID.randomUUID().toString();
  private static final String CHANGE = UUID.randomUUID().toString();
  private static final Optional<String> ADA = Optional.of("ada");
  private static final Instant UNTIL = PolicyScenario.TIME.plus(AddressChanges.PATIENCE);

  private static final AddressChangeRequested REQUESTED =
      new AddressChangeRequested(ID, GRACE, HOPPER, CHANGE, UNTIL);
  private static final AbandonAddressChange TIMED_OUT =
      new AbandonAddressChange(GRACE, CHANGE, AddressChanges.TIMED_OUT);

  @RegisterExtension final PolicyScenario changing = scenario();

  abstract PolicyScenario scenario();

  @Test
  void a_request_claims_the_new_address_and_is_given_up_in_time() {
    changing
        .given()
        .when(REQUESTED)
        .thenSends(new ClaimAddress(HOPPER, CHANGE, ID, GRACE, UNTIL))
        .andAfter(AddressChanges.PATIENCE, TIMED_OUT);
  }

  @Test
  void a_claim_completes_the_change_and_a_refused_one_gives_it_up() {
    changing
        .given()
        .when(new AddressClaimed(ID, HOPPER, GRACE, CHANGE))
        .thenSends(new CompleteAddressChange(GRACE, CHANGE));
    changing
        .given()
        .when(new AddressClaimRefused(ID, HOPPER, GRACE, CHANGE, AddressChanges.TAKEN))
        .thenSends(new AbandonAddressChange(GRACE, CHANGE, AddressChanges.TAKEN));
  }

  @Test
  void who_leaves_an_address_is_confirmed_at_the_new_one_and_not_given_up() {
    changing
        .given(REQUESTED)
        .when(new AddressLeft(ID, GRACE, HOPPER, CHANGE, ADA, 1))
        .thenSends(new ConfirmAddress(HOPPER, CHANGE, ID, GRACE, ADA, 1))
        .andAfter(AddressChanges.PATIENCE);
  }

  @Test
  void the_address_is_free_when_the_new_one_has_the_customer() {
    changing
        .given()
        .when(new AddressConfirmed(ID, HOPPER, GRACE, CHANGE, ADA, 1))
        .thenSends(new ReleaseAddress(GRACE, CHANGE));
  }

  @Test
  void what_is_given_up_frees_the_new_address() {
    changing
        .given(REQUESTED)
        .when(new AddressChangeAbandoned(ID, GRACE, HOPPER, CHANGE, AddressChanges.TAKEN))
        .thenSends(new ReleaseAddress(HOPPER, CHANGE))
        .andAfter(AddressChanges.PATIENCE);
  }

  @Test
  void nothing_follows_from_the_rest() {
    changing.given().when(new CustomerInvited(ID, GRACE, ADA)).thenSends();
    changing.given().when(new InvitationWithdrawn(ID, GRACE)).thenSends();
    changing.given().when(new AddressReleased(ID, GRACE, CHANGE)).thenSends();
  }
}

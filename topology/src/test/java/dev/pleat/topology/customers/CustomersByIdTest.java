package dev.pleat.topology.customers;

import static dev.pleat.topology.customers.CustomerDomain.CUSTOMERS;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.schemas.customers.Customer;
import dev.pleat.schemas.customers.CustomerEvent.AddressConfirmed;
import dev.pleat.schemas.customers.CustomerEvent.AddressReleased;
import dev.pleat.schemas.customers.CustomerEvent.CustomerInvited;
import dev.pleat.schemas.customers.CustomerEvent.InvitationWithdrawn;
import dev.pleat.schemas.customers.CustomerSchema;
import dev.pleat.topology.DerivedRows;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CustomersByIdTest {

  private static final String GRACE = "grace@example.com";
  private static final String ALAN = "alan@example.com";

  private final DerivedRows<Customer> customers =
      DerivedRows.of(CUSTOMERS, CustomerSchema.BY_ID, Customer.class);
  private final String first = UUID.randomUUID().toString();
  private final String second = UUID.randomUUID().toString();

  @AfterEach
  void close() {
    customers.close();
  }

  private static CustomerInvited invited(String id, String email) {
    return new CustomerInvited(id, email, Optional.empty());
  }

  private static Customer customer(String id, String email) {
    return new Customer(id, email, Optional.empty(), Optional.of("pending"));
  }

  /** The invitation went to another address. */
  private static Customer moved(String id, String email) {
    return new Customer(id, email, Optional.empty(), Optional.empty());
  }

  @Test
  void finds_customers_by_their_id() {
    customers.happens(CustomerSchema.SCHEMA, GRACE, invited(first, GRACE));
    customers.happens(CustomerSchema.SCHEMA, ALAN, invited(second, ALAN));

    assertEquals(
        Map.of(first, customer(first, GRACE), second, customer(second, ALAN)), customers.rows());
  }

  @Test
  void a_customer_whose_invitation_was_withdrawn_stays_away() {
    customers.happens(CustomerSchema.SCHEMA, GRACE, invited(first, GRACE));
    customers.happens(CustomerSchema.SCHEMA, GRACE, new InvitationWithdrawn(first, GRACE));
    customers.happensAgain();

    assertEquals(Map.of(), customers.rows());
  }

  @Test
  void an_address_that_is_invited_again_is_another_customer() {
    customers.happens(CustomerSchema.SCHEMA, GRACE, invited(first, GRACE));
    customers.happens(CustomerSchema.SCHEMA, GRACE, new InvitationWithdrawn(first, GRACE));
    customers.happens(CustomerSchema.SCHEMA, GRACE, invited(second, GRACE));
    customers.happensAgain();

    assertEquals(Map.of(second, customer(second, GRACE)), customers.rows());
  }

  @Test
  void a_row_that_another_address_has_by_now_is_not_taken_away() {
    customers.happens(CustomerSchema.SCHEMA, GRACE, invited(first, GRACE));
    customers.happens(CustomerSchema.SCHEMA, ALAN, invited(first, ALAN));
    customers.happens(CustomerSchema.SCHEMA, GRACE, new InvitationWithdrawn(first, GRACE));

    assertEquals(Map.of(first, customer(first, ALAN)), customers.rows());
  }

  private static AddressConfirmed confirmed(String id, String email, long moves) {
    return new AddressConfirmed(
        id, email, moves == 1 ? GRACE : ALAN, "change " + moves, Optional.empty(), moves);
  }

  @Test
  void shows_the_present_address_of_who_moved() {
    customers.happens(CustomerSchema.SCHEMA, GRACE, invited(first, GRACE));
    customers.happens(CustomerSchema.SCHEMA, ALAN, confirmed(first, ALAN, 1));
    customers.happens(CustomerSchema.SCHEMA, GRACE, new AddressReleased(first, GRACE, "change 1"));

    assertEquals(Map.of(first, moved(first, ALAN)), customers.rows());
    assertEquals(customers.expectedEntries(), customers.entries());
  }

  @Test
  void shows_who_came_back_though_what_happened_elsewhere_is_read_last() {
    customers.happens(CustomerSchema.SCHEMA, GRACE, invited(first, GRACE));
    customers.happens(CustomerSchema.SCHEMA, GRACE, new AddressReleased(first, GRACE, "change 1"));
    customers.happens(CustomerSchema.SCHEMA, GRACE, confirmed(first, GRACE, 2));
    customers.happens(CustomerSchema.SCHEMA, ALAN, confirmed(first, ALAN, 1));
    assertEquals(Map.of(first, moved(first, GRACE)), customers.rows());

    customers.happens(CustomerSchema.SCHEMA, ALAN, new AddressReleased(first, ALAN, "change 2"));
    assertEquals(Map.of(first, moved(first, GRACE)), customers.rows());
  }
}

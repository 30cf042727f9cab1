package dev.pleat.topology.customers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.customers.Customer;
import dev.pleat.schemas.customers.CustomerCommand;
import dev.pleat.schemas.customers.CustomerCommand.ChangeAddress;
import dev.pleat.schemas.customers.CustomerCommand.InviteCustomer;
import dev.pleat.schemas.customers.CustomerCommand.WithdrawInvitation;
import dev.pleat.schemas.customers.CustomerEvent.AddressChangeAbandoned;
import dev.pleat.schemas.customers.CustomerEvent.AddressConfirmed;
import dev.pleat.schemas.customers.CustomerSchema;
import dev.pleat.topology.DerivedRows;
import dev.pleat.topology.customers.AddressRace.Happened;
import dev.pleat.topology.customers.Customers.Free;
import dev.pleat.topology.customers.Customers.Invited;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Changes of addresses that race each other, invitations and withdrawals, in any order that the log
 * allows: every customer ends with one address, every address with one customer at most.
 */
class AddressRacesTest {

  private static final List<String> ADDRESSES =
      List.of("a@example.org", "b@example.org", "c@example.org", "d@example.org");

  private final long seed = Long.getLong("pleat.seed", System.nanoTime());

  private static String any(SplittableRandom random) {
    return ADDRESSES.get(random.nextInt(ADDRESSES.size()));
  }

  private static CustomerCommand anyCommand(SplittableRandom random) {
    String email = any(random);
    return switch (random.nextInt(10)) {
      case 0, 1, 2 -> new InviteCustomer(email);
      case 3 -> new WithdrawInvitation(email);
      default -> {
        String to = any(random);
        yield new ChangeAddress(
            email, random.nextInt(4) == 0 ? " " + to.toUpperCase(Locale.ROOT) : to);
      }
    };
  }

  /** Sends, decides, reacts and fires deadlines in a random order, then lets all come to rest. */
  private static AddressRace run(SplittableRandom random, String shown) {
    AddressRace race = new AddressRace(1 + random.nextInt(4), random);
    int steps = 20 + random.nextInt(300);
    for (int i = 0; i < steps; i++) {
      switch (random.nextInt(60)) {
        case 0, 1, 2, 3, 4, 5 -> race.send(anyCommand(random));
        case 6, 7 -> race.sendAgain();
        case 8 -> race.fireAnyDeadline();
        case 9, 10, 11 -> race.pass(Duration.ofSeconds(random.nextInt(400)));
        case 12 -> race.pass(Duration.ofHours(random.nextInt(30)));
        default -> {
          if (random.nextBoolean()) {
            race.decideOne();
          } else {
            race.reactToOne();
          }
        }
      }
      race.check(shown);
    }
    race.comeToRest(shown);
    return race;
  }

  @Test
  void every_customer_ends_with_one_address_and_every_address_with_one_customer_at_most() {
    Map<String, Integer> seen = new TreeMap<>();
    for (int round = 0; round < 2_000; round++) {
      String shown = "-Dpleat.seed=" + seed + ", round " + round;
      AddressRace race = run(new SplittableRandom(seed + round), shown);

      Map<String, String> addresses = new HashMap<>();
      race.states()
          .forEach(
              (email, state) -> {
                String where = shown + ": " + email + " is " + state;
                assertTrue(state instanceof Free || state instanceof Invited, where);
                if (state instanceof Invited customer) {
                  String other = addresses.put(customer.customerId(), email);
                  assertEquals(null, other, where + ", and so is " + other);
                }
              });
      assertEquals(race.customers(), addresses.keySet(), shown);
      for (Happened happened : race.log()) {
        String what =
            happened.event() instanceof AddressChangeAbandoned abandoned
                ? abandoned.reason()
                : happened.event().getClass().getSimpleName();
        seen.merge(what, 1, Integer::sum);
        if (happened.event() instanceof AddressConfirmed confirmed && confirmed.moves() > 1) {
          seen.merge("moved on", 1, Integer::sum);
        }
      }
    }
    // Races that never came to one of these have not tried it.
    for (String what :
        List.of(
            AddressChanges.TAKEN,
            AddressChanges.TIMED_OUT,
            AddressChanges.WITHDRAWN,
            "AddressConfirmed",
            "AddressReleased",
            "moved on")) {
      assertTrue(seen.getOrDefault(what, 0) > 100, "-Dpleat.seed=" + seed + ": " + seen);
    }
  }

  @Test
  void finds_every_customer_at_the_present_address_whichever_events_are_read_first() {
    for (int round = 0; round < 5; round++) {
      String shown = "-Dpleat.seed=" + seed + ", round " + round;
      SplittableRandom random = new SplittableRandom(seed + round);
      AddressRace race = run(random, shown);
      Map<String, Customer> expected = new TreeMap<>();
      race.states()
          .forEach(
              (email, state) -> {
                if (state instanceof Invited it) {
                  expected.put(
                      it.customerId(),
                      new Customer(
                          it.customerId(),
                          email,
                          it.invitedBy(),
                          it.moves() == 0 ? Optional.of("pending") : Optional.empty()));
                }
              });
      try (DerivedRows<Customer> inOrder = rows();
          DerivedRows<Customer> shuffled = rows()) {
        race.log()
            .forEach(each -> inOrder.happens(CustomerSchema.SCHEMA, each.email(), each.event()));
        shuffled.isToldThrice(inOrder, random);

        assertEquals(expected, inOrder.rows(), shown);
        assertEquals(expected, shuffled.rows(), shown);
        assertEquals(shuffled.expectedEntries(), shuffled.entries(), shown);
      }
    }
  }

  private static DerivedRows<Customer> rows() {
    return DerivedRows.of(CustomerDomain.CUSTOMERS, CustomerSchema.BY_ID, Customer.class);
  }
}

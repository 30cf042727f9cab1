package dev.pleat.topology.customers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.PolicyContext;
import dev.pleat.schemas.customers.CustomerCommand;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.schemas.customers.CustomerEvent.AddressClaimed;
import dev.pleat.schemas.customers.CustomerEvent.AddressConfirmed;
import dev.pleat.schemas.customers.CustomerEvent.AddressEvent;
import dev.pleat.schemas.customers.CustomerEvent.CustomerInvited;
import dev.pleat.schemas.customers.CustomerEvent.InvitationWithdrawn;
import dev.pleat.schemas.customers.CustomerSchema;
import dev.pleat.topology.Decision;
import dev.pleat.topology.Reaction;
import dev.pleat.topology.customers.Customers.Changing;
import dev.pleat.topology.customers.Customers.Claimed;
import dev.pleat.topology.customers.Customers.Free;
import dev.pleat.topology.customers.Customers.Invited;
import dev.pleat.topology.customers.Customers.Left;
import dev.pleat.topology.customers.Customers.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * The rules of customers and the policy between them, with nothing but what the log promises:
 * commands and events of a partition keep their order, all else may come at any time; a command is
 * decided once within a day. Deadlines come when the test says so, early or late.
 */
final class AddressRace {

  /** How long an id is remembered, as the engine does. */
  private static final Duration MEMORY = Duration.ofHours(24);

  private static final Optional<String> POLICY =
      Optional.of(CustomerSchema.SCHEMA.policyActor(CustomerSchema.CHANGING_ADDRESS));

  /** An event of an address. */
  record Happened(String email, CustomerEvent event, Instant time, UUID id, long version) {}

  private record Sent(UUID id, String email, CustomerCommand command, Optional<String> actor) {}

  private record Deadline(String email, String name) {}

  /** One partition of the topics, and the policy's task for it. */
  private static final class Partition {
    final Deque<Sent> commands = new ArrayDeque<>();
    final Deque<Happened> unread = new ArrayDeque<>();
    final Map<Deadline, Sent> deadlines = new LinkedHashMap<>();
  }

  private final SplittableRandom random;
  private final List<Partition> partitions = new ArrayList<>();
  private final Customers rules = new Customers();
  private final ChangingAddress policy = new ChangingAddress();
  private final Map<String, State> states = new TreeMap<>();
  private final Map<String, Map<UUID, Instant>> decided = new HashMap<>();

  /** Nobody repeats these a day later: their events, and what follows, would have the same ids. */
  private final Set<UUID> changedAnAddress = new HashSet<>();

  private final List<Sent> sent = new ArrayList<>();
  private final List<Happened> log = new ArrayList<>();
  private final Set<String> customers = new TreeSet<>();
  private Instant now = Instant.parse("2026-11-21T10:00:00Z");

  AddressRace(int partitions, SplittableRandom random) {
    this.random = random;
    for (int i = 0; i < partitions; i++) {
      this.partitions.add(new Partition());
    }
  }

  Map<String, State> states() {
    return states;
  }

  /** What happened, in the order of time. */
  List<Happened> log() {
    return log;
  }

  /** Who was invited and did not leave. */
  Set<String> customers() {
    return customers;
  }

  // ---- what may come next

  void pass(Duration time) {
    now = now.plus(time);
  }

  /** Somebody sends a command. */
  void send(CustomerCommand command) {
    String written = JsonCodec.toObject(command).text("email").orElseThrow();
    append(
        new Sent(
            new UUID(random.nextLong(), random.nextLong()),
            CustomerSchema.SCHEMA.aggregateId(written),
            command,
            Optional.empty()));
  }

  /** A command of anybody's is there twice. */
  void sendAgain() {
    if (!sent.isEmpty()) {
      append(sent.get(random.nextInt(sent.size())));
    }
  }

  private void append(Sent command) {
    sent.add(command);
    partition(command.email()).commands.add(command);
  }

  private Partition partition(String email) {
    return partitions.get(Math.floorMod(email.hashCode(), partitions.size()));
  }

  private Optional<Partition> any(Predicate<Partition> busy) {
    List<Partition> all = partitions.stream().filter(busy).toList();
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(random.nextInt(all.size())));
  }

  boolean decideOne() {
    Optional<Partition> at = any(partition -> !partition.commands.isEmpty());
    at.ifPresent(partition -> decide(partition, partition.commands.remove()));
    return at.isPresent();
  }

  boolean reactToOne() {
    Optional<Partition> at = any(partition -> !partition.unread.isEmpty());
    at.ifPresent(partition -> react(partition, partition.unread.remove()));
    return at.isPresent();
  }

  boolean fireAnyDeadline() {
    Optional<Partition> at = any(partition -> !partition.deadlines.isEmpty());
    at.ifPresent(
        partition -> {
          List<Deadline> all = List.copyOf(partition.deadlines.keySet());
          append(partition.deadlines.remove(all.get(random.nextInt(all.size()))));
        });
    return at.isPresent();
  }

  private void decide(Partition partition, Sent command) {
    String email = command.email();
    Instant before =
        decided.computeIfAbsent(email, name -> new HashMap<>()).putIfAbsent(command.id(), now);
    if (before != null
        && (changedAnAddress.contains(command.id()) || before.plus(MEMORY).isAfter(now))) {
      return;
    }
    decided.get(email).put(command.id(), now);
    State state = states.getOrDefault(email, rules.initialState());
    Decision<CustomerEvent> decision =
        rules.decide(
            state,
            command.command(),
            new CommandContext("customers", email, command.id(), now, command.actor()));
    if (!(decision instanceof Decision.Accepted<CustomerEvent> accepted)) {
      return;
    }
    int index = 0;
    for (CustomerEvent event : accepted.events()) {
      if (event instanceof AddressEvent) {
        changedAnAddress.add(command.id());
      }
      checkOrder(states.getOrDefault(email, rules.initialState()), event);
      states.put(email, rules.evolve(states.getOrDefault(email, rules.initialState()), event));
      Happened happened =
          new Happened(
              email,
              event,
              now,
              NameBasedId.ofEvent("customers", email, command.id(), index++),
              log.size());
      log.add(happened);
      partition.unread.add(happened);
    }
  }

  /** An address is claimed, confirmed and invited to only where nobody else has it. */
  private void checkOrder(State before, CustomerEvent event) {
    switch (event) {
      case CustomerInvited invited -> {
        assertTrue(before instanceof Free, "invited over " + before);
        customers.add(invited.customerId());
      }
      case InvitationWithdrawn withdrawn -> customers.remove(withdrawn.customerId());
      case AddressClaimed claimed -> assertTrue(before instanceof Free, "claimed over " + before);
      case AddressConfirmed confirmed ->
          assertTrue(
              before instanceof Claimed it
                      && it.changeId().equals(confirmed.changeId())
                      && it.customerId().equals(confirmed.customerId())
                  || rules.evolve(before, confirmed).equals(before),
              confirmed + " over " + before);
      default -> {}
    }
  }

  private void react(Partition partition, Happened happened) {
    Reaction<ChangingAddress.State> reaction =
        policy.react(
            policy.initialState(),
            happened.event(),
            new PolicyContext(
                "customers",
                CustomerSchema.CHANGING_ADDRESS,
                happened.email(),
                happened.id(),
                happened.version(),
                happened.time()));
    int index = 0;
    for (Reaction.Order order : reaction.orders()) {
      switch (order) {
        case Reaction.Send send ->
            append(
                byPolicy(
                    send.command(),
                    NameBasedId.ofReaction(
                        "customers", CustomerSchema.CHANGING_ADDRESS, happened.id(), index++)));
        case Reaction.SetDeadline set ->
            partition.deadlines.put(
                new Deadline(happened.email(), set.name()),
                byPolicy(
                    set.command(),
                    NameBasedId.ofDeadline(
                        "customers", CustomerSchema.CHANGING_ADDRESS, happened.id(), set.name())));
        case Reaction.CancelDeadline cancel ->
            partition.deadlines.remove(new Deadline(happened.email(), cancel.name()));
      }
    }
  }

  private static Sent byPolicy(Record command, UUID id) {
    return new Sent(
        id,
        JsonCodec.toObject(command).text("email").orElseThrow(),
        (CustomerCommand) command,
        POLICY);
  }

  // ---- what has to be so

  /** At any time a customer is known at one address, or two on the way from one to the other. */
  void check(String shown) {
    Map<String, Integer> present = new HashMap<>();
    Set<String> known = new HashSet<>();
    states.forEach(
        (email, state) -> {
          switch (state) {
            case Invited customer -> present.merge(customer.customerId(), 1, Integer::sum);
            case Changing it -> present.merge(it.customer().customerId(), 1, Integer::sum);
            case Left left -> known.add(left.customer().customerId());
            case Claimed claimed -> {}
            case Free free -> {}
          }
        });
    present.forEach((id, times) -> assertEquals(1, times, shown + ": " + id + " in " + states));
    known.addAll(present.keySet());
    assertTrue(known.containsAll(customers), shown + ": somebody is nowhere: " + states);
  }

  /** Everything that was sent is decided, everything that follows is done, and time passes. */
  void comeToRest(String shown) {
    while (decideOne() || reactToOne() || fireAnyDeadline()) {
      check(shown);
    }
  }
}

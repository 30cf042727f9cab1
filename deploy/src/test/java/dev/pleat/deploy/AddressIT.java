package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageHeaders;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.schemas.customers.CustomerCommand;
import dev.pleat.schemas.customers.CustomerCommand.ChangeAddress;
import dev.pleat.schemas.customers.CustomerCommand.InviteCustomer;
import dev.pleat.schemas.customers.CustomerCommand.WithdrawInvitation;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.schemas.customers.CustomerEvent.AddressChangeAbandoned;
import dev.pleat.schemas.customers.CustomerEvent.AddressReleased;
import dev.pleat.schemas.customers.CustomerSchema;
import dev.pleat.topology.customers.CustomerDomain;
import dev.pleat.topology.customers.Customers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Customers change their addresses on a real broker: no address ever has two of them. */
final class AddressIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int CUSTOMERS = 1_000;
  private static final DomainSchema<CustomerCommand, CustomerEvent> SCHEMA = CustomerSchema.SCHEMA;

  @TempDir static Path directory;

  private static Instance instance;
  private static ApiClient http;
  private static TopicReader events;

  private static final Customers RULES = new Customers();
  private static final Map<String, Customers.State> STATES = new HashMap<>();

  /** How the last change of an address ended. */
  private static final Map<String, String> ENDS = new HashMap<>();

  private static int folded;

  @BeforeAll
  static void start() {
    instance = Servers.embedded(directory, CustomerDomain.CUSTOMERS);
    http = new ApiClient(instance.url());
    events = new TopicReader(instance.bootstrapServers(), SCHEMA.eventsTopic());
  }

  @AfterAll
  static void stop() {
    events.close();
    http.close();
    instance.close();
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "not in time: " + what);
      LockSupport.parkNanos(50_000_000);
    }
  }

  private static JsonNode invite(String email) {
    HttpResponse<String> invited = http.post("/customers", "{\"email\":\"" + email + "\"}");
    assertEquals(201, invited.statusCode(), invited.body());
    return json(http.get(byEmail(email) + "?wait=15s&after=" + token(invited)));
  }

  private static String token(HttpResponse<String> answer) {
    return ApiClient.header(answer, "Pleat-Token");
  }

  private static String byEmail(String email) {
    return "/customers/by-email/" + email;
  }

  private static String address(String customerId) {
    HttpResponse<String> row = http.get("/customers/" + customerId);
    return row.statusCode() == 200 ? json(row).get("email").asString() : "";
  }

  /** The events of the change that a command began, each caused by the one before. */
  private static List<ConsumerRecord<byte[], byte[]>> chain(String commandId) {
    return events.all().stream()
        .filter(
            record ->
                event(record).correlationId().equals(Optional.of(commandId))
                    || event(record).parentId().toString().equals(commandId))
        .sorted((one, other) -> hops(one) - hops(other))
        .toList();
  }

  private static int hops(ConsumerRecord<byte[], byte[]> record) {
    return Optional.ofNullable(record.headers().lastHeader(MessageHeaders.HOPS))
        .map(header -> Integer.parseInt(new String(header.value(), UTF_8)))
        .orElse(0);
  }

  private static RecordedEvent event(ConsumerRecord<byte[], byte[]> record) {
    return JsonCodec.readEvent(record.value());
  }

  /** Straight to the topic, all at once: over HTTP the connections would be the limit. */
  private static void send(List<? extends CustomerCommand> commands) {
    try (Producer<String, byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", instance.bootstrapServers()),
            new StringSerializer(),
            new ByteArraySerializer())) {
      for (CustomerCommand command : commands) {
        JsonCodec.JsonObject data = JsonCodec.toObject(command);
        producer.send(
            new ProducerRecord<>(
                SCHEMA.commandsTopic(),
                SCHEMA.aggregateId(data.text("email").orElseThrow()),
                JsonCodec.write(
                    SubmittedCommand.of(
                        UUID.randomUUID(),
                        command.getClass().getSimpleName(),
                        data,
                        Instant.EPOCH))));
      }
    }
  }

  /** What the rules make of everything that has happened so far. */
  private static Map<String, Customers.State> states() {
    List<ConsumerRecord<byte[], byte[]>> all = events.all();
    for (ConsumerRecord<byte[], byte[]> record : all.subList(folded, all.size())) {
      RecordedEvent event = event(record);
      String email = new String(record.key(), UTF_8);
      CustomerEvent fact =
          JsonCodec.toRecord(event.data(), SCHEMA.event(event.action()).orElseThrow());
      STATES.put(email, RULES.evolve(STATES.getOrDefault(email, RULES.initialState()), fact));
      if (fact instanceof AddressChangeAbandoned || fact instanceof AddressReleased) {
        ENDS.put(email, event.action());
      }
    }
    folded = all.size();
    return STATES;
  }

  /** Whether as many changes have ended as these, and none is under way. */
  private static boolean ended(List<String> emails) {
    return states().values().stream()
            .allMatch(
                state -> state instanceof Customers.Free || state instanceof Customers.Invited)
        && ENDS.keySet().containsAll(emails);
  }

  @Test
  void a_customer_moves_and_the_story_is_one_chain_of_causes() {
    String id = invite("grace@example.com").get("customer-id").asString();

    HttpResponse<String> asked =
        http.put(byEmail("Grace@Example.com") + "/address", "{\"to\":\" Hopper@example.com\"}");

    assertEquals(200, asked.statusCode(), asked.body());
    await("the new address", () -> address(id).equals("hopper@example.com"));
    await("the old one is free", () -> http.get(byEmail("grace@example.com")).statusCode() == 404);
    assertEquals(id, json(http.get(byEmail("hopper@example.com"))).get("customer-id").asString());
    List<ConsumerRecord<byte[], byte[]>> chain = chain(json(asked).get("command-id").asString());
    assertEquals(
        List.of(
            "AddressChangeRequested",
            "AddressClaimed",
            "AddressLeft",
            "AddressConfirmed",
            "AddressReleased"),
        chain.stream().map(record -> event(record).action()).toList());
    for (int i = 0; i < chain.size(); i++) {
      assertEquals(Optional.of(id), event(chain.get(i)).data().text("customer-id"));
      if (i > 0) {
        assertEquals(
            event(chain.get(i - 1)).id().toString(),
            new String(chain.get(i).headers().lastHeader(MessageHeaders.CAUSE).value(), UTF_8));
      }
    }
    assertNotEquals(id, invite("grace@example.com").get("customer-id").asString());
  }

  @Test
  void a_change_that_is_given_up_leaves_the_new_address_free() {
    invite("alan@example.com");

    // Nothing comes between the two: they lie one behind the other on the log.
    send(
        List.of(
            new ChangeAddress("alan@example.com", "turing@example.com"),
            new WithdrawInvitation("alan@example.com")));

    await("released", () -> events.valuesOf("turing@example.com").size() == 2);
    assertTrue(ended(List.of("alan@example.com")), () -> states().toString());
    invite("turing@example.com");
    invite("alan@example.com");
  }

  @Test
  void nobody_takes_a_step_of_a_change_over_http() {
    String claim =
        "{\"email\":\"x@example.com\",\"change-id\":\"%s\",\"customer-id\":\"%s\",\"from\":\"y@example.com\",\"until\":\"2999-01-01T00:00:00Z\"}"
            .formatted(UUID.randomUUID(), UUID.randomUUID());

    HttpResponse<String> forged = http.post("/domains/customers/commands/ClaimAddress", claim);
    assertEquals(403, forged.statusCode(), forged.body());
    HttpResponse<String> disguised =
        http.post(
            "/domains/customers/commands/ClaimAddress",
            claim,
            "Pleat-Actor",
            "policy:customers/changing-address");
    assertEquals(400, disguised.statusCode(), disguised.body());
    assertEquals("invalid-actor", json(disguised).get("code").asString());
    invite("x@example.com");
  }

  @Test
  void of_a_thousand_who_change_to_one_address_one_gets_it_and_the_others_keep_theirs() {
    String wanted = "wanted@example.com";
    List<String> present = new ArrayList<>();
    for (int i = 0; i < CUSTOMERS; i++) {
      present.add("customer-" + i + "@example.com");
    }
    send(present.stream().map(InviteCustomer::new).toList());
    send(present.stream().map(email -> new ChangeAddress(email, wanted)).toList());

    await("all ended", () -> ended(present));

    Map<String, Customers.State> states = states();
    Customers.Invited winner = (Customers.Invited) states.get(wanted);
    List<String> left =
        present.stream().filter(email -> states.get(email) instanceof Customers.Free).toList();
    assertEquals(1, left.size(), () -> "left their address: " + left);
    assertEquals(
        List.of("AddressReleased"),
        present.stream()
            .map(ENDS::get)
            .filter(it -> !it.equals("AddressChangeAbandoned"))
            .toList());
    List<String> ids =
        present.stream()
            .map(states::get)
            .filter(Customers.Invited.class::isInstance)
            .map(state -> ((Customers.Invited) state).customerId())
            .toList();
    assertEquals(CUSTOMERS - 1, ids.stream().distinct().count());
    assertTrue(!ids.contains(winner.customerId()), "the winner has one address");
    await("shown at the new address", () -> address(winner.customerId()).equals(wanted));
    await("not shown at the old one", () -> http.get(byEmail(left.getFirst())).statusCode() == 404);
  }
}

package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.json;
import static dev.pleat.deploy.TopicReader.containing;
import static dev.pleat.deploy.TopicReader.ofKey;
import static dev.pleat.deploy.TopicReader.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.interactivequeries.Health;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageHeaders;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.customers.CustomerSchema;
import dev.pleat.topology.EffectReader;
import dev.pleat.topology.customers.CustomerDomain;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Invitations by e-mail, on a real broker and a real SMTP server: one each, whatever happens. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class EmailIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int ATTEMPTS = 3;
  private static final DomainSchema<?, ?> SCHEMA = CustomerSchema.SCHEMA;
  private static final EffectReader READER =
      EffectReader.of(CustomerDomain.CUSTOMERS, CustomerSchema.INVITATION);

  @TempDir static Path directory;

  private static EmbeddedBroker broker;
  private static Admin admin;
  private static Cluster cluster;
  private static MailServer mail;
  private static Instance pleat;
  private static ApiClient http;

  private Optional<RunningEffect> running = Optional.empty();

  @BeforeAll
  static void start() {
    broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
    admin = Admin.create(connection());
    cluster = new Cluster(admin);
    mail = MailServer.start();
    pleat =
        Servers.joined(
            directory.resolve("pleat"), broker.bootstrapServers(), CustomerDomain.CUSTOMERS);
    http = new ApiClient(pleat.url());
  }

  @AfterAll
  static void stop() {
    http.close();
    pleat.close();
    mail.close();
    admin.close();
    broker.close();
  }

  @AfterEach
  void stopEffect() {
    running.ifPresent(RunningEffect::close);
  }

  private static Map<String, Object> connection() {
    return Map.of("bootstrap.servers", broker.bootstrapServers());
  }

  private static String eventsId() {
    return cluster.describe(SCHEMA.eventsTopic()).orElseThrow().topicId().toString();
  }

  private static EffectPositions positions(String eventsId) {
    return new EffectPositions(
        READER.name(),
        READER.group(),
        new EffectPositions.Events(SCHEMA.eventsTopic(), eventsId, Servers.PARTITIONS),
        connection(),
        admin,
        new Manifest(connection(), SCHEMA.manifestTopic()));
  }

  /** The effect as {@code pleat serve --smtp} runs it, but less patient. */
  private RunningEffect run(EffectPositions positions) {
    RunningEffect effect =
        RunningEffect.start(
            READER,
            positions,
            new SmtpServer(mail.settings()),
            new RunningEffect.Surroundings(
                connection(),
                SCHEMA.eventsTopic(),
                "email-it",
                new EffectWaits.Patience(
                    new Backoff(Duration.ofMillis(20), Duration.ofMillis(50)),
                    ATTEMPTS,
                    new Backoff(Duration.ofMillis(20), Duration.ofMillis(200)),
                    new SplittableRandom(42))));
    running = Optional.of(effect);
    return effect;
  }

  private RunningEffect run() {
    EffectPositions positions = positions(eventsId());
    positions.prepare(false, false);
    RunningEffect effect = run(positions);
    await("works", () -> effect.health().up());
    return effect;
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "not in time: " + what);
      LockSupport.parkNanos(5_000_000);
    }
  }

  private static String invite(String email) {
    String command = UUID.randomUUID().toString();
    // A broker without time says not now; by the key it is one invitation all the same.
    await(
        "invited " + email,
        () ->
            http.post("/customers", "{\"email\":\"" + email + "\"}", "Idempotency-Key", command)
                    .statusCode()
                == 201);
    return command;
  }

  private static void awaitInvitation(String email, String state) {
    await(
        email + " " + state,
        () -> {
          HttpResponse<String> row = http.get("/customers/by-email/" + email);
          return row.statusCode() == 200 && json(row).get("invitation").asString().equals(state);
        });
  }

  private static TopicReader topic(String name) {
    return new TopicReader(broker.bootstrapServers(), name);
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    return text(record.headers().lastHeader(name).value());
  }

  /** A last invitation that comes after all others of its partition, and has been dealt with. */
  private static void awaitEverythingRead(String name) {
    for (int i = 0; i < 2 * Servers.PARTITIONS; i++) {
      String email = name + i + "@example.com";
      invite(email);
      awaitInvitation(email, "sent");
    }
  }

  @Test
  @Order(1)
  void an_invitation_is_sent_once_and_recorded_with_its_cause() throws Exception {
    invite("before@example.com");
    run();

    String command = invite("ada@example.com");
    awaitInvitation("ada@example.com", "sent");

    assertEquals(1, mail.to("ada@example.com").size());
    assertEquals(
        0, mail.to("before@example.com").size(), "it begins with what happens from now on");
    assertEquals(
        "pending",
        json(http.get("/customers/by-email/before@example.com")).get("invitation").asString());
    try (TopicReader events = topic(SCHEMA.eventsTopic())) {
      RecordedEvent invited =
          JsonCodec.readEvent(events.await("invited", ofKey("ada@example.com")).value());
      ConsumerRecord<byte[], byte[]> sent =
          events.await("sent", ofKey("ada@example.com").and(containing("\"InvitationSent\"")));
      assertEquals(invited.id().toString(), header(sent, MessageHeaders.CAUSE));
      assertEquals("1", header(sent, MessageHeaders.HOPS));
      RecordedEvent recorded = JsonCodec.readEvent(sent.value());
      assertEquals(Optional.of(command), recorded.correlationId());
      assertEquals(Optional.of("effect:customers/invitation"), recorded.actor());
      assertEquals(
          "<" + NameBasedId.ofCall("customers", "invitation", invited.id()) + "@example.org>",
          mail.to("ada@example.com").getFirst().messageId());
    }
  }

  @Test
  @Order(2)
  void what_is_refused_for_now_is_tried_again_and_others_do_not_wait() {
    run();
    mail.refuseRecipient("busy@example.com", 450, ATTEMPTS - 1);

    invite("busy@example.com");
    invite("free@example.com");

    awaitInvitation("free@example.com", "sent");
    awaitInvitation("busy@example.com", "sent");
    assertEquals(1, mail.to("busy@example.com").size());
  }

  @Test
  @Order(3)
  void what_is_refused_for_good_or_too_often_fails_and_lies_with_the_dead_letters() {
    run();
    mail.refuseRecipient("nobody@example.com", 550, 1_000);
    mail.refuseContents("full@example.com", 452, 1_000);
    int asked = mail.asked();

    invite("nobody@example.com");
    awaitInvitation("nobody@example.com", "failed");
    assertEquals(asked + 1, mail.asked());
    invite("full@example.com");
    awaitInvitation("full@example.com", "failed");
    assertEquals(asked + 1 + ATTEMPTS, mail.asked());

    try (TopicReader letters = topic(SCHEMA.deadLettersTopic());
        TopicReader events = topic(SCHEMA.eventsTopic())) {
      ConsumerRecord<byte[], byte[]> letter = letters.await("letter", ofKey("nobody@example.com"));
      assertEquals("call-refused", header(letter, "pleat-reason"));
      assertTrue(header(letter, "pleat-detail").contains("550"), header(letter, "pleat-detail"));
      assertTrue(text(letter.value()).contains("CustomerInvited"), text(letter.value()));
      letters.await("letter", ofKey("full@example.com"));
      events.await(
          "reason", ofKey("full@example.com").and(containing("refused too often, last: 452")));
    }
    assertEquals(0, mail.to("nobody@example.com").size());
  }

  @Test
  @Order(4)
  void an_outage_is_waited_for_and_said_and_nobodys_failure() {
    RunningEffect effect = run();
    mail.stop();
    invite("patient@example.com");
    invite("calm@example.com");

    await("says that it waits", () -> effect.health().reason().isPresent());
    Health.Role health = effect.health();
    assertTrue(health.up(), "others must not wait for a mail server");
    assertTrue(health.reason().get().contains("127.0.0.1:" + mail.port()), health.toString());

    mail.resume();
    awaitInvitation("patient@example.com", "sent");
    awaitInvitation("calm@example.com", "sent");
    assertEquals(1, mail.to("patient@example.com").size());
    await("waits no more", () -> effect.health().reason().isEmpty());
    try (TopicReader letters = topic(SCHEMA.deadLettersTopic())) {
      assertEquals(List.of(), letters.valuesOf("patient@example.com"));
    }
  }

  @Test
  @Order(5)
  void nothing_is_sent_again_because_something_is_made_anew_replayed_or_tried() {
    run();
    List<String> before = mail.deliveries().stream().map(MailServer.Delivery::messageId).toList();

    assertEquals(202, http.post("/domains/customers/views/by-id/rebuild", "{}").statusCode());
    assertEquals(202, http.post("/domains/customers/log/rebuild", "{}").statusCode());
    assertEquals(200, http.get("/domains/customers/replay/ada@example.com").statusCode());
    HttpResponse<String> tried =
        http.post("/customers?dry-run=true", "{\"email\":\"tried@example.com\"}");
    assertEquals(200, tried.statusCode(), tried.body());
    await(
        "view made anew",
        () -> {
          String views = http.get("/views").body();
          return views.contains("by-id") && !views.contains("\"building\"");
        });
    await(
        "log decided again",
        () -> http.get("/domains/customers/log").body().contains("\"identical\""));
    awaitEverythingRead("rebuilt");

    List<String> after = mail.deliveries().stream().map(MailServer.Delivery::messageId).toList();
    assertEquals(before.size() + 2 * Servers.PARTITIONS, after.size());
    assertEquals(after.size(), after.stream().distinct().count(), "each once");
    assertEquals(0, mail.to("tried@example.com").size());
  }

  @Test
  @Order(6)
  void a_group_that_is_reset_or_gone_sends_nothing_again() throws Exception {
    int before = mail.deliveries().size();
    admin
        .removeMembersFromConsumerGroup(READER.group(), new RemoveMembersFromConsumerGroupOptions())
        .all()
        .get();
    Map<TopicPartition, OffsetAndMetadata> earliest = new HashMap<>();
    cluster
        .offsets(SCHEMA.eventsTopic(), OffsetSpec.earliest())
        .forEach((partition, offset) -> earliest.put(partition, new OffsetAndMetadata(offset)));
    admin.alterConsumerGroupOffsets(READER.group(), earliest).all().get();
    run();
    awaitEverythingRead("reset");
    stopEffect();
    admin
        .removeMembersFromConsumerGroup(READER.group(), new RemoveMembersFromConsumerGroupOptions())
        .all()
        .get();
    assertTrue(cluster.deleteGroup(READER.group()));
    run();
    awaitEverythingRead("deleted");

    assertEquals(before + 4 * Servers.PARTITIONS, mail.deliveries().size());
  }

  @Test
  @Order(7)
  void stays_down_on_another_log_than_it_knows() {
    EffectPositions ofAnother = positions("another-log");
    ofAnother.prepare(false, false);
    RunningEffect effect = run(ofAnother);

    await("says so", () -> effect.health().reason().orElse("").contains("another log"));
    assertFalse(effect.health().up());
    assertTrue(
        effect.health().reason().get().contains("--accept-recreated-topics"),
        effect.health().toString());
  }

  @Test
  @Order(8)
  void refuses_to_run_when_its_positions_are_lost_and_begins_anew_without_repeating_anything()
      throws ExecutionException, InterruptedException {
    String topic = READER.group() + "-positions";
    int before = mail.deliveries().size();
    admin.deleteTopics(List.of(topic)).all().get();
    await("deleted", () -> cluster.describe(topic).isEmpty());

    StartRefused refused =
        assertThrows(StartRefused.class, () -> positions(eventsId()).prepare(true, false));
    assertTrue(
        refused
            .getMessage()
            .contains(
                "the effect customers/invitation has lost its positions ("
                    + topic
                    + " was deleted)"),
        refused.getMessage());
    assertTrue(refused.getMessage().contains("--accept-recreated-topics"), refused.getMessage());

    positions(eventsId()).prepare(true, true);
    run();
    awaitEverythingRead("anew");
    assertEquals(before + 2 * Servers.PARTITIONS, mail.deliveries().size());
  }

  @Test
  @Order(9)
  void an_event_that_cannot_be_read_goes_to_the_dead_letters_and_the_next_one_is_acted_on() {
    run();
    try (Producer<String, byte[]> events =
            new KafkaProducer<>(connection(), new StringSerializer(), new ByteArraySerializer());
        TopicReader letters = topic(SCHEMA.deadLettersTopic())) {
      for (int i = 0; i < Servers.PARTITIONS; i++) {
        events.send(
            new ProducerRecord<>(SCHEMA.eventsTopic(), i, "poison@example.com", new byte[] {'{'}));
      }
      events.flush();
      invite("after@example.com");

      await("sent", () -> mail.to("after@example.com").size() == 1);
      ConsumerRecord<byte[], byte[]> letter = letters.await("letter", ofKey("poison@example.com"));
      assertEquals("unreadable", header(letter, "pleat-reason"));
      assertEquals(SCHEMA.eventsTopic(), header(letter, "pleat-topic"));
    }
  }
}

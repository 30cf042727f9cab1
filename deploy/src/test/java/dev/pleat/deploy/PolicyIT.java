package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.json;
import static dev.pleat.deploy.TopicReader.containing;
import static dev.pleat.deploy.TopicReader.ofKey;
import static dev.pleat.deploy.TopicReader.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageHeaders;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.topology.InputLog;
import dev.pleat.topology.PolicyStart;
import dev.pleat.topology.PolicyTopology;
import dev.pleat.topology.Resumptions;
import dev.pleat.topology.errands.Errands;
import java.lang.reflect.Proxy;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.streams.KafkaStreams;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** A policy on a real broker: what follows from an event follows once. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class PolicyIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final DomainSchema<?, ?> SCHEMA = Errands.SCHEMA;
  private static final DomainSchema.DeclaredPolicy POLICY =
      SCHEMA.policy(Errands.FOLLOWING).orElseThrow();
  private static final String APPLICATION = PolicyTopology.applicationId(SCHEMA, POLICY);

  @TempDir static Path directory;

  private static EmbeddedBroker broker;
  private static Admin admin;
  private static Cluster cluster;

  @BeforeAll
  static void start() {
    broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
    admin = Admin.create(connection());
    cluster = new Cluster(admin);
  }

  @AfterAll
  static void stop() {
    admin.close();
    broker.close();
  }

  private static Map<String, Object> connection() {
    return Map.of("bootstrap.servers", broker.bootstrapServers());
  }

  private static Instance launch(boolean acceptRecreated) {
    return Servers.launch(
        directory.resolve("pleat"),
        Optional.of(broker.bootstrapServers()),
        acceptRecreated,
        List.of(Errands.ERRANDS),
        Map.of());
  }

  private static TopicReader events() {
    return new TopicReader(broker.bootstrapServers(), SCHEMA.eventsTopic());
  }

  private static HttpResponse<String> send(ApiClient http, String action, String body) {
    HttpResponse<String> answer = http.post("/domains/errands/commands/" + action, body);
    assertEquals(200, answer.statusCode(), answer.body());
    return answer;
  }

  private static HttpResponse<String> begin(ApiClient http, String errand, String note) {
    return send(http, "BeginErrand", "{\"errand\":\"%s\",\"note\":\"%s\"}".formatted(errand, note));
  }

  private static Map<TopicPartition, Long> sent() {
    return cluster.offsets(SCHEMA.commandsTopic(), OffsetSpec.latest());
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "not in time: " + what);
      LockSupport.parkNanos(20_000_000);
    }
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    return text(record.headers().lastHeader(name).value());
  }

  @Test
  @Order(1)
  void what_follows_is_decided_and_knows_its_cause() {
    try (Instance instance = Servers.ready(launch(false));
        ApiClient http = new ApiClient(instance.url());
        TopicReader events = events()) {
      String command = json(begin(http, "a", "send b")).get("command-id").asString();
      begin(http, "c", "remind 100");
      begin(http, "d", "remind");
      send(http, "FinishErrand", "{\"errand\":\"d\"}");

      ConsumerRecord<byte[], byte[]> cause = events.await("event of a", ofKey("a"));
      ConsumerRecord<byte[], byte[]> effect = events.await("event of b", ofKey("b"));
      RecordedEvent begun = JsonCodec.readEvent(effect.value());
      assertEquals(Optional.of(command), begun.correlationId());
      assertEquals(Optional.of("policy:errands/following"), begun.actor());
      assertEquals(
          JsonCodec.readEvent(cause.value()).id().toString(), header(effect, MessageHeaders.CAUSE));
      assertEquals("1", header(effect, MessageHeaders.HOPS));
      events.await("a reminder", containing("\"Reminded\"").and(ofKey("c")));
    }
  }

  @Test
  @Order(2)
  void a_group_reset_to_earliest_with_the_clock_25_hours_on_appends_no_command() throws Exception {
    Map<TopicPartition, Long> before = sent();
    Map<TopicPartition, Long> last = new HashMap<>();
    try (TopicReader events = events()) {
      events
          .all()
          .forEach(
              event ->
                  last.merge(
                      new TopicPartition(event.topic(), event.partition()),
                      event.offset() + 1,
                      Math::max));
    }
    assertTrue(last.values().stream().mapToLong(Long::longValue).sum() >= 6, last.toString());

    // What were appended now would fail 25 hours later for another reason: the broker refuses
    // records of the future in the changelog topics.
    for (Duration later : List.of(Duration.ZERO, Duration.ofHours(25))) {
      readAgain(last, later);
      assertEquals(before, sent(), later + " later");
    }
  }

  /** Reads every event again, into stores made anew from the changelog topics. */
  private static void readAgain(Map<TopicPartition, Long> last, Duration later) throws Exception {
    resetToEarliest();
    StoreMemory memory = new StoreMemory(16 * 1024 * 1024);
    StreamsSettings settings =
        new StreamsSettings(
            connection(), directory.resolve("later" + later.toHours()), "later", memory);
    InputLog log =
        new InputLog(
            cluster.describe(SCHEMA.eventsTopic()).orElseThrow().topicId().toString(),
            Servers.PARTITIONS,
            false);
    try (KafkaStreams streams =
        new KafkaStreams(
            PolicyTopology.of(
                Errands.ERRANDS,
                Errands.FOLLOWING,
                new PolicyStart(Map.of("errands", log), Map.of()),
                new Resumptions()),
            settings.reacting(APPLICATION),
            clockAhead(later))) {
      streams.start();
      await(
          "everything read again",
          () -> {
            Map<TopicPartition, Long> committed =
                cluster.committed(APPLICATION, SCHEMA.eventsTopic());
            return last.entrySet().stream()
                .allMatch(end -> committed.getOrDefault(end.getKey(), 0L) >= end.getValue());
          });
    } finally {
      memory.close();
    }
  }

  private static void resetToEarliest() throws Exception {
    admin
        .removeMembersFromConsumerGroup(APPLICATION, new RemoveMembersFromConsumerGroupOptions())
        .all()
        .get();
    Map<TopicPartition, OffsetAndMetadata> earliest = new HashMap<>();
    cluster
        .offsets(SCHEMA.eventsTopic(), OffsetSpec.earliest())
        .forEach((partition, offset) -> earliest.put(partition, new OffsetAndMetadata(offset)));
    admin.alterConsumerGroupOffsets(APPLICATION, earliest).all().get();
  }

  /** A clock that is ahead. */
  private static Time clockAhead(Duration by) {
    return (Time)
        Proxy.newProxyInstance(
            PolicyIT.class.getClassLoader(),
            new Class<?>[] {Time.class},
            (proxy, method, arguments) ->
                method.getName().equals("milliseconds")
                    ? Time.SYSTEM.milliseconds() + by.toMillis()
                    : method.invoke(Time.SYSTEM, arguments));
  }

  @Test
  @Order(4)
  void goes_on_where_it_was_and_without_an_event_it_cannot_react_to() {
    try (Instance instance = Servers.ready(launch(false));
        ApiClient http = new ApiClient(instance.url());
        TopicReader events = events()) {
      begin(http, "e", "throw");
      begin(http, "e", "send f");
      await("stopped", () -> http.get("/health/ready").statusCode() == 503);
      String ready = http.get("/health/ready").body();
      assertTrue(ready.contains("react errands/following"), ready);
      assertTrue(ready.contains("on purpose"), ready);

      Operator operator = Operator.of(instance);
      String listed = operator.pleat("policies");
      assertTrue(listed.startsWith("0 POLICY"), listed);
      assertTrue(listed.contains("\nerrands/following  down"), listed);
      assertTrue(listed.contains("on purpose"), listed);
      assertTrue(operator.pleat("policies", "skip", "errands").contains("name the policy like"));
      assertTrue(operator.pleat("policies", "skip", "errands/none").contains("pleat policies"));

      String skipped = operator.pleat("policies", "skip", "errands/following");

      assertTrue(skipped.startsWith("0 Leaves out offset "), skipped);
      events.await("event of f", ofKey("f"));
      await("ready", () -> http.get("/health/ready").statusCode() == 200);
      assertTrue(operator.pleat("policies").contains("\nerrands/following  works"));
      assertTrue(operator.pleat("policies", "continue", "errands/following").startsWith("1 "));
      assertEquals(1, events.valuesOf("b").size(), "what was done before is not done again");
    }
  }

  @Test
  @Order(3)
  void refuses_to_start_when_its_state_is_lost_and_begins_anew_without_repeating_anything()
      throws Exception {
    String changelog = PolicyTopology.changelog(SCHEMA, POLICY, POLICY.guard(SCHEMA).seenStore());
    admin.deleteTopics(List.of(changelog)).all().get();
    await("deleted", () -> cluster.describe(changelog).isEmpty());

    StartRefused refused = assertThrows(StartRefused.class, () -> launch(false).close());
    assertTrue(
        refused
            .getMessage()
            .contains(
                "the policy errands/following has lost its state (" + changelog + " was deleted)"),
        refused.getMessage());
    assertTrue(refused.getMessage().contains("--accept-recreated-topics"), refused.getMessage());

    Map<TopicPartition, Long> before = sent();
    try (Instance instance = Servers.ready(launch(true));
        ApiClient http = new ApiClient(instance.url());
        TopicReader events = events()) {
      assertEquals(before, sent());
      begin(http, "a", "tell g");

      events.await(
          "what it knows of a, from before", ofKey("g").and(containing("[send b, tell g]")));
      assertEquals(1, events.valuesOf("b").size());
    }
    Servers.ready(launch(false)).close();
  }
}

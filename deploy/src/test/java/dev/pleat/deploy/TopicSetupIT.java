package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.json;
import static dev.pleat.deploy.TopicReader.ofKey;
import static dev.pleat.deploy.TopicReader.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which topics a start makes, which it accepts, and which it refuses with one line that helps. */
final class TopicSetupIT {

  private static final int PARTITIONS = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final DomainSchema<?, ?> SCHEMA = CalculatorSchema.SCHEMA;
  private static final String FLAG = "--accept-recreated-topics";

  @TempDir static Path directory;

  private static EmbeddedBroker broker;
  private static Admin admin;
  private static Producer<String, String> producer;

  @BeforeAll
  static void start() {
    broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
    admin = Admin.create(connection());
    producer = new KafkaProducer<>(connection(), new StringSerializer(), new StringSerializer());
  }

  @AfterAll
  static void stop() {
    producer.close();
    admin.close();
    broker.close();
  }

  private static Map<String, Object> connection() {
    return Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrapServers());
  }

  /** All tests share one broker: each finds it without the domain's topics. */
  @BeforeEach
  void removeTopics() throws Exception {
    Set<String> there = new HashSet<>(names());
    there.retainAll(
        Set.of(
            SCHEMA.commandsTopic(),
            SCHEMA.eventsTopic(),
            SCHEMA.outcomesTopic(),
            SCHEMA.deadLettersTopic(),
            SCHEMA.manifestTopic()));
    delete(there.toArray(String[]::new));
  }

  private static TopicSetup.Topics prepare(boolean acceptRecreated) {
    return new TopicSetup(admin, connection())
        .prepare(SCHEMA, PARTITIONS, acceptRecreated, Optional.empty());
  }

  private static TopicSetup.Topics prepare() {
    return prepare(false);
  }

  /** Refused with one line in which all these words are. */
  private static void assertRefused(boolean acceptRecreated, String... words) {
    StartRefused refused = assertThrows(StartRefused.class, () -> prepare(acceptRecreated));
    String message = refused.getMessage();
    assertEquals(1, message.lines().count(), message);
    for (String word : words) {
      assertTrue(message.contains(word), () -> message + " should name " + word);
    }
  }

  private static void create(String topic, int partitions, Map<String, String> config)
      throws ExecutionException, InterruptedException {
    admin
        .createTopics(
            List.of(new NewTopic(topic, Optional.of(partitions), Optional.empty()).configs(config)))
        .all()
        .get();
    await(topic + " to be there", () -> names().contains(topic));
  }

  private static void createCommands(String topic, int partitions)
      throws ExecutionException, InterruptedException {
    create(
        topic, partitions, Map.of("message.timestamp.type", "LogAppendTime", "retention.ms", "-1"));
  }

  private static void createEvents(String topic, int partitions)
      throws ExecutionException, InterruptedException {
    create(topic, partitions, Map.of("retention.ms", "-1"));
  }

  private static void delete(String... topics) throws ExecutionException, InterruptedException {
    admin.deleteTopics(List.of(topics)).all().get();
    await("topics to be gone", () -> Collections.disjoint(names(), List.of(topics)));
  }

  private static Set<String> names() throws ExecutionException, InterruptedException {
    return admin.listTopics().names().get();
  }

  /** What the controller has done the broker hears of a moment later. */
  private static void await(String what, Callable<Boolean> condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    try {
      while (!condition.call()) {
        assertTrue(System.nanoTime() < deadline, () -> "waited in vain for " + what);
        LockSupport.parkNanos(2_000_000);
      }
    } catch (Exception e) {
      throw new AssertionError("waiting for " + what, e);
    }
  }

  private static void alter(String topic, String key, String value)
      throws ExecutionException, InterruptedException {
    admin
        .incrementalAlterConfigs(
            Map.of(
                new ConfigResource(ConfigResource.Type.TOPIC, topic),
                List.of(new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET))))
        .all()
        .get();
    await(key + " to be " + value, () -> value.equals(configOf(topic).get(key)));
  }

  private static Map<String, String> configOf(String topic)
      throws ExecutionException, InterruptedException {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    Map<String, String> config = new HashMap<>();
    admin
        .describeConfigs(List.of(resource))
        .all()
        .get()
        .get(resource)
        .entries()
        .forEach(entry -> config.put(entry.name(), entry.value()));
    return config;
  }

  private static int partitionsOf(String topic) throws ExecutionException, InterruptedException {
    return admin
        .describeTopics(List.of(topic))
        .allTopicNames()
        .get()
        .get(topic)
        .partitions()
        .size();
  }

  private static Map<String, String> manifest() {
    Map<String, String> manifest = new HashMap<>();
    try (TopicReader reader = new TopicReader(broker.bootstrapServers(), SCHEMA.manifestTopic())) {
      for (ConsumerRecord<byte[], byte[]> record : reader.all()) {
        String before = manifest.put(text(record.key()), text(record.value()));
        assertTrue(before == null, () -> text(record.key()) + " is in the manifest twice");
      }
    }
    return manifest;
  }

  // ---- what a first start makes

  @Test
  void a_first_start_makes_topics_that_keep_everything_for_ever() throws Exception {
    TopicSetup.Topics topics = prepare();

    List<String> names =
        List.of(
            SCHEMA.commandsTopic(),
            SCHEMA.eventsTopic(),
            SCHEMA.outcomesTopic(),
            SCHEMA.deadLettersTopic());
    Map<String, TopicDescription> made = admin.describeTopics(names).allTopicNames().get();
    Map<String, String> manifest = new HashMap<>();
    for (String name : names) {
      assertEquals(PARTITIONS, made.get(name).partitions().size(), name);
      Map<String, String> config = configOf(name);
      assertEquals("delete", config.get("cleanup.policy"), name);
      assertEquals("-1", config.get("retention.ms"), name);
      assertEquals("-1", config.get("retention.bytes"), name);
      assertEquals("1048588", config.get("max.message.bytes"), name);
      assertEquals(
          name.equals(SCHEMA.commandsTopic()) ? "LogAppendTime" : "CreateTime",
          config.get("message.timestamp.type"),
          name);
      manifest.put(
          name,
          "{\"topic-id\":\"" + made.get(name).topicId() + "\",\"partitions\":" + PARTITIONS + "}");
    }
    assertEquals("compact", configOf(SCHEMA.manifestTopic()).get("cleanup.policy"));
    assertEquals(manifest, manifest());
    assertEquals(made.get(names.get(0)).topicId().toString(), topics.commands().topicId());
    assertEquals(PARTITIONS, topics.commands().partitions());
    assertEquals(made.get(names.get(1)).topicId().toString(), topics.eventsTopicId());
  }

  @Test
  void a_second_start_finds_the_same_topics_and_changes_nothing() {
    TopicSetup.Topics first = prepare();
    Map<String, String> manifest = manifest();

    assertEquals(first, prepare());

    assertEquals(manifest, manifest());
  }

  @Test
  void topics_that_somebody_made_rightly_are_taken_and_the_others_follow_their_count()
      throws Exception {
    createCommands(SCHEMA.commandsTopic(), 5);

    assertEquals(5, prepare().commands().partitions());

    assertEquals(5, partitionsOf(SCHEMA.eventsTopic()));
  }

  // ---- what is refused

  @Test
  void events_that_are_compacted_are_refused() throws Exception {
    create(
        SCHEMA.eventsTopic(),
        PARTITIONS,
        Map.of("cleanup.policy", "compact", "retention.ms", "-1"));

    assertRefused(false, "calculator.events", "cleanup.policy=compact", "needs delete");
  }

  @Test
  void events_that_are_kept_for_a_week_are_refused() throws Exception {
    prepare();
    alter(SCHEMA.eventsTopic(), "retention.ms", "604800000");

    assertRefused(true, "calculator.events", "retention.ms=604800000", "needs -1");
  }

  @Test
  void events_that_are_kept_up_to_a_size_are_refused() throws Exception {
    prepare();
    alter(SCHEMA.eventsTopic(), "retention.bytes", "1000000");

    assertRefused(true, "calculator.events", "retention.bytes=1000000", "needs -1");
  }

  @Test
  void events_that_have_lost_their_beginning_are_refused() throws Exception {
    prepare();
    for (int i = 0; i < 3; i++) {
      producer.send(new ProducerRecord<>(SCHEMA.eventsTopic(), 1, "key", "value")).get();
    }
    prepare();
    admin
        .deleteRecords(
            Map.of(new TopicPartition(SCHEMA.eventsTopic(), 1), RecordsToDelete.beforeOffset(2)))
        .all()
        .get();

    assertRefused(true, "calculator.events-1", "lost its beginning", "starts at offset 2");
  }

  @Test
  void commands_with_the_time_of_their_sender_are_refused() throws Exception {
    create(SCHEMA.commandsTopic(), PARTITIONS, Map.of("retention.ms", "-1"));

    assertRefused(
        false, "calculator.commands", "message.timestamp.type=CreateTime", "needs LogAppendTime");
  }

  @Test
  void topics_of_different_counts_are_refused() throws Exception {
    createCommands(SCHEMA.commandsTopic(), 2);
    createEvents(SCHEMA.eventsTopic(), 4);

    assertRefused(
        false, "same number of partitions", "calculator.commands 2", "calculator.events 4");
  }

  @Test
  void a_count_other_than_the_recorded_one_is_refused() throws Exception {
    prepare();
    Map<String, NewPartitions> more = new HashMap<>();
    for (String topic :
        List.of(
            SCHEMA.commandsTopic(),
            SCHEMA.eventsTopic(),
            SCHEMA.outcomesTopic(),
            SCHEMA.deadLettersTopic())) {
      more.put(topic, NewPartitions.increaseTo(PARTITIONS + 1));
    }
    admin.createPartitions(more).all().get();
    await("the new partitions", () -> partitionsOf(SCHEMA.eventsTopic()) == PARTITIONS + 1);

    assertRefused(true, "calculator.", "has 4 partitions", "created with 3");
  }

  @Test
  void topics_that_cannot_take_what_is_written_are_refused() throws Exception {
    prepare();
    alter(SCHEMA.outcomesTopic(), "max.message.bytes", "1000");

    assertRefused(false, "calculator.outcomes", "max.message.bytes=1000", "needs 1048588");
  }

  @Test
  void everything_that_is_set_wrongly_is_named_at_once() throws Exception {
    prepare();
    alter(SCHEMA.eventsTopic(), "cleanup.policy", "compact");
    alter(SCHEMA.commandsTopic(), "message.timestamp.type", "CreateTime");

    assertRefused(false, "cleanup.policy=compact", "message.timestamp.type=CreateTime");
  }

  // ---- topics that are gone, or others than before

  @Test
  void commands_that_were_deleted_are_refused_until_an_operator_says_so() throws Exception {
    TopicSetup.Topics before = prepare();
    delete(SCHEMA.commandsTopic());

    assertRefused(false, "calculator.commands", "deleted", FLAG);
    assertFalse(
        names().contains(SCHEMA.commandsTopic()), "a refused start must not make the topic again");

    TopicSetup.Topics accepted = prepare(true);
    assertFalse(before.commands().topicId().equals(accepted.commands().topicId()));
    assertEquals(PARTITIONS, accepted.commands().partitions());
    assertEquals("LogAppendTime", configOf(SCHEMA.commandsTopic()).get("message.timestamp.type"));
    assertEquals(
        accepted.commands().topicId(), prepare().commands().topicId(), "said once is enough");
  }

  @Test
  void commands_that_were_created_again_are_refused_until_an_operator_says_so() throws Exception {
    prepare();
    delete(SCHEMA.commandsTopic());
    createCommands(SCHEMA.commandsTopic(), PARTITIONS);

    assertRefused(false, "calculator.commands", "was deleted and created again", FLAG);
    assertRefused(false, "calculator.commands", "was deleted and created again", FLAG);

    prepare(true);
    prepare();
  }

  @Test
  void events_that_were_deleted_are_always_refused() throws Exception {
    prepare();
    delete(SCHEMA.eventsTopic());

    assertRefused(false, "calculator.events", "deleted", "source of truth");
    assertRefused(true, "calculator.events", "deleted", "source of truth");

    createEvents(SCHEMA.eventsTopic(), PARTITIONS);
    assertRefused(true, "calculator.events", "created again", "source of truth");
  }

  // ---- a whole instance

  private static int partitionOf(String key) {
    return Utils.toPositive(Utils.murmur2(key.getBytes(UTF_8))) % Servers.PARTITIONS;
  }

  private static Instance launch(boolean acceptRecreated) {
    return Servers.launch(
        directory.resolve("pleat"), Optional.of(broker.bootstrapServers()), acceptRecreated);
  }

  /** A command of its own to a value of partition 0, straight to the topic; returns the value. */
  private static String sendToFirstPartition() throws ExecutionException, InterruptedException {
    String id = UUID.randomUUID().toString();
    while (partitionOf(id) != 0) {
      id = UUID.randomUUID().toString();
    }
    String command =
        "{\"id\":\"%s\",\"action\":\"CreateValue\",\"data\":{\"value-id\":\"%s\",\"value\":3.0},\"timestamp\":\"2026-11-21T10:00:00.000Z\"}"
            .formatted(UUID.randomUUID(), id);
    producer.send(new ProducerRecord<>(SCHEMA.commandsTopic(), id, command)).get();
    return id;
  }

  /** Creates a value in each partition; returns the statuses of the answers. */
  private static Set<Integer> createEverywhere(Instance instance) {
    Set<Integer> statuses = new HashSet<>();
    Set<Integer> partitions = new HashSet<>();
    try (ApiClient http = new ApiClient(instance.url())) {
      while (partitions.size() < Servers.PARTITIONS) {
        HttpResponse<String> created = http.post("/values", "{\"value\":3}");
        statuses.add(created.statusCode());
        partitions.add(partitionOf(json(created).get("value-id").asString()));
      }
    }
    return statuses;
  }

  @Test
  void accepted_commands_are_decided_from_the_beginning_and_said_once_is_enough() throws Exception {
    String topic = SCHEMA.commandsTopic();
    String key = UUID.randomUUID().toString();
    HttpResponse<String> first;
    try (Instance instance = Servers.ready(launch(false));
        ApiClient http = new ApiClient(instance.url())) {
      for (int i = 0; i < 5; i++) {
        sendToFirstPartition();
      }
      first = http.post("/values", "{\"value\":3}", "Idempotency-Key", key);
      assertEquals(201, first.statusCode(), first.body());
      assertEquals(Set.of(201), createEverywhere(instance));
    }
    delete(topic);
    createCommands(topic, Servers.PARTITIONS);
    List<String> values = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      values.add(sendToFirstPartition());
    }

    StartRefused refused = assertThrows(StartRefused.class, () -> launch(false).close());
    assertTrue(refused.getMessage().contains(FLAG), refused.getMessage());

    try (Instance instance = Servers.ready(launch(true));
        ApiClient http = new ApiClient(instance.url());
        TopicReader events = new TopicReader(broker.bootstrapServers(), SCHEMA.eventsTopic())) {
      for (String value : values) {
        events.await("event of " + value, ofKey(value));
        assertEquals(1, events.valuesOf(value).size());
      }
      HttpResponse<String> again = http.post("/values", "{\"value\":3}", "Idempotency-Key", key);
      assertEquals(first.body(), again.body(), "what was decided before is remembered");
    }

    try (Instance instance = Servers.ready(launch(false))) {
      assertEquals(Set.of(201), createEverywhere(instance));
    }
  }
}

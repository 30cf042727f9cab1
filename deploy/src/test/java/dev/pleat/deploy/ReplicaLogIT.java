package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.json;
import static dev.pleat.deploy.RunningReplica.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.deploy.Generation.State;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replica of a view whose logs the test writes itself, to the moment it wants. */
final class ReplicaLogIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String DAY_MS = "86400000";
  private static final String ID = "d35e95f5-2a7a-4c31-8d28-2eb92643a154";
  private static final String OTHER = "d35e95f5-2a7a-4c31-8d28-2eb92643a155";
  private static final String VALUE = "/values/" + ID;

  /** What a text is that clients hand back: a token. */
  private static final byte TOKEN = 1;

  /** Each test has one of its own, the newest. */
  private static int generation;

  @TempDir static Path directory;

  private static Broker broker;
  private static Admin admin;
  private static Producer<String, byte[]> view;

  @BeforeAll
  static void start() throws Exception {
    broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
    admin =
        Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrapServers()));
    create("calculator.events", Map.of());
    create("calculator.views", Map.of());
    view = producer("view");
  }

  @AfterAll
  static void stop() {
    view.close();
    admin.close();
    broker.close();
  }

  private static Producer<String, byte[]> producer(String transactionalId) {
    Map<String, Object> settings = new HashMap<>();
    settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrapServers());
    settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
    Producer<String, byte[]> producer =
        new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
    producer.initTransactions();
    return producer;
  }

  private static void create(String topic, Map<String, String> settings) throws Exception {
    Map<String, String> all = new HashMap<>(settings);
    all.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
    admin
        .createTopics(List.of(new NewTopic(topic, Optional.of(1), Optional.empty()).configs(all)))
        .all()
        .get();
  }

  private static List<String> logs() {
    String application = "pleat.calculator.values.g" + generation + ".";
    return List.of(application + "-values-changelog", application + "-values-seen-changelog");
  }

  private static void createLogs(String tombstonesMs) throws Exception {
    for (String log : logs()) {
      create(log, Map.of(TopicConfig.DELETE_RETENTION_MS_CONFIG, tombstonesMs));
    }
  }

  private static void say(int number, State state) {
    Generation row = new Generation("values", number, 1, state, 0, Map.of());
    view.beginTransaction();
    view.send(new ProducerRecord<>("calculator.views", 0, row.key(), row.bytes()));
    view.commitTransaction();
  }

  /** The logs of a generation that serves. */
  private static void begin() throws Exception {
    generation++;
    createLogs(DAY_MS);
    say(generation, State.SERVING);
  }

  /** What the application of a view writes when a value has this version. */
  private static void write(String id, int version) {
    view.beginTransaction();
    view.send(row(id, version));
    view.send(
        new ProducerRecord<>(
            logs().get(1), 0, id, ByteBuffer.allocate(Long.BYTES).putLong(version).array()));
    view.commitTransaction();
  }

  private static ProducerRecord<String, byte[]> row(String id, int version) {
    String json =
        "{\"value-id\":\"%s\",\"value\":%d.0,\"version\":%d}".formatted(id, version, version);
    return new ProducerRecord<>(logs().get(0), 0, id, json.getBytes(UTF_8));
  }

  private static RunningReplica replica(String name) {
    return new RunningReplica(
        directory.resolve(name),
        broker.bootstrapServers(),
        List.of("calculator/values"),
        Servers.DOMAINS,
        InstantSource.system());
  }

  private static int version(RunningReplica replica, String path) {
    HttpResponse<String> row = replica.get(path);
    return row.statusCode() == 200 ? json(row).get("version").asInt() : -row.statusCode();
  }

  /** A token as the answer of the command carries it that made this version. */
  private static String after(String id, int version) throws Exception {
    String logId =
        admin
            .describeTopics(List.of("calculator.events"))
            .allTopicNames()
            .get()
            .get("calculator.events")
            .topicId()
            .toString();
    byte[] domain = "calculator".getBytes(UTF_8);
    byte[] payload =
        ByteBuffer.allocate(10 + domain.length + logId.length() + id.length())
            .putLong(version)
            .put((byte) domain.length)
            .put(domain)
            .put((byte) logId.length())
            .put(logId.getBytes(UTF_8))
            .put(id.getBytes(UTF_8))
            .array();
    CRC32C sum = new CRC32C();
    sum.update(TOKEN);
    sum.update(payload);
    byte[] token =
        ByteBuffer.allocate(5 + payload.length)
            .put(TOKEN)
            .putInt((int) sum.getValue())
            .put(payload)
            .array();
    return "?wait=0s&after=" + Base64.getUrlEncoder().withoutPadding().encodeToString(token);
  }

  @Test
  void a_version_is_seen_once_its_row_is_there_though_it_is_read_before() throws Exception {
    begin();
    write(ID, 1);
    try (RunningReplica replica = replica("ordered");
        Producer<String, byte[]> slow = producer("slow")) {
      await("the first version", PATIENCE, () -> version(replica, VALUE) == 1);
      assertEquals(1, version(replica, VALUE + after(ID, 1)));
      // An open transaction holds the rows back behind it, and not the versions seen.
      slow.beginTransaction();
      slow.send(row(OTHER, 1)).get();
      write(ID, 2);
      String second = VALUE + after(ID, 2);
      long deadline = System.nanoTime() + Duration.ofMillis(1500).toNanos();
      while (System.nanoTime() < deadline) {
        assertEquals(-503, version(replica, second));
        assertEquals(1, version(replica, VALUE));
      }
      slow.abortTransaction();
      await("the second version", PATIENCE, () -> version(replica, second) == 2);
      assertEquals(-404, version(replica, "/values/" + OTHER), "it was aborted");
      await("level behind the aborted end", PATIENCE, () -> replica.age(VALUE) == 0);
    }
  }

  @Test
  void logs_made_anew_under_the_same_names_are_copied_afresh() throws Exception {
    begin();
    write(ID, 1);
    write(OTHER, 1);
    try (RunningReplica replica = replica("anew")) {
      await("the first copy", PATIENCE, () -> version(replica, "/values/" + OTHER) == 1);
      try (RunningReplica.Reader reader = replica.reads(VALUE)) {
        admin.deleteTopics(logs()).all().get();
        await("the topics are gone", PATIENCE, () -> !topics().containsAll(logs()));
        createLogs(DAY_MS);
        for (int version = 1; version <= 5; version++) {
          write(ID, version);
        }
        await("a fresh copy", PATIENCE, () -> version(replica, VALUE) == 5);
      }
      await("alone", PATIENCE, () -> replica.copies("calculator/values").equals(List.of("2")));
      assertEquals(-404, version(replica, "/values/" + OTHER));
    }
  }

  private static Set<String> topics() {
    try {
      return admin.listTopics().names().get();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void waits_for_a_generation_that_serves_and_for_logs_that_keep_deletions_long_enough()
      throws Exception {
    for (int number = 1; number <= generation; number++) {
      say(number, State.DROPPED);
    }
    generation++;
    createLogs("1000");
    say(generation, State.BUILDING);
    try (RunningReplica replica = replica("waiting")) {
      awaitDetail(replica, "no generation of version 1");
      say(generation, State.SERVING);
      write(ID, 3);
      awaitDetail(replica, TopicConfig.DELETE_RETENTION_MS_CONFIG + "=1000");
      for (String log : logs()) {
        admin.incrementalAlterConfigs(keepDeletions(log)).all().get();
      }
      await("the copy is complete", PATIENCE, () -> version(replica, VALUE) == 3);
      assertEquals(200, replica.get("/health/ready").statusCode());
    }
  }

  private static Map<ConfigResource, Collection<AlterConfigOp>> keepDeletions(String log) {
    return Map.of(
        new ConfigResource(ConfigResource.Type.TOPIC, log),
        List.of(
            new AlterConfigOp(
                new ConfigEntry(TopicConfig.DELETE_RETENTION_MS_CONFIG, DAY_MS),
                AlterConfigOp.OpType.SET)));
  }

  private static void awaitDetail(RunningReplica replica, String part) {
    await(
        part + " in " + replica.get(VALUE).body(),
        PATIENCE,
        () -> {
          HttpResponse<String> answer = replica.get(VALUE);
          assertEquals(503, answer.statusCode());
          assertEquals("replica-not-complete", json(answer).get("code").asString());
          return json(answer).get("detail").asString().contains(part);
        });
    assertTrue(replica.get("/health/ready").body().contains("down"));
  }
}

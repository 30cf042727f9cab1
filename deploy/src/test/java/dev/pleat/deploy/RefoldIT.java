package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static dev.pleat.deploy.TopicReader.text;
import static dev.pleat.topology.calculator.CalculatorDomain.CALCULATOR;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.schemas.calculator.CalculatorCommand.CreateValue;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.topology.CommandTopology;
import dev.pleat.topology.Domain;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The state is the fold of the events by the rules of the release that decides, whatever became of
 * the stores. An update's result tells by which rules: see {@link RevisedCalculator}.
 */
final class RefoldIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String GROUP = CommandTopology.applicationId(CalculatorSchema.SCHEMA);
  private static final String CHANGELOG = CommandTopology.stateTopic(CalculatorSchema.SCHEMA);
  private static final Pattern PERCENT =
      Pattern.compile("folding the state anew from events: (\\d+) % \\((\\d+) of (\\d+)\\)");

  @TempDir Path directory;

  private Broker broker;
  private Admin admin;
  private TopicReader events;

  @BeforeEach
  void start() {
    broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
    admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
  }

  @AfterEach
  void stop() {
    if (events != null) {
      events.close();
    }
    admin.close();
    broker.close();
  }

  // ---- what is run

  private Instance launch(String dataDir, Domain<?, ?, ?> domain) {
    return Servers.launch(directory.resolve(dataDir), broker.bootstrapServers(), domain);
  }

  private Instance ready(String dataDir, Domain<?, ?, ?> domain) {
    return Servers.ready(launch(dataDir, domain));
  }

  /** Why this role is not ready; empty if it is. */
  private static String whyNotDeciding(ApiClient http) {
    return json(http.get("/health/ready"))
        .get("roles")
        .valueStream()
        .filter(role -> role.get("name").asString().equals("decide calculator"))
        .map(role -> role.path("reason").asString(""))
        .findFirst()
        .orElseThrow();
  }

  private static String awaitReason(ApiClient http, Predicate<String> matching) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      String reason = whyNotDeciding(http);
      if (matching.test(reason)) {
        return reason;
      }
      assertTrue(System.nanoTime() < deadline, () -> "in vain; now it says: " + reason);
      LockSupport.parkNanos(10_000_000);
    }
  }

  // ---- what is sent

  /** A value as the events have it. */
  private record Value(String id, double value, long version) {

    /** What adding one gives when the state was folded by the revised rules. */
    double plusOneRevised() {
      return value + (double) RevisedCalculator.PER_EVENT * version + 1;
    }
  }

  private static Value create(ApiClient http, String key) {
    HttpResponse<String> created = http.post("/values", "{\"value\": 3}", "Idempotency-Key", key);
    assertEquals(201, created.statusCode(), created.body());
    return new Value(json(created).get("value-id").asString(), 3, 1);
  }

  /** Creates many, straight through the topic. */
  private void create(List<Value> values) {
    try (Producer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (Value value : values) {
        CreateValue data = new CreateValue(value.id(), value.value());
        producer.send(
            new ProducerRecord<>(
                CalculatorSchema.SCHEMA.commandsTopic(),
                value.id().getBytes(UTF_8),
                JsonCodec.write(
                    SubmittedCommand.of(
                        UUID.randomUUID(),
                        "CreateValue",
                        JsonCodec.toObject(data),
                        Instant.EPOCH))));
      }
    }
  }

  private static HttpResponse<String> add(ApiClient http, Value value, double more, String key) {
    return http.put(
        "/values/" + value.id(),
        "{\"operation\": \"ADD\", \"value\": " + more + "}",
        "Idempotency-Key",
        key);
  }

  /** Is refused. */
  private static HttpResponse<String> overflow(ApiClient http, Value value, String key) {
    return http.put(
        "/values/" + value.id(),
        "{\"operation\": \"MULTIPLY\", \"value\": 1e308}",
        "Idempotency-Key",
        key);
  }

  /** Adds one, and expects this result and the next version. */
  private Value addOne(ApiClient http, Value value, double expected) {
    HttpResponse<String> answer = add(http, value, 1, UUID.randomUUID().toString());
    assertEquals(200, answer.statusCode(), answer.body());
    Value after =
        new Value(value.id(), resultOfTheNewest(value), json(answer).get("version").asLong());
    assertEquals(new Value(value.id(), expected, value.version() + 1), after);
    return after;
  }

  /** As it lies on the log: a view may be at another instance. */
  private double resultOfTheNewest(Value value) {
    String newest = events().valuesOf(value.id()).getLast();
    return JsonCodec.toRecord(
            JsonCodec.readEvent(newest.getBytes(UTF_8)).data(), ValueUpdated.class)
        .result();
  }

  /** Opened when there are topics. */
  private TopicReader events() {
    if (events == null) {
      events = new TopicReader(broker.bootstrapServers(), CalculatorSchema.SCHEMA.eventsTopic());
    }
    return events;
  }

  private List<Value> createAndAdd(ApiClient http, int count) {
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(addOne(http, create(http, UUID.randomUUID().toString()), 4));
    }
    return values;
  }

  private static void assertReplayed(HttpResponse<String> first, HttpResponse<String> again) {
    assertEquals(first.body(), again.body());
    assertEquals(first.statusCode(), again.statusCode());
    assertEquals("true", header(again, "Idempotent-Replayed"));
  }

  // ---- what lies on the log

  private int countIn(String topic) {
    try (TopicReader reader = new TopicReader(broker.bootstrapServers(), topic)) {
      return reader.all().size();
    }
  }

  private void awaitEvents(int count) {
    try (TopicReader reader =
        new TopicReader(broker.bootstrapServers(), CalculatorSchema.SCHEMA.eventsTopic())) {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (reader.all().size() < count) {
        assertTrue(System.nanoTime() < deadline, () -> "only " + reader.all().size());
        LockSupport.parkNanos(10_000_000);
      }
    }
  }

  /** What the manifest said of the state, in order. */
  private List<String> folds() {
    List<String> folds = new ArrayList<>();
    try (TopicReader reader =
        new TopicReader(broker.bootstrapServers(), CalculatorSchema.SCHEMA.manifestTopic())) {
      for (ConsumerRecord<byte[], byte[]> record : reader.all()) {
        if (text(record.key()).equals("state")) {
          folds.add(text(record.value()).replaceAll("\"changelog-id\":\"[^\"]+\",", ""));
        }
      }
    }
    return folds;
  }

  private static String fold(int version, int refolds, boolean complete) {
    return "{\"state-version\":%d,\"refolds\":%d,\"complete\":%s}"
        .formatted(version, refolds, complete);
  }

  /** Every value's versions count from one without a gap or a repetition. */
  private void assertGapless() {
    Map<String, Long> versions = new HashMap<>();
    try (TopicReader reader =
        new TopicReader(broker.bootstrapServers(), CalculatorSchema.SCHEMA.eventsTopic())) {
      for (ConsumerRecord<byte[], byte[]> record : reader.all()) {
        long version = JsonCodec.readEvent(record.value()).version();
        assertEquals(versions.merge(text(record.key()), 1L, Long::sum), version);
      }
    }
  }

  // ---- other rules

  @Test
  void other_rules_fold_the_state_anew_and_what_was_decided_before_is_answered_again() {
    List<Value> values;
    String key = UUID.randomUUID().toString();
    String refusedKey = UUID.randomUUID().toString();
    HttpResponse<String> first;
    HttpResponse<String> refused;
    try (Instance old = ready("one", CALCULATOR);
        ApiClient http = new ApiClient(old.url())) {
      values = createAndAdd(http, 12);
      first = add(http, values.getFirst(), 5, key);
      refused = overflow(http, values.get(1), refusedKey);
      assertEquals(409, refused.statusCode(), refused.body());
    }
    values.set(0, new Value(values.getFirst().id(), 9, 3));

    try (Instance revised = ready("one", RevisedCalculator.domain());
        ApiClient http = new ApiClient(revised.url())) {
      assertReplayed(first, add(http, values.getFirst(), 5, key));
      assertReplayed(refused, overflow(http, values.get(1), refusedKey));
      assertEquals(422, add(http, values.getFirst(), 6, key).statusCode());
      for (Value value : values) {
        addOne(http, value, value.plusOneRevised());
      }
    }

    List<String> folds = List.of(fold(1, 0, true), fold(2, 1, false), fold(2, 1, true));
    assertEquals(folds, folds());
    assertGapless();
    try (Instance again = ready("one", RevisedCalculator.domain())) {
      assertEquals(folds, folds(), "the same rules fold nothing anew");
    }
  }

  @Test
  void a_refold_that_is_killed_is_seen_while_it_runs_and_goes_on_where_it_was() throws Exception {
    List<Value> values = new ArrayList<>();
    try (Instance old = ready("one", CALCULATOR)) {
      for (int i = 0; i < 1_500; i++) {
        values.add(new Value(UUID.randomUUID().toString(), 3, 1));
      }
      create(values);
      awaitEvents(values.size());
    }
    try (PleatProcess killed =
            PleatProcess.launch(
                RevisedCalculator.class,
                "refold-killed",
                directory.resolve("one"),
                "--bootstrap-servers",
                broker.bootstrapServers());
        ApiClient http = new ApiClient(killed.http().toString())) {
      String seen = awaitReason(http, reason -> percent(reason) >= 20);
      assertTrue(percent(seen) < 90, seen);
      killed.kill();
    }

    try (Instance revised = ready("one", RevisedCalculator.domain());
        ApiClient http = new ApiClient(revised.url())) {
      assertEquals(
          List.of(fold(1, 0, true), fold(2, 1, false), fold(2, 1, true)),
          folds(),
          "it was not begun again");
      for (int i = 0; i < values.size(); i += 20) {
        addOne(http, values.get(i), values.get(i).plusOneRevised());
      }
    }
    assertGapless();
  }

  @Test
  void a_refold_ends_where_the_events_end_in_a_transaction_that_was_aborted() {
    Value value;
    try (Instance old = ready("one", CALCULATOR);
        ApiClient http = new ApiClient(old.url())) {
      value = create(http, UUID.randomUUID().toString());
    }
    // In one partition after an event, in the others alone.
    abortOneEventInEachPartition();

    try (Instance revised = ready("one", RevisedCalculator.domain());
        ApiClient http = new ApiClient(revised.url())) {
      addOne(http, value, value.plusOneRevised());
    }
    List<String> folds = List.of(fold(1, 0, true), fold(2, 1, false), fold(2, 1, true));
    assertEquals(folds, folds());
    try (Instance again = ready("one", RevisedCalculator.domain())) {
      assertEquals(folds, folds(), "a partition without events has no state to miss");
    }
  }

  private void abortOneEventInEachPartition() {
    try (Producer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", "aborted"),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      for (int i = 0; i < Servers.PARTITIONS; i++) {
        producer.send(
            new ProducerRecord<>(
                CalculatorSchema.SCHEMA.eventsTopic(), i, new byte[1], new byte[1]));
      }
      producer.flush();
      producer.abortTransaction();
    }
  }

  private static int percent(String reason) {
    Matcher progress = PERCENT.matcher(reason);
    return progress.matches() ? Integer.parseInt(progress.group(1)) : -1;
  }

  // ---- lost stores

  @ParameterizedTest(name = "local stores kept: {0}")
  @ValueSource(booleans = {true, false})
  void a_changelog_that_was_deleted_is_folded_anew(boolean localStoresKept) throws Exception {
    List<Value> values;
    String key = UUID.randomUUID().toString();
    HttpResponse<String> first;
    try (Instance before = ready("one", CALCULATOR);
        ApiClient http = new ApiClient(before.url())) {
      values = createAndAdd(http, 12);
      first = add(http, values.getFirst(), 5, key);
    }
    values.set(0, new Value(values.getFirst().id(), 9, 3));
    admin.deleteTopics(List.of(CHANGELOG)).all().get();
    if (!localStoresKept) {
      wipe(directory.resolve("one").resolve("state"));
    }

    try (Instance after = ready("one", CALCULATOR);
        ApiClient http = new ApiClient(after.url())) {
      assertReplayed(first, add(http, values.getFirst(), 5, key));
      for (int i = 0; i < values.size() / 2; i++) {
        values.set(i, addOne(http, values.get(i), values.get(i).value() + 1));
      }
      assertEquals(List.of(fold(1, 0, true), fold(1, 1, false), fold(1, 1, true)), folds());
    }
    assertGapless();

    // What was folded is in the changelog topic, not only in the local stores.
    wipe(directory.resolve("one").resolve("state"));
    try (Instance restored = ready("one", CALCULATOR);
        ApiClient http = new ApiClient(restored.url())) {
      for (Value value : values) {
        addOne(http, value, value.value() + 1);
      }
    }
    assertGapless();
  }

  @Test
  void an_instance_that_slept_meanwhile_does_not_decide_on_its_copy_of_the_deleted_changelog()
      throws Exception {
    List<Value> values = new ArrayList<>();
    try (Instance sleeping = ready("two", CALCULATOR);
        ApiClient http = new ApiClient(sleeping.url())) {
      for (int i = 0; i < 12; i++) {
        values.add(create(http, UUID.randomUUID().toString()));
      }
    }
    forgetMembers();
    try (Instance other = ready("one", CALCULATOR);
        ApiClient http = new ApiClient(other.url())) {
      values.replaceAll(value -> addOne(http, value, 4));
    }
    admin.deleteTopics(List.of(CHANGELOG)).all().get();
    ready("one", CALCULATOR).close();
    forgetMembers();

    try (Instance awake = ready("two", CALCULATOR);
        ApiClient http = new ApiClient(awake.url())) {
      values.forEach(value -> addOne(http, value, 5));
    }
    assertGapless();
  }

  /** Those of a process that was stopped stay in their groups for a while. */
  private void forgetMembers() throws Exception {
    for (GroupListing group : admin.listGroups().all().get()) {
      admin
          .removeMembersFromConsumerGroup(
              group.groupId(), new RemoveMembersFromConsumerGroupOptions())
          .all()
          .get();
    }
  }

  private static void wipe(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  // ---- several instances

  @Test
  void a_later_release_waits_until_the_older_one_is_stopped_and_the_older_one_does_not_come_back() {
    Value value;
    Instance old = ready("one", CALCULATOR);
    try (Instance revised = launch("two", RevisedCalculator.domain());
        ApiClient http = new ApiClient(revised.url())) {
      awaitReason(http, reason -> reason.contains("other instances are still running"));
      // The older release still decides, for whoever asks.
      value = addOne(http, create(http, UUID.randomUUID().toString()), 4);
      assertTrue(whyNotDeciding(http).contains("stop those of another release"));
      old.close();

      Servers.ready(revised);
      value = addOne(http, value, value.plusOneRevised());

      try (Instance back = launch("one", CALCULATOR);
          ApiClient backHttp = new ApiClient(back.url())) {
        awaitReason(backHttp, reason -> reason.contains("the state is of version 2"));
        value = addOne(http, value, value.value() + 1 + 3 * RevisedCalculator.PER_EVENT);
      }
    } finally {
      old.close();
    }
    assertEquals(List.of(fold(1, 0, true), fold(2, 1, false), fold(2, 1, true)), folds());
    assertGapless();
  }

  @Test
  void two_instances_of_a_later_release_started_at_once_both_come_up() {
    List<Value> values;
    try (Instance old = ready("one", CALCULATOR);
        ApiClient http = new ApiClient(old.url())) {
      values = createAndAdd(http, 12);
    }
    try (Instance one = launch("one", RevisedCalculator.domain());
        Instance two = launch("two", RevisedCalculator.domain());
        ApiClient http = new ApiClient(one.url());
        ApiClient other = new ApiClient(two.url())) {
      awaitReason(http, String::isEmpty);
      awaitReason(other, String::isEmpty);
      for (Value value : values) {
        HttpResponse<String> answer = add(http, value, 1, UUID.randomUUID().toString());
        assertEquals(3, json(answer).get("version").asLong(), answer.body());
      }
    }
    assertEquals(fold(2, 1, true), folds().getLast());
    assertGapless();
  }

  // ---- rewinds

  @ParameterizedTest(name = "local stores kept: {0}")
  @ValueSource(booleans = {true, false})
  void a_rewound_group_decides_nothing_again(boolean localStoresKept) throws Exception {
    List<Value> values;
    try (Instance before = ready("one", CALCULATOR);
        ApiClient http = new ApiClient(before.url())) {
      values = createAndAdd(http, 12);
    }
    int events = countIn(CalculatorSchema.SCHEMA.eventsTopic());
    int outcomes = countIn(CalculatorSchema.SCHEMA.outcomesTopic());
    forgetMembers();
    Map<TopicPartition, OffsetAndMetadata> earliest = new HashMap<>();
    for (int i = 0; i < Servers.PARTITIONS; i++) {
      earliest.put(
          new TopicPartition(CalculatorSchema.SCHEMA.commandsTopic(), i), new OffsetAndMetadata(0));
    }
    admin.alterConsumerGroupOffsets(GROUP, earliest).all().get();
    if (!localStoresKept) {
      wipe(directory.resolve("one").resolve("state"));
    }

    try (Instance after = ready("one", CALCULATOR);
        ApiClient http = new ApiClient(after.url())) {
      // Each comes behind everything that is read again in its partition.
      for (Value value : values) {
        addOne(http, value, 5);
      }
    }
    assertEquals(events + values.size(), countIn(CalculatorSchema.SCHEMA.eventsTopic()));
    assertEquals(outcomes + values.size(), countIn(CalculatorSchema.SCHEMA.outcomesTopic()));
  }
}

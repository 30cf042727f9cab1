package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static dev.pleat.deploy.TopicReader.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.topology.Domain;
import dev.pleat.topology.calculator.CalculatorDomain;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All commands of a domain decided again beside the live log, on a real broker. */
final class LogRebuildIT {

  private static final long SEED = Long.getLong("pleat.seed", System.nanoTime());
  private static final String TIMESTAMP = "2026-11-21T10:00:00.000Z";
  private static final int COMMANDS = 600;
  private static final int VALUES = 25;
  private static final String LOG = "/domains/calculator/log";
  private static final String APPLICATION = "pleat.calculator.log.";

  @TempDir Path directory;

  private final SplittableRandom random = new SplittableRandom(SEED);
  private final List<String> values = new ArrayList<>();
  private Instance instance;
  private ApiClient api;
  private Operator operator;

  private void start(Domain<?, ?, ?> domain) {
    instance = Servers.embedded(directory, domain);
    api = new ApiClient(instance.url());
    operator = Operator.of(instance);
  }

  @AfterEach
  void stop() {
    api.close();
    instance.close();
  }

  // ---- what is sent

  private UUID id() {
    return new UUID(random.nextLong(), random.nextLong());
  }

  private String value() {
    return values.get(random.nextInt(values.size()));
  }

  private static String command(UUID id, String action, String data, String more) {
    return "{\"id\":\"%s\",\"action\":\"%s\",\"data\":{%s},\"timestamp\":\"%s\"%s}"
        .formatted(id, action, data, TIMESTAMP, more);
  }

  private static String create(String value, double number) {
    return "\"value-id\":\"" + value + "\",\"value\":" + number;
  }

  private static String update(String value, String operation, double number) {
    return "\"value-id\":\"%s\",\"operation\":\"%s\",\"value\":%s"
        .formatted(value, operation, number);
  }

  private static ProducerRecord<byte[], byte[]> record(String key, String command) {
    return new ProducerRecord<>(
        CalculatorSchema.SCHEMA.commandsTopic(), key.getBytes(UTF_8), command.getBytes(UTF_8));
  }

  /** Any record that may lie on a commands topic: good, bad, sent before, or none at all. */
  private ProducerRecord<byte[], byte[]> anything(List<ProducerRecord<byte[], byte[]>> before) {
    String value = value();
    String past = ",\"not-after\":\"2020-01-01T00:00:00.000Z\"";
    return switch (random.nextInt(20)) {
      case 0, 1, 2 ->
          record(value, command(id(), "CreateValue", create(value, random.nextInt(9)), ""));
      case 3 -> record(value, command(id(), "UpdateValue", update(value, "ADD", 0), ""));
      case 4 -> record(value, command(id(), "UpdateValue", update(value, "MULTIPLY", 1e308), ""));
      case 5, 6, 7 -> {
        ProducerRecord<byte[], byte[]> again = before.get(random.nextInt(before.size()));
        yield new ProducerRecord<>(again.topic(), again.partition(), again.key(), again.value());
      }
      case 8 -> {
        String id = "\"" + new UUID(7, random.nextInt(3)) + "\"";
        yield record(
            value,
            command(id(), "UpdateValue", update(value, "ADD", random.nextInt(9)), "")
                .replaceFirst("\"[0-9a-f-]{36}\"", id));
      }
      case 9 -> record(value, command(id(), "UpdateValue", update(value, "ADD", 1), past));
      case 10 ->
          record(
              value,
              command(id(), "UpdateValue", update(value, "ADD", 1), ",\"expected-version\":2"));
      case 11 ->
          random.nextBoolean()
              ? record(value, "no command")
              : new ProducerRecord<>(
                  CalculatorSchema.SCHEMA.commandsTopic(), null, "no key".getBytes(UTF_8));
      case 12 -> record(value, command(id(), "UpdateValue", update(value(), "ADD", 1), ""));
      case 13 ->
          new ProducerRecord<>(
              CalculatorSchema.SCHEMA.commandsTopic(),
              random.nextInt(Servers.PARTITIONS),
              value.getBytes(UTF_8),
              command(id(), "UpdateValue", update(value, "ADD", 1), "").getBytes(UTF_8));
      case 14 -> record(value, command(id(), "DeleteValue", create(value, 1), ""));
      case 15 -> record(value, command(id(), "UpdateValue", update(value, "MULTIPLY", -1), ""));
      default ->
          record(
              value, command(id(), "UpdateValue", update(value, "ADD", random.nextInt(1, 9)), ""));
    };
  }

  /** Sends them, some over HTTP, and waits until all are decided. */
  private void sendAnything() {
    System.out.println("LogRebuildIT: -Dpleat.seed=" + SEED);
    for (int i = 0; i < VALUES; i++) {
      values.add(id().toString());
    }
    List<ProducerRecord<byte[], byte[]>> sent = new ArrayList<>();
    sent.add(record(values.get(0), command(id(), "CreateValue", create(values.get(0), 3), "")));
    try (Producer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", instance.bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      while (sent.size() < COMMANDS) {
        producer.send(sent.getLast());
        if (sent.size() % 40 == 0) {
          // Batches of their own have times of their own.
          producer.flush();
          assertEquals(201, api.post("/values", "{\"value\":1}").statusCode());
        }
        sent.add(anything(sent));
      }
    }
    Operator.await("all decided", () -> end("commands") == end("outcomes") + end("dead-letters"));
  }

  /** How many committed records a topic of the calculator has. */
  private long end(String topic) {
    return records(topic).size();
  }

  private List<ConsumerRecord<byte[], byte[]>> records(String topic) {
    try (TopicReader reader = new TopicReader(instance.bootstrapServers(), "calculator." + topic)) {
      return reader.all();
    }
  }

  /** Everything on the live topics, byte for byte, and every row. */
  private Map<String, List<String>> everything() {
    Map<String, List<String>> everything = new TreeMap<>();
    for (String topic : List.of("commands", "events", "outcomes", "dead-letters")) {
      everything.put(
          topic,
          records(topic).stream()
              .sorted(
                  Comparator.<ConsumerRecord<byte[], byte[]>>comparingInt(ConsumerRecord::partition)
                      .thenComparingLong(ConsumerRecord::offset))
              .map(it -> it.partition() + " " + it.offset() + " " + text(it.value()))
              .toList());
    }
    everything.put("rows", List.of(api.get("/domains/calculator/views/values?limit=1000").body()));
    return everything;
  }

  /** How many outcomes are compared. */
  private long outcomes() {
    return records("outcomes").stream()
        .map(it -> JsonCodec.readOutcome(it.value()))
        .filter(it -> !it.replayed() && !isMisplaced(it))
        .count();
  }

  private static boolean isMisplaced(Outcome outcome) {
    return outcome.verdict() instanceof Rejected rejected
        && rejected.reason().equals("wrong-partition");
  }

  private Set<String> ofOtherGenerations() {
    Set<String> left = operator.left(APPLICATION);
    operator.left("calculator.").stream().filter(it -> it.contains(".g")).forEach(left::add);
    return left;
  }

  private void awaitNothingLeft() {
    Operator.await("what is left is deleted: " + ofOtherGenerations(), () -> isNothingLeft());
  }

  private boolean isNothingLeft() {
    try (var stores = Files.list(directory.resolve("state"))) {
      return ofOtherGenerations().isEmpty()
          && stores.noneMatch(each -> each.getFileName().toString().startsWith(APPLICATION));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  // ---- the same rules

  @Test
  void unchanged_rules_make_the_same_log_again() {
    start(CalculatorDomain.CALCULATOR);
    sendAnything();
    Map<String, List<String>> before = everything();
    long events = end("events");

    String said = operator.pleat("log", "rebuild", "calculator", "--rate", "0");

    assertTrue(said.startsWith("0 Decides all commands again, into generation 2;"), said);
    assertTrue(said.contains("\nidentical: " + events + " events\n"), said);
    assertTrue(said.contains("Of " + outcomes() + " outcomes 0 differ."), said);
    assertEquals(before, everything());
    awaitNothingLeft();
    assertTrue(operator.pleat("log", "status", "calculator").startsWith("0 identical: " + events));

    whileOthersWrite();
    byOneProcessOfTwo();
  }

  /** Nobody who writes notices, and what is written meanwhile is compared too or left out. */
  private void whileOthersWrite() {
    long before = end("events");
    AtomicBoolean stop = new AtomicBoolean();
    List<String> refused = new ArrayList<>();
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!stop.get()) {
                    HttpResponse<String> created = api.post("/values", "{\"value\":1}");
                    HttpResponse<String> row =
                        api.get(
                            header(created, "Location")
                                + "?wait=15s&after="
                                + header(created, "Pleat-Token"));
                    if (created.statusCode() != 201 || row.statusCode() != 200) {
                      refused.add(created.body() + row.body());
                    }
                  }
                });
    String said;
    try {
      said = operator.pleat("log", "rebuild", "calculator", "--rate", "300");
    } finally {
      stop.set(true);
    }
    Operator.await("writer", () -> !writer.isAlive());

    assertEquals(List.of(), refused);
    assertTrue(said.startsWith("0 Decides all commands again, into generation 3;"), said);
    assertTrue(said.contains(" % ") && said.contains(" left"), said);
    long compared = json(api.get(LOG)).get("events").asLong();
    assertTrue(compared > before && compared <= end("events"), before + " " + compared);
  }

  /** What one process has begun, another one that shares the commands leaves alone. */
  private void byOneProcessOfTwo() {
    try (Instance other = Servers.joined(directory.resolve("other"), instance.bootstrapServers());
        ApiClient there = new ApiClient(other.url())) {
      String said = Operator.of(other).pleat("log", "rebuild", "calculator", "--rate", "0");
      assertTrue(said.contains("\nidentical: " + end("events") + " events\n"), said);

      beginSlowly();

      HttpResponse<String> refused = there.post(LOG + "/rebuild", "{}");
      assertEquals(503, refused.statusCode(), refused.body());
      assertTrue(refused.body().contains("is being made by another process"), refused.body());
      assertEquals(503, there.post(LOG + "/cancel", "{}").statusCode());
      assertTrue(operator.pleat("log", "status", "calculator").startsWith("0 rebuilding: "));
      givenUp();
    }
  }

  /** Returns when some commands are decided again, and not all. */
  private void beginSlowly() {
    assertEquals(202, api.post(LOG + "/rebuild", "{\"commands-per-second\":100}").statusCode());
    assertEquals(409, api.post(LOG + "/rebuild", "{}").statusCode());
    Operator.await("some are decided", () -> json(api.get(LOG)).path("position").asLong() > 0);
  }

  private void givenUp() {
    assertTrue(operator.pleat("log", "cancel", "calculator").startsWith("0 Generation "));

    awaitNothingLeft();
    assertTrue(
        operator.pleat("log", "status", "calculator").startsWith("1 pleat: the log of calculator"));
    assertTrue(operator.pleat("log", "cancel", "calculator").contains("answered 409"));
    assertTrue(operator.pleat("log", "rebuild", "nothing").contains("answered 404"));
    assertTrue(operator.pleat("log", "rebuild", "../x").startsWith("1 pleat: ../x: name the"));
  }

  // ---- other rules

  /** The first event that the changed rules would not make: by time, then by partition. */
  private ConsumerRecord<byte[], byte[]> firstConcerned() {
    return records("events").stream()
        .filter(
            it -> {
              RecordedEvent event = JsonCodec.readEvent(it.value());
              return event.action().equals("ValueUpdated")
                  && JsonCodec.toRecord(event.data(), ValueUpdated.class)
                      instanceof ValueUpdated updated
                  && ChangedCalculator.isConcerned(updated.operation(), updated.value());
            })
        .min(
            Comparator.<ConsumerRecord<byte[], byte[]>>comparingLong(ConsumerRecord::timestamp)
                .thenComparingInt(ConsumerRecord::partition)
                .thenComparingLong(ConsumerRecord::offset))
        .orElseThrow();
  }

  @Test
  void changed_rules_name_the_first_difference_and_switch_nothing() throws Exception {
    start(CalculatorDomain.CALCULATOR);
    sendAnything();
    Operator.await("rows", () -> !everything().get("rows").get(0).contains("not-now"));
    ConsumerRecord<byte[], byte[]> record = firstConcerned();
    RecordedEvent expected = JsonCodec.readEvent(record.value());
    leaveUnfinished();
    stop();

    start(ChangedCalculator.domain());
    awaitNothingLeft();
    Map<String, List<String>> before = everything();
    String said = operator.pleat("log", "rebuild", "calculator", "--rate", "0");

    assertTrue(said.startsWith("1 Decides all commands again, into generation "), said);
    assertTrue(said.contains("\ndifferent, after "), said);
    assertTrue(said.contains("command " + expected.parentId() + ", received "), said);
    assertTrue(said.contains(", partition " + record.partition() + "\n"), said);
    assertTrue(
        said.contains("aggregate " + text(record.key()) + ", version " + expected.version()), said);
    assertTrue(
        said.contains(
            "live     calculator.events-%d offset %d: ValueUpdated %s\n"
                .formatted(record.partition(), record.offset(), text(expected.data().bytes()))),
        said);
    assertTrue(said.contains(": no such event; the command was unchanged\n"), said);
    assertTrue(said.contains("Nothing was switched"), said);
    assertEquals(before, everything());
    goesOnAsBefore();
    lookedAtAndDeleted();
    refusesWithoutAllCommands();
  }

  /** As a process that was killed in the middle of a rebuild leaves it. */
  private void leaveUnfinished() throws Exception {
    try (Admin admin = admin()) {
      admin
          .createTopics(
              List.of(
                  new NewTopic("calculator.events.g7", 1, (short) 1),
                  new NewTopic(APPLICATION + "g7.-aggregates-changelog", 1, (short) 1)))
          .all()
          .get();
    }
    Files.createDirectories(directory.resolve("state").resolve(APPLICATION + "g7.").resolve("0_0"));
  }

  private Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", instance.bootstrapServers()));
  }

  private void goesOnAsBefore() {
    HttpResponse<String> created = api.post("/values", "{\"value\":2}");
    assertEquals(201, created.statusCode(), created.body());
    HttpResponse<String> row =
        api.get(header(created, "Location") + "?wait=15s&after=" + header(created, "Pleat-Token"));
    assertEquals(2, json(row).get("value").asDouble());
  }

  private void lookedAtAndDeleted() {
    int generation = json(api.get(LOG)).get("generation").asInt();
    String suffix = ".g" + generation;
    String application = APPLICATION + "g" + generation + ".";
    assertEquals(
        Set.of(
            "calculator.events" + suffix,
            "calculator.outcomes" + suffix,
            "calculator.dead-letters" + suffix,
            application,
            application + "-aggregates-changelog",
            application + "-decided-commands-changelog",
            application + "-processed-position-changelog"),
        ofOtherGenerations());
    assertEquals(end("dead-letters"), end("dead-letters" + suffix));
    assertTrue(end("events" + suffix) < end("events"));

    assertTrue(operator.pleat("log", "cancel", "calculator").startsWith("0 Generation "));

    awaitNothingLeft();
  }

  private void refusesWithoutAllCommands() throws Exception {
    Map<TopicPartition, RecordsToDelete> first = new HashMap<>();
    first.put(
        new TopicPartition("calculator.commands", records("commands").getFirst().partition()),
        RecordsToDelete.beforeOffset(1));
    try (Admin admin = admin()) {
      admin.deleteRecords(first).all().get();
    }

    String said = operator.pleat("log", "rebuild", "calculator");

    assertTrue(said.startsWith("1 pleat: "), said);
    assertTrue(said.contains(" begins at offset 1: commands before it are deleted"), said);
    awaitNothingLeft();
  }
}

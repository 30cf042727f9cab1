package dev.pleat.deploy;

import static dev.pleat.deploy.TopicReader.containing;
import static dev.pleat.deploy.TopicReader.ofKey;
import static dev.pleat.deploy.TopicReader.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.pleat.deploy.guarantees.Log;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of records that are written straight to the commands topic, whatever they are. */
final class CommandTopicIT {

  private static final String COMMANDS = CalculatorSchema.SCHEMA.commandsTopic();
  private static final String MURMUR2 = "topic.partitioner=murmur2_random";
  private static final String TIMESTAMP = "2026-11-21T10:00:00.000Z";
  private static final int KEPT_BYTES = 64 * 1024;

  /** What the topic is created with: the largest batch of records it takes, in bytes. */
  private static final int MAX_MESSAGE_BYTES = 1_048_588;

  @TempDir static Path data;

  private static Instance pleat;
  private static TopicReader commands;
  private static TopicReader events;
  private static TopicReader outcomes;
  private static TopicReader deadLetters;

  @BeforeAll
  static void start() {
    pleat = Servers.embedded(data);
    commands = reader(COMMANDS);
    events = reader(CalculatorSchema.SCHEMA.eventsTopic());
    outcomes = reader(CalculatorSchema.SCHEMA.outcomesTopic());
    deadLetters = reader(CalculatorSchema.SCHEMA.deadLettersTopic());
  }

  private static TopicReader reader(String topic) {
    return new TopicReader(pleat.bootstrapServers(), topic);
  }

  @AfterAll
  static void stop() {
    commands.close();
    events.close();
    outcomes.close();
    deadLetters.close();
    pleat.close();
  }

  // ---- what is written

  private static String create(UUID commandId, String valueId, double value) {
    return "{\"id\":\"%s\",\"action\":\"CreateValue\",\"data\":{\"value-id\":\"%s\",\"value\":%s},\"timestamp\":\"%s\"}"
        .formatted(commandId, valueId, value, TIMESTAMP);
  }

  private static int partitionOf(String key) {
    return Utils.toPositive(Utils.murmur2(key.getBytes(UTF_8))) % Servers.PARTITIONS;
  }

  /** Where librdkafka puts a key unless told otherwise. */
  private static int defaultPartitionOfKcat(String key) {
    CRC32 crc = new CRC32();
    crc.update(key.getBytes(UTF_8));
    return (int) (crc.getValue() % Servers.PARTITIONS);
  }

  private static void kcat(String input, String... options) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "kcat", "-P", "-b", pleat.bootstrapServers(), "-t", COMMANDS, "-X", "acks=all"));
    command.addAll(List.of(options));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      try (OutputStream in = process.getOutputStream()) {
        in.write(input.getBytes(UTF_8));
      }
      String said = text(process.getInputStream().readAllBytes());
      assertTrue(process.waitFor(30, TimeUnit.SECONDS), "kcat does not end");
      assertEquals(0, process.exitValue(), said);
    } catch (IOException e) {
      fail("kcat cannot be run; install it: apt-get install kcat", e);
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  private static Producer<byte[], byte[]> producer(Map<String, ?> more) {
    Map<String, Object> properties = new HashMap<>(more);
    properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, pleat.bootstrapServers());
    properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 4 * MAX_MESSAGE_BYTES);
    return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  // ---- what is expected

  /** Exactly what a first command of a value leaves behind. */
  private static void assertCreated(UUID commandId, String valueId, double value) {
    ConsumerRecord<byte[], byte[]> outcome =
        outcomes.await("outcome of " + commandId, containing(commandId.toString()));
    ConsumerRecord<byte[], byte[]> command =
        commands.await("command " + commandId, containing(commandId.toString()));
    String time = JsonCodec.text(Instant.ofEpochMilli(command.timestamp()));
    assertNotEquals(TIMESTAMP, time, "the client's time is data only");
    UUID eventId = NameBasedId.ofEvent("calculator", valueId, commandId, 0);
    assertEquals(
        "{\"id\":\"%s\",\"parent-id\":\"%s\",\"action\":\"CommandAccepted\",\"data\":{\"version\":1,\"events\":[\"%s\"]},\"timestamp\":\"%s\"}"
            .formatted(
                NameBasedId.ofOutcome("calculator", valueId, commandId), commandId, eventId, time),
        text(outcome.value()));
    assertEquals(valueId, text(outcome.key()));
    assertEquals(partitionOf(valueId), outcome.partition());
    assertEquals(
        List.of(
            "{\"id\":\"%s\",\"parent-id\":\"%s\",\"action\":\"ValueCreated\",\"data\":{\"value-id\":\"%s\",\"value\":%s},\"timestamp\":\"%s\",\"version\":1,\"through\":1}"
                .formatted(eventId, commandId, valueId, value, time)),
        events.valuesOf(valueId));
  }

  /** Sends a good command to this partition, and waits until it is decided. */
  private static void assertGoodCommandIsDecidedOn(int partition) {
    UUID commandId = UUID.randomUUID();
    String valueId =
        Stream.generate(() -> UUID.randomUUID().toString())
            .filter(id -> partitionOf(id) == partition)
            .findFirst()
            .orElseThrow();
    kcat(create(commandId, valueId, 3), "-k", valueId, "-X", MURMUR2);
    assertCreated(commandId, valueId, 3);
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    assertNotNull(header, "no header " + name + " in " + record.headers());
    return text(header.value());
  }

  /** The newest record of a partition of the commands topic. */
  private static ConsumerRecord<byte[], byte[]> newest(int partition) {
    return commands.all().stream()
        .filter(record -> record.partition() == partition)
        .reduce((first, second) -> second)
        .orElseThrow();
  }

  /** The dead letter of a record of the commands topic, and why it is there. */
  private static ConsumerRecord<byte[], byte[]> assertDeadLetter(
      ConsumerRecord<byte[], byte[]> bad, String reason) {
    ConsumerRecord<byte[], byte[]> letter =
        deadLetters.await(
            "letter of " + bad.partition() + "@" + bad.offset(),
            record ->
                header(record, "pleat-offset").equals(Long.toString(bad.offset()))
                    && header(record, "pleat-partition").equals(Integer.toString(bad.partition())));
    assertEquals(reason, header(letter, "pleat-reason"));
    assertFalse(header(letter, "pleat-detail").isBlank());
    assertEquals(COMMANDS, header(letter, "pleat-topic"));
    assertEquals(Long.toString(bad.timestamp()), header(letter, "pleat-timestamp"));
    return letter;
  }

  /** A bad record, the newest of its partition, followed by a good one. */
  private static ConsumerRecord<byte[], byte[]> assertDeadAndGoneOn(int partition, String reason) {
    ConsumerRecord<byte[], byte[]> bad = newest(partition);
    assertGoodCommandIsDecidedOn(partition);
    ConsumerRecord<byte[], byte[]> letter = assertDeadLetter(bad, reason);
    assertArrayEquals(bad.key(), letter.key());
    assertArrayEquals(bad.value(), letter.value());
    return letter;
  }

  // ---- commands of kcat

  @Test
  void a_command_of_a_stock_client_is_decided_with_the_bytes_of_the_contract() {
    UUID commandId = UUID.randomUUID();
    String valueId = UUID.randomUUID().toString();

    kcat(create(commandId, valueId, 3), "-k", valueId, "-X", MURMUR2);

    assertCreated(commandId, valueId, 3);
    ConsumerRecord<byte[], byte[]> command =
        commands.await("command", containing(commandId.toString()));
    assertEquals(partitionOf(valueId), command.partition());
  }

  @Test
  void a_key_that_lands_on_the_wrong_partition_is_refused_and_can_be_sent_again() {
    UUID commandId = UUID.randomUUID();
    String valueId =
        Stream.generate(() -> UUID.randomUUID().toString())
            .filter(id -> partitionOf(id) != defaultPartitionOfKcat(id))
            .findFirst()
            .orElseThrow();

    kcat(create(commandId, valueId, 3), "-k", valueId);

    ConsumerRecord<byte[], byte[]> command =
        commands.await("command", containing(commandId.toString()));
    assertNotEquals(partitionOf(valueId), command.partition(), "kcat partitions otherwise now");
    ConsumerRecord<byte[], byte[]> outcome =
        outcomes.await("outcome", containing(commandId.toString()));
    assertEquals(
        "{\"id\":\"%s\",\"parent-id\":\"%s\",\"action\":\"CommandRejected\",\"data\":{\"version\":0,\"reason\":\"wrong-partition\",\"detail\":\"key belongs to partition %d of %d, was sent to %d; partition by murmur2 of the key (librdkafka: partitioner=murmur2_random)\"},\"timestamp\":\"%s\"}"
            .formatted(
                NameBasedId.ofOutcome("calculator", valueId, commandId),
                commandId,
                partitionOf(valueId),
                Servers.PARTITIONS,
                command.partition(),
                JsonCodec.text(Instant.ofEpochMilli(command.timestamp()))),
        text(outcome.value()));
    assertEquals(List.of(), events.valuesOf(valueId));

    kcat(create(commandId, valueId, 3), "-k", valueId, "-X", MURMUR2);

    outcomes.await("acceptance", ofKey(valueId).and(containing("\"action\":\"CommandAccepted\"")));
    assertEquals(1, events.valuesOf(valueId).size());
    assertGoodCommandIsDecidedOn(command.partition());
  }

  // ---- records that are no commands

  @Test
  void garbage_becomes_a_dead_letter_with_its_bytes_and_headers() {
    String key = UUID.randomUUID().toString();
    kcat("what is this?", "-k", key, "-X", MURMUR2, "-H", "colour=green");

    ConsumerRecord<byte[], byte[]> letter = assertDeadAndGoneOn(partitionOf(key), "unreadable");

    assertEquals("what is this?", text(letter.value()));
    assertEquals("green", header(letter, "colour"));
  }

  @Test
  void a_record_without_a_value_becomes_a_dead_letter() {
    String key = UUID.randomUUID().toString();
    kcat(key + "|\n", "-K", "|", "-Z", "-X", MURMUR2);

    assertNull(newest(partitionOf(key)).value());
    assertDeadAndGoneOn(partitionOf(key), "no-value");
  }

  @Test
  void a_record_of_an_empty_value_becomes_a_dead_letter() throws Exception {
    String key = UUID.randomUUID().toString();
    try (Producer<byte[], byte[]> producer = producer(Map.of())) {
      send(producer, new ProducerRecord<>(COMMANDS, key.getBytes(UTF_8), new byte[0]));
    }

    assertDeadAndGoneOn(partitionOf(key), "no-value");
  }

  @Test
  void a_record_without_a_key_becomes_a_dead_letter() {
    kcat(create(UUID.randomUUID(), UUID.randomUUID().toString(), 3), "-p", "2");

    assertNull(newest(2).key());
    assertDeadAndGoneOn(2, "no-key");
  }

  @Test
  void a_record_of_an_empty_key_becomes_a_dead_letter() throws Exception {
    String valueId = UUID.randomUUID().toString();
    try (Producer<byte[], byte[]> producer = producer(Map.of())) {
      byte[] command = create(UUID.randomUUID(), valueId, 3).getBytes(UTF_8);
      send(producer, new ProducerRecord<>(COMMANDS, 1, new byte[0], command));
    }

    assertDeadAndGoneOn(1, "no-key");
    assertEquals(List.of(), events.valuesOf(valueId));
  }

  @Test
  void commands_without_a_usable_id_become_dead_letters() {
    String key = UUID.randomUUID().toString();
    String good = create(UUID.randomUUID(), key, 3);

    kcat(good.replaceFirst("\"id\":\"[^\"]*\",", ""), "-k", key, "-X", MURMUR2);
    assertDeadAndGoneOn(partitionOf(key), "no-command-id");
    kcat(good.replaceFirst("\"id\":\"[^\"]*\"", "\"id\":\"seven\""), "-k", key, "-X", MURMUR2);
    assertDeadAndGoneOn(partitionOf(key), "invalid-command-id");

    assertEquals(List.of(), events.valuesOf(key));
    assertEquals(List.of(), outcomes.valuesOf(key));
  }

  @Test
  void a_record_as_large_as_the_topic_takes_is_kept_as_its_beginning_and_its_digest()
      throws Exception {
    byte[] key = UUID.randomUUID().toString().getBytes(UTF_8);
    byte[] bytes = new byte[MAX_MESSAGE_BYTES];
    Arrays.fill(bytes, (byte) 'x');
    RecordMetadata largest = null;
    int size = MAX_MESSAGE_BYTES - 64 - key.length;
    try (Producer<byte[], byte[]> producer = producer(Map.of())) {
      // A batch of one record has a header of 61 bytes, and the record a few of its own.
      while (largest == null) {
        size--;
        try {
          largest = send(producer, new ProducerRecord<>(COMMANDS, key, Arrays.copyOf(bytes, size)));
        } catch (ExecutionException e) {
          assertEquals(RecordTooLargeException.class, e.getCause().getClass());
        }
      }
    }
    assertTrue(size < MAX_MESSAGE_BYTES - 65 - key.length, "the first one tried was not too large");

    int partition = largest.partition();
    ConsumerRecord<byte[], byte[]> bad = newest(partition);
    assertEquals(largest.offset(), bad.offset());
    assertGoodCommandIsDecidedOn(partition);

    ConsumerRecord<byte[], byte[]> letter = assertDeadLetter(bad, "value-too-large");
    assertArrayEquals(key, letter.key());
    assertArrayEquals(Arrays.copyOf(bytes, KEPT_BYTES), letter.value());
    assertEquals(sha256(Arrays.copyOf(bytes, size)), header(letter, "pleat-value-sha256"));
  }

  @Test
  void a_command_of_an_aborted_transaction_is_never_decided() throws Exception {
    UUID commandId = UUID.randomUUID();
    String valueId = UUID.randomUUID().toString();
    try (Producer<byte[], byte[]> producer =
        producer(Map.of(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "somebody"))) {
      producer.initTransactions();
      producer.beginTransaction();
      send(
          producer,
          new ProducerRecord<>(
              COMMANDS, valueId.getBytes(UTF_8), create(commandId, valueId, 3).getBytes(UTF_8)));
      producer.abortTransaction();
    }

    assertGoodCommandIsDecidedOn(partitionOf(valueId));

    assertTrue(
        Log.uncommitted(pleat.bootstrapServers(), COMMANDS).stream().anyMatch(ofKey(valueId)),
        "inconclusive: the aborted command is not on the log");
    assertEquals(List.of(), outcomes.valuesOf(valueId));
    assertEquals(List.of(), events.valuesOf(valueId));
    assertFalse(deadLetters.all().stream().anyMatch(ofKey(valueId)));
  }

  private static RecordMetadata send(
      Producer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record)
      throws ExecutionException, InterruptedException {
    var sent = producer.send(record);
    producer.flush();
    return sent.get();
  }

  private static String sha256(byte[] bytes) throws NoSuchAlgorithmException {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}

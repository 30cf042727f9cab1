package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.SubmittedCommand;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.test.TestRecord;

/** A command topology in a driver, with a clock that stands still until it is moved. */
final class CommandDriver implements AutoCloseable {

  /** What one record led to. */
  record Written(
      List<TestRecord<byte[], byte[]>> events,
      List<TestRecord<byte[], byte[]>> outcomes,
      List<TestRecord<byte[], byte[]>> deadLetters) {

    /** The one outcome, where nothing else than events may be beside it. */
    Outcome outcome() {
      assertEquals(1, outcomes.size(), () -> "outcomes: " + text(outcomes));
      assertEquals(0, deadLetters.size(), () -> "dead letters: " + text(deadLetters));
      return JsonCodec.readOutcome(outcomes.getFirst().value());
    }

    /** The one outcome as it lies in the topic. */
    String outcomeText() {
      outcome();
      return text(outcomes).getFirst();
    }

    List<RecordedEvent> recorded() {
      return events.stream().map(event -> JsonCodec.readEvent(event.value())).toList();
    }

    List<String> eventTexts() {
      return text(events);
    }

    /** Why it was rejected, where no event may be beside it. */
    String reason() {
      assertEquals(List.of(), eventTexts());
      return outcome().verdict() instanceof Rejected rejected
          ? rejected.reason()
          : "not rejected: " + outcomeText();
    }

    String detail() {
      return outcome().verdict() instanceof Rejected rejected
          ? rejected.detail()
          : "not rejected: " + outcomeText();
    }

    private static List<String> text(List<TestRecord<byte[], byte[]>> records) {
      return records.stream().map(record -> new String(record.value(), UTF_8)).toList();
    }
  }

  static final Instant START = Instant.parse("2026-11-21T10:00:00.012Z");

  private final TopologyTestDriver driver;
  private final TestInputTopic<byte[], byte[]> commands;
  private final TestOutputTopic<byte[], byte[]> events;
  private final TestOutputTopic<byte[], byte[]> outcomes;
  private final TestOutputTopic<byte[], byte[]> deadLetters;
  private Instant now = START;

  CommandDriver(Domain<?, ?, ?> domain, Path directory) {
    this(domain, InputLog.single(), CommandTopology.DEFAULT_MEMORY, directory);
  }

  CommandDriver(Domain<?, ?, ?> domain, InputLog log, Duration memory, Path directory) {
    this(domain, log, new MemoryLimits(memory, MemoryLimits.DEFAULT.bytes()), directory);
  }

  CommandDriver(Domain<?, ?, ?> domain, InputLog log, MemoryLimits memory, Path directory) {
    DomainSchema<?, ?> schema = domain.schema();
    driver =
        new TopologyTestDriver(
            CommandTopology.of(domain, log, memory),
            settings(CommandTopology.applicationId(schema), directory));
    commands =
        driver.createInputTopic(
            schema.commandsTopic(), new ByteArraySerializer(), new ByteArraySerializer());
    events = output(schema.eventsTopic());
    outcomes = output(schema.outcomesTopic());
    deadLetters = output(schema.deadLettersTopic());
  }

  /** As near to the real settings as a driver takes them. */
  static Properties settings(String applicationId, Path directory) {
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, applicationId);
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "driver:9092");
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, directory.toString());
    return settings;
  }

  private TestOutputTopic<byte[], byte[]> output(String topic) {
    return driver.createOutputTopic(
        topic, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  Instant now() {
    return now;
  }

  /** Moves the clock of the log, back too. */
  void pass(Duration time) {
    now = now.plus(time);
  }

  Written pipe(byte[] key, byte[] value) {
    return pipe(key, value, new RecordHeaders());
  }

  Written pipe(byte[] key, byte[] value, Headers headers) {
    commands.pipeInput(new TestRecord<>(key, value, headers, now));
    return new Written(
        events.readRecordsToList(), outcomes.readRecordsToList(), deadLetters.readRecordsToList());
  }

  Written send(String key, String json) {
    return pipe(key.getBytes(UTF_8), json.getBytes(UTF_8));
  }

  Written send(String key, SubmittedCommand command) {
    return pipe(key.getBytes(UTF_8), JsonCodec.write(command));
  }

  /** The data's record as a command with an id of this number, sent at no particular time. */
  static SubmittedCommand command(int id, Record data) {
    return SubmittedCommand.of(
        new UUID(0, id), data.getClass().getSimpleName(), JsonCodec.toObject(data), Instant.EPOCH);
  }

  Aggregate aggregate(String id) {
    KeyValueStore<String, byte[]> store = driver.getKeyValueStore(Aggregate.STORE);
    byte[] stored = store.get(id);
    return stored == null ? Aggregate.absent() : Aggregate.read(stored);
  }

  /** Replaces what is stored of an aggregate. */
  void store(String id, Aggregate aggregate) {
    driver.<String, byte[]>getKeyValueStore(Aggregate.STORE).put(id, aggregate.bytes());
  }

  /** Everything that is stored of aggregates. */
  Map<String, String> stored() {
    Map<String, String> stored = new TreeMap<>();
    rows().forEach((id, row) -> stored.put(id, HexFormat.of().formatHex(row)));
    return stored;
  }

  /** The bytes of every aggregate. */
  Map<String, byte[]> rows() {
    Map<String, byte[]> rows = new TreeMap<>();
    try (KeyValueIterator<String, byte[]> all =
        driver.<String, byte[]>getKeyValueStore(Aggregate.STORE).all()) {
      all.forEachRemaining(row -> rows.put(row.key, row.value));
    }
    return rows;
  }

  @Override
  public void close() {
    driver.close();
  }
}

package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.DeclaredPolicy;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.StoppedView;
import dev.pleat.schemas.SubmittedCommand;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.test.TestRecord;

/** A policy's topology in a driver, with a clock of its own. Used by one thread. */
final class PolicyDriver implements AutoCloseable {

  static final Instant START = Instant.parse("2026-11-21T10:00:00.012Z");

  private final DomainSchema<?, ?> schema;
  private final DeclaredPolicy policy;
  private final TopologyTestDriver driver;
  private final Map<String, Long> versions = new HashMap<>();

  PolicyDriver(Domain<?, ?, ?> domain, String policy, Path directory) {
    this(
        domain,
        policy,
        PolicyStart.single(domain.schema().sources(domain.schema().policy(policy).orElseThrow())),
        new Resumptions(),
        START,
        directory);
  }

  PolicyDriver(
      Domain<?, ?, ?> domain,
      String policy,
      PolicyStart start,
      Resumptions resumptions,
      Instant now,
      Path directory) {
    this.schema = domain.schema();
    this.policy = schema.policy(policy).orElseThrow();
    this.driver =
        new TopologyTestDriver(
            PolicyTopology.of(domain, policy, start, resumptions),
            CommandDriver.settings(PolicyTopology.applicationId(schema, this.policy), directory),
            now);
  }

  /** The next event of an aggregate, as the only one of its command. */
  static RecordedEvent recorded(
      DomainSchema<?, ?> source, String id, long version, Object event, Instant time) {
    UUID command = NameBasedId.ofAggregate(source.name() + id, new UUID(0, version));
    return new RecordedEvent(
        NameBasedId.ofEvent(source.name(), id, command, 0),
        command,
        event.getClass().getSimpleName(),
        JsonCodec.toObject(event),
        time,
        version,
        version,
        Optional.empty(),
        Optional.empty());
  }

  /** The next event of this aggregate, now; answers with the event. */
  RecordedEvent happens(DomainSchema<?, ?> source, String aggregateId, Object event) {
    long version = versions.merge(source.name() + "/" + aggregateId, 1L, Long::sum);
    RecordedEvent recorded = recorded(source, aggregateId, version, event, START.plus(elapsed));
    pipe(source, aggregateId, JsonCodec.write(recorded), new RecordHeaders());
    return recorded;
  }

  private Duration elapsed = Duration.ZERO;

  void pipe(DomainSchema<?, ?> source, String key, byte[] event, Headers headers) {
    driver
        .createInputTopic(
            source.eventsTopic(), new ByteArraySerializer(), new ByteArraySerializer())
        .pipeInput(new TestRecord<>(key.getBytes(UTF_8), event, headers, START));
  }

  /** Lets time pass; what is due is sent. */
  void pass(Duration time) {
    elapsed = elapsed.plus(time);
    driver.advanceWallClockTime(time);
  }

  /** What was sent since the last look. */
  List<TestRecord<byte[], byte[]>> records(DomainSchema<?, ?> target) {
    return read(target.commandsTopic());
  }

  List<SubmittedCommand> sent(DomainSchema<?, ?> target) {
    return records(target).stream().map(each -> JsonCodec.readCommand(each.value())).toList();
  }

  /** What was sent since the last look: key, action and data of each. */
  List<String> shown(DomainSchema<?, ?> target) {
    return records(target).stream()
        .map(
            each -> {
              SubmittedCommand command = JsonCodec.readCommand(each.value());
              return new String(each.key(), UTF_8)
                  + " "
                  + command.action()
                  + " "
                  + new String(command.data().bytes(), UTF_8);
            })
        .toList();
  }

  List<TestRecord<byte[], byte[]>> deadLetters(DomainSchema<?, ?> target) {
    return read(target.deadLettersTopic());
  }

  private List<TestRecord<byte[], byte[]>> read(String topic) {
    return driver
        .createOutputTopic(topic, new ByteArrayDeserializer(), new ByteArrayDeserializer())
        .readRecordsToList();
  }

  /** Where it has stopped over this source. */
  Optional<StoppedView> stopped(DomainSchema<?, ?> source) {
    KeyValueStore<Integer, byte[]> marks =
        driver.getKeyValueStore(policy.guard(source).stoppedStore());
    return Optional.ofNullable(marks.get(0))
        .map(mark -> JsonCodec.readValue(mark, StoppedView.class));
  }

  /** How many rows a store of the policy has. */
  long rows(String store) {
    return driver.getKeyValueStore(policy.name() + "-" + store).approximateNumEntries();
  }

  @Override
  public void close() {
    driver.close();
  }
}

package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.HistoryKey;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueCreated;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.schemas.calculator.Operation;
import dev.pleat.topology.HistoryTopology;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A history of a release that recorded no outcomes, taken over by this one, on a real broker. */
final class OlderHistoryIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long MEMORY_BYTES = 16L * 1024 * 1024;
  private static final String ID = new UUID(0x4000L, 0x8000_0000_0000_0001L).toString();
  private static final int VERSIONS = 5;

  @TempDir Path directory;

  private final AtomicInteger recorded = new AtomicInteger();

  /** As it was: events only. */
  private final class EventsOnly implements Processor<String, byte[], Void, Void> {
    private KeyValueStore<Bytes, byte[]> events;
    private KeyValueStore<String, byte[]> last;

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      events = context.getStateStore(HistoryKey.EVENTS);
      last = context.getStateStore(HistoryKey.LAST);
    }

    @Override
    public void process(Record<String, byte[]> record) {
      long version = JsonCodec.readEvent(record.value()).version();
      events.put(Bytes.wrap(HistoryKey.of(record.key(), version)), record.value());
      last.put(record.key(), ByteBuffer.allocate(16).putLong(version).putLong(0).array());
      recorded.incrementAndGet();
    }
  }

  private static StoreBuilder<?> store(String name, Serde<?> key) {
    return Stores.keyValueStoreBuilder(
        Stores.persistentKeyValueStore(name), key, Serdes.ByteArray());
  }

  private void recordAsBefore(Map<String, Object> connection) {
    Topology topology =
        new Topology()
            .addSource(
                "events",
                new StringDeserializer(),
                new ByteArrayDeserializer(),
                "calculator.events")
            .addProcessor("history", EventsOnly::new, "events")
            .addStateStore(store(HistoryKey.EVENTS, Serdes.Bytes()), "history")
            .addStateStore(store(HistoryKey.SNAPSHOTS, Serdes.Bytes()), "history")
            .addStateStore(store(HistoryKey.LAST, Serdes.String()), "history");
    try (DataDirectory data = DataDirectory.open(directory.resolve("data"));
        StoreMemory memory = new StoreMemory(MEMORY_BYTES);
        StreamsRole role =
            StreamsRole.start(
                "history",
                topology,
                new StreamsSettings(connection, data.state(), data.instanceId(), memory)
                    .folding(HistoryTopology.applicationId(CalculatorSchema.SCHEMA)))) {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (recorded.get() < VERSIONS) {
        assertTrue(System.nanoTime() < deadline, "not recorded: " + role.trouble());
        LockSupport.parkNanos(5_000_000);
      }
    }
  }

  /** What lies on the log of the value, each event and then its outcome. */
  private static List<String> written(Map<String, Object> connection) {
    List<String> written = new ArrayList<>();
    try (Producer<String, byte[]> log =
        new KafkaProducer<>(connection, new StringSerializer(), new ByteArraySerializer())) {
      for (int version = 1; version <= VERSIONS; version++) {
        UUID command = new UUID(version, 1);
        UUID id = NameBasedId.ofEvent("calculator", ID, command, 0);
        Instant time = Instant.parse("2026-11-21T10:00:00Z").plusMillis(version);
        CalculatorEvent event =
            version == 1
                ? new ValueCreated(ID, 1)
                : new ValueUpdated(ID, Operation.ADD, 1, version);
        byte[] recorded =
            JsonCodec.write(
                new RecordedEvent(
                    id,
                    command,
                    event.getClass().getSimpleName(),
                    JsonCodec.toObject(event),
                    time,
                    version,
                    version,
                    Optional.empty(),
                    Optional.empty()));
        byte[] outcome =
            JsonCodec.write(
                new Outcome(
                    NameBasedId.ofOutcome("calculator", ID, command),
                    command,
                    new Accepted(version, List.of(id)),
                    time,
                    Optional.empty(),
                    Optional.empty(),
                    false));
        log.send(new ProducerRecord<>("calculator.events", ID, recorded));
        log.send(new ProducerRecord<>("calculator.outcomes", ID, outcome));
        written.add(TopicReader.text(recorded));
        written.add(TopicReader.text(outcome));
      }
      log.send(new ProducerRecord<>("calculator.outcomes", ID, early()));
    }
    return written;
  }

  /** The outcome of a command whose event is not recorded. */
  private static byte[] early() {
    UUID command = new UUID(VERSIONS + 1, 1);
    return JsonCodec.write(
        new Outcome(
            NameBasedId.ofOutcome("calculator", ID, command),
            command,
            new Accepted(VERSIONS + 1, List.of(NameBasedId.ofEvent("calculator", ID, command, 0))),
            Instant.parse("2026-11-21T11:00:00Z"),
            Optional.empty(),
            Optional.empty(),
            false));
  }

  @Test
  void reads_the_outcomes_of_the_past_from_the_beginning() {
    try (Broker broker = EmbeddedBroker.start(directory.resolve("broker"), 0)) {
      Map<String, Object> connection = Map.of("bootstrap.servers", broker.bootstrapServers());
      try (Admin admin = Admin.create(connection)) {
        new TopicSetup(admin, connection)
            .prepare(CalculatorSchema.SCHEMA, 4, false, Optional.empty());
      }
      List<String> written = written(connection);
      recordAsBefore(connection);

      try (Instance instance =
              Servers.joined(directory.resolve("data"), broker.bootstrapServers());
          ApiClient api = new ApiClient(instance.url())) {
        HttpResponse<String> told = api.get("/values/" + ID + "/events?include=outcomes&wait=14s");
        assertEquals(200, told.statusCode(), told.body());
        assertEquals(VERSIONS, json(told).get("outcomes-through").asInt());
        List<JsonNode> lying = new ArrayList<>();
        json(told).get("events").forEach(lying::add);
        assertEquals(written.stream().map(ApiClient::json).toList(), lying);
        assertEquals(3, json(api.get("/values/" + ID + "?as-of-version=3")).get("value").asInt());
      }
    }
  }
}

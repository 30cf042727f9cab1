package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.JsonCodec;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Up to where an effect has acted on the events, in a compacted topic of its own: whoever rewinds
 * or deletes its consumer group makes it do nothing again. Used by one thread at a time.
 *
 * <p>The domain's manifest says with which topics the effect was begun, by their ids. Another one,
 * or one that is gone or empty, means that it is not known any more what was done.
 */
final class EffectPositions {

  private static final Logger LOG = LoggerFactory.getLogger(EffectPositions.class);
  private static final int TRANSACTION_TIMEOUT_MS = 10_000;
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  /**
   * What an effect was begun with.
   *
   * @param positions the id of the topic of its positions
   * @param events the id of the events topic they are of
   */
  record Begun(String positions, String events) {}

  /**
   * The log of the events as it serves now.
   *
   * @param topic its name
   * @param id the id Kafka gave it
   * @param partitions how many it has
   */
  record Events(String topic, String id, int partitions) {}

  private final String name;
  private final String topic;
  private final Events events;
  private final Map<String, Object> connection;
  private final Cluster cluster;
  private final Manifest manifest;

  /**
   * Of one effect.
   *
   * @param name domain and name, for a person
   * @param group its consumer group
   */
  EffectPositions(
      String name,
      String group,
      Events events,
      Map<String, Object> connection,
      Admin admin,
      Manifest manifest) {
    this.name = name;
    this.topic = group + "-positions";
    this.events = events;
    this.connection = connection;
    this.cluster = new Cluster(admin);
    this.manifest = manifest;
  }

  /**
   * Makes sure they are there, before the first event is read.
   *
   * @param fromFirst whether an effect that has never run acts on the events there were before
   * @param acceptLost whether an operator said that they may be lost
   * @throws StartRefused if they are; the message says what to do
   */
  void prepare(boolean fromFirst, boolean acceptLost) {
    Optional<Begun> before = begun();
    Optional<String> lost = before.flatMap(this::lost);
    if (lost.isPresent() && !acceptLost) {
      throw new StartRefused(
          "the effect %s has lost its positions (%s): what it has done is not known any more; restore the topic from a backup, or start once with --accept-recreated-topics: it then begins at the end of the events there are now, and does nothing because of them"
              .formatted(name, lost.get()));
    }
    boolean anotherLog = before.filter(it -> !it.events().equals(events.id())).isPresent();
    if (before.isPresent() && lost.isEmpty() && !(anotherLog && acceptLost)) {
      return;
    }
    if (before.isPresent()) {
      LOG.warn(
          "the effect {} begins anew, at the end of the events: {}",
          name,
          lost.orElse("another log serves"));
    }
    String id = cluster.changelogId(topic, 1);
    while (!begin(before.isPresent(), fromFirst && before.isEmpty())) {
      LOG.info("another process begins the effect {}", name);
    }
    manifest.write(Map.of(key(), JsonCodec.writeValue(new Begun(id, events.id()), Begun.class)));
  }

  private String key() {
    return "effect " + name;
  }

  private Optional<Begun> begun() {
    return Optional.ofNullable(manifest.read().get(key()))
        .map(row -> JsonCodec.readValue(row, Begun.class));
  }

  private Optional<String> lost(Begun before) {
    Optional<String> id =
        cluster.describe(topic).map(TopicDescription::topicId).map(Object::toString);
    if (id.isEmpty()) {
      return Optional.of(topic + " was deleted");
    }
    if (!id.get().equals(before.positions())) {
      return Optional.of(topic + " was deleted and created again");
    }
    return cluster
            .offsets(topic, OffsetSpec.earliest())
            .equals(cluster.offsets(topic, OffsetSpec.latest()))
        ? Optional.of(topic + " is empty")
        : Optional.empty();
  }

  /**
   * Writes where it begins, unless another process has: who comes later fences who came before.
   *
   * @return whether they are there now
   */
  private boolean begin(boolean anew, boolean fromFirst) {
    try (Producer<byte[], byte[]> producer = producer(topic + "-begin")) {
      producer.initTransactions();
      if (!anew && read().size() == events.partitions()) {
        return true;
      }
      OffsetSpec where = fromFirst ? OffsetSpec.earliest() : OffsetSpec.latest();
      producer.beginTransaction();
      cluster
          .offsets(events.topic(), where)
          .forEach((partition, offset) -> producer.send(record(partition.partition(), offset)));
      producer.commitTransaction();
      return true;
    } catch (ProducerFencedException e) {
      return false;
    }
  }

  /** A producer whose transactions end those that one of the same id has left open. */
  Producer<byte[], byte[]> producer(String transactionalId) {
    Map<String, Object> properties = new HashMap<>(connection);
    properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
    properties.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, TRANSACTION_TIMEOUT_MS);
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, TRANSACTION_TIMEOUT_MS);
    properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
    properties.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 2 * 1024 * 1024);
    return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Ends a producer; what it has not committed never was. */
  static void close(Producer<byte[], byte[]> producer) {
    producer.close(CLOSE_TIMEOUT);
  }

  /** The record that says that everything below this offset is done. */
  ProducerRecord<byte[], byte[]> record(int partition, long next) {
    return new ProducerRecord<>(
        topic,
        0,
        (events.id() + "/" + partition).getBytes(UTF_8),
        Long.toString(next).getBytes(UTF_8));
  }

  /**
   * The next offset of each partition, as it is committed; a transaction that is open is waited
   * for.
   */
  Map<Integer, Long> read() {
    TopicPartition only = new TopicPartition(topic, 0);
    long end = cluster.offsets(topic, OffsetSpec.latest()).getOrDefault(only, 0L);
    Map<Integer, Long> positions = new HashMap<>();
    try (Consumer<byte[], byte[]> consumer = CommittedRecords.consumer(connection)) {
      new CommittedRecords(consumer, only, end, Pace.unlimited(), moved -> {})
          .forEachRemaining(
              record -> {
                String[] key = new String(record.key(), UTF_8).split("/", 2);
                if (key[0].equals(events.id())) {
                  positions.put(
                      Integer.valueOf(key[1]), Long.valueOf(new String(record.value(), UTF_8)));
                }
              });
    }
    return positions;
  }

  /**
   * The same, where none may be missing.
   *
   * @throws StartRefused if one is; the message says what to do
   */
  Map<Integer, Long> require() {
    Map<Integer, Long> positions = read();
    if (positions.size() == events.partitions()) {
      return positions;
    }
    throw new StartRefused(
        begun().filter(it -> !it.events().equals(events.id())).isPresent()
            ? "the effect %s stays down: what it has done is known of another log than the one that serves (%s), whose events it would act on once more; start once with --accept-recreated-topics: it then begins at the end of this one"
                .formatted(name, events.topic())
            : "the effect %s stays down: %s does not know all of its positions any more; start once with --accept-recreated-topics: it then begins at the end of the events there are now"
                .formatted(name, topic));
  }
}

package dev.pleat.deploy;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaClientSupplier;

/** The Kafka clients of one application of Kafka Streams, which rest while nothing comes. */
class PatientClients implements KafkaClientSupplier {

  /** Of the application's threads. */
  private final List<PatientConsumer> consumers = new CopyOnWriteArrayList<>();

  /** How long ago the thread polled that has not polled for longest. Safe for use by any thread. */
  final Duration silence() {
    return consumers.stream()
        .map(PatientConsumer::sinceLastPoll)
        .max(Comparator.naturalOrder())
        .orElse(Duration.ZERO);
  }

  @Override
  public final Admin getAdmin(Map<String, Object> config) {
    return Admin.create(config);
  }

  @Override
  public Producer<byte[], byte[]> getProducer(Map<String, Object> config) {
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  @Override
  public final Consumer<byte[], byte[]> getConsumer(Map<String, Object> config) {
    PatientConsumer made = consumer(config);
    consumers.add(made);
    return made;
  }

  /** Makes a consumer for a thread. */
  PatientConsumer consumer(Map<String, Object> config) {
    return new PatientConsumer(config);
  }

  @Override
  public final Consumer<byte[], byte[]> getRestoreConsumer(Map<String, Object> config) {
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  @Override
  public final Consumer<byte[], byte[]> getGlobalConsumer(Map<String, Object> config) {
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }
}

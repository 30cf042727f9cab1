package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.pleat.schemas.MessageHeaders;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A producer that writes commands straight to the topic, each with a number its outcome brings
 * back. Used by one thread.
 */
final class TopicLoad implements AutoCloseable {

  private static final int BATCH_BYTES = 256 * 1024;
  private static final String TIMESTAMP = "2026-11-21T10:00:00.000Z";

  private final Producer<byte[], byte[]> producer;
  private final SplittableRandom random = new SplittableRandom();
  private final List<String> values;
  private final String run;
  private byte[][] prepared = {};

  /**
   * A producer.
   *
   * @param run tells the outcomes of its commands from those of others
   */
  TopicLoad(String bootstrapServers, List<String> values, String run, int lingerMs) {
    this.values = values;
    this.run = run + " ";
    this.producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ProducerConfig.ACKS_CONFIG,
                "all",
                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                true,
                ProducerConfig.LINGER_MS_CONFIG,
                lingerMs,
                // Many commands a request: the producer shares the cores with what it measures.
                ProducerConfig.BATCH_SIZE_CONFIG,
                BATCH_BYTES),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  /**
   * Makes the first commands before they are due: what it takes to send them then is taken from
   * what is measured.
   */
  void prepare(int commands) {
    prepared = new byte[commands][];
    for (int i = 0; i < commands; i++) {
      prepared[i] = command(value(i));
    }
  }

  private String value(int number) {
    return values.get(number % values.size());
  }

  /** Adds 1 to one of the values. */
  void send(int number) {
    String value = value(number);
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            CalculatorSchema.SCHEMA.commandsTopic(),
            value.getBytes(ISO_8859_1),
            number < prepared.length ? prepared[number] : command(value));
    record.headers().add(MessageHeaders.REQUEST_ID, (run + number).getBytes(ISO_8859_1));
    producer.send(record);
  }

  private byte[] command(String value) {
    UUID id = new UUID(random.nextLong(), random.nextLong());
    String command =
        "{\"id\":\""
            + id
            + "\",\"action\":\"UpdateValue\",\"data\":{\"value-id\":\""
            + value
            + "\",\"operation\":\"ADD\",\"value\":1},\"timestamp\":\""
            + TIMESTAMP
            + "\"}";
    return command.getBytes(ISO_8859_1);
  }

  /** Which command of this run an accepted outcome is of; -1 if it is none of them. */
  int accepted(ConsumerRecord<byte[], byte[]> outcome) {
    Header header = outcome.headers().lastHeader(MessageHeaders.REQUEST_ID);
    if (header == null
        || !new String(outcome.value(), ISO_8859_1).contains("\"CommandAccepted\"")) {
      return -1;
    }
    String id = new String(header.value(), ISO_8859_1);
    return id.startsWith(run) ? Integer.parseInt(id.substring(run.length())) : -1;
  }

  /** Returns when everything is written. */
  void flush() {
    producer.flush();
  }

  @Override
  public void close() {
    producer.close();
  }
}

package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.pleat.schemas.MessageHeaders;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A producer that writes commands straight to the topic, with or without a number its outcome
 * brings back. Used by one thread.
 */
final class TopicLoad implements AutoCloseable {

  private static final int BATCH_BYTES = 256 * 1024;
  private static final byte[] DIGITS = "0123456789abcdef".getBytes(ISO_8859_1);

  /** Adds 1 to a value. What is of one command alone is filled in: that takes least when sent. */
  private static final String COMMAND =
      """
      {"id":"%s","action":"UpdateValue","data":{"value-id":"%s","operation":"ADD","value":1},\
      "timestamp":"2026-11-21T10:00:00.000Z"}"""
          .formatted("i".repeat(36), "v".repeat(36));

  private static final byte[] TEMPLATE = COMMAND.getBytes(ISO_8859_1);
  private static final int ID = COMMAND.indexOf("iiii");
  private static final int VALUE = COMMAND.indexOf("vvvv");

  private final Producer<byte[], byte[]> producer;
  private final SplittableRandom random = new SplittableRandom();
  private final List<byte[]> values;
  private final String run;

  /**
   * A producer.
   *
   * @param run tells the outcomes of its commands from those of others
   */
  TopicLoad(String bootstrapServers, List<String> values, String run, int lingerMs) {
    this.values = values.stream().map(value -> value.getBytes(ISO_8859_1)).toList();
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

  private byte[] value(int number) {
    return values.get(number % values.size());
  }

  /** Adds 1 to one of the values, and waits for the outcome: it brings the number back. */
  void send(int number) {
    ProducerRecord<byte[], byte[]> record = update(number);
    record.headers().add(MessageHeaders.REQUEST_ID, (run + number).getBytes(ISO_8859_1));
    producer.send(record);
  }

  /** Adds 1 to one of the values, and nobody waits for it. */
  void sendUnawaited(int number) {
    producer.send(update(number));
  }

  private ProducerRecord<byte[], byte[]> update(int number) {
    byte[] value = value(number);
    return new ProducerRecord<>(CalculatorSchema.SCHEMA.commandsTopic(), value, command(value));
  }

  private byte[] command(byte[] value) {
    byte[] command = TEMPLATE.clone();
    writeUuid(random.nextLong(), random.nextLong(), command, ID);
    System.arraycopy(value, 0, command, VALUE, value.length);
    return command;
  }

  private static void writeUuid(long most, long least, byte[] out, int from) {
    int at = from;
    for (int digit = 0; digit < 32; digit++) {
      if (digit == 8 || digit == 12 || digit == 16 || digit == 20) {
        out[at++] = '-';
      }
      long half = digit < 16 ? most : least;
      out[at++] = DIGITS[(int) (half >>> 60 - 4 * (digit % 16)) & 0xF];
    }
  }

  /** Whether the outcome says that its command was accepted. */
  static boolean isAccepted(ConsumerRecord<byte[], byte[]> outcome) {
    return new String(outcome.value(), ISO_8859_1).contains("\"CommandAccepted\"");
  }

  /** Which command of this run an accepted outcome is of; -1 if it is none of them. */
  int accepted(ConsumerRecord<byte[], byte[]> outcome) {
    Header header = outcome.headers().lastHeader(MessageHeaders.REQUEST_ID);
    if (header == null || !isAccepted(outcome)) {
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

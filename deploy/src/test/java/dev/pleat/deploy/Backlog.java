package dev.pleat.deploy;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.schemas.calculator.CalculatorCommand.CreateValue;
import dev.pleat.schemas.calculator.CalculatorCommand.UpdateValue;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.schemas.calculator.Operation;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Calculator commands written straight to the topic before anybody decides them.
 *
 * @param aggregates over how many values they go, evenly: first each is created, then updated
 * @param commands how many there are
 * @param hotPercent how many of the updates go to one and the same value, in percent
 * @param waitedPercent how many say that a client waits for them, in percent
 * @param seed of ids, operands and order
 */
record Backlog(int aggregates, int commands, int hotPercent, int waitedPercent, long seed) {

  static Backlog of(int aggregates, int commands) {
    return new Backlog(aggregates, commands, 0, 0, 20261121);
  }

  Backlog withHotAggregate(int percent) {
    return new Backlog(aggregates, commands, percent, waitedPercent, seed);
  }

  Backlog waitedFor(int percent) {
    return new Backlog(aggregates, commands, hotPercent, percent, seed);
  }

  /** Creates the topics of the domain and of the baseline, without those of an earlier backlog. */
  static void createTopics(String servers) {
    CalculatorSchema.SCHEMA.name();
    List<String> names =
        Stream.of(
                CalculatorSchema.SCHEMA.commandsTopic(),
                CalculatorSchema.SCHEMA.eventsTopic(),
                CalculatorSchema.SCHEMA.outcomesTopic(),
                CalculatorSchema.SCHEMA.deadLettersTopic(),
                "benchmark.one",
                "benchmark.two")
            .toList();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
      Collection<String> there = admin.listTopics().names().get();
      admin.deleteTopics(names.stream().filter(there::contains).toList()).all().get();
      while (!admin.listTopics().names().get().stream().noneMatch(names::contains)) {
        Thread.onSpinWait();
      }
      admin
          .createTopics(
              names.stream()
                  .map(
                      name ->
                          new NewTopic(name, Servers.PARTITIONS, (short) 1)
                              .configs(
                                  Map.of(
                                      TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime")))
                  .toList())
          .all()
          .get();
      awaitLeaders(admin, names);
    } catch (ExecutionException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Until each partition answers: a producer that meets one too early can be left with batches out
   * of order, which it then sends again for ever.
   */
  private static void awaitLeaders(Admin admin, List<String> topics) throws InterruptedException {
    Map<TopicPartition, OffsetSpec> partitions = new HashMap<>();
    for (String topic : topics) {
      for (int partition = 0; partition < Servers.PARTITIONS; partition++) {
        partitions.put(new TopicPartition(topic, partition), OffsetSpec.latest());
      }
    }
    ExecutionException unanswered = new ExecutionException("not asked", null);
    for (int attempt = 0; attempt < 100; attempt++) {
      try {
        admin.listOffsets(partitions).all().get();
        return;
      } catch (ExecutionException notYet) {
        unanswered = notYet;
      }
    }
    throw new IllegalStateException("the new topics do not answer", unanswered);
  }

  /** Writes all of it. */
  void write(String servers) {
    SplittableRandom random = new SplittableRandom(seed);
    Instant now = Instant.now();
    try (Producer<String, byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", servers, "acks", "all", "linger.ms", 20),
            new StringSerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < commands; i++) {
        UUID id = new UUID(random.nextLong(), random.nextLong());
        boolean hot = i >= aggregates && random.nextInt(100) < hotPercent;
        String value = valueId(hot ? 0 : i % aggregates);
        Record data =
            i < aggregates
                ? new CreateValue(value, i)
                : new UpdateValue(value, Operation.ADD, 1 + random.nextInt(100));
        ProducerRecord<String, byte[]> record =
            new ProducerRecord<>(
                CalculatorSchema.SCHEMA.commandsTopic(),
                value,
                JsonCodec.write(
                    SubmittedCommand.of(
                        id, data.getClass().getSimpleName(), JsonCodec.toObject(data), now)));
        if (random.nextInt(100) < waitedPercent) {
          record.headers().add("pleat-request-id", id.toString().getBytes(StandardCharsets.UTF_8));
        }
        producer.send(record);
      }
    }
  }

  /** Fails if there is an outcome that says no, or none at all. */
  static void requireAccepted(String servers) {
    String topic = CalculatorSchema.SCHEMA.outcomesTopic();
    try (Consumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                servers,
                "isolation.level",
                "read_committed",
                "max.poll.records",
                10_000),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          IntStream.range(0, Servers.PARTITIONS)
              .mapToObj(i -> new TopicPartition(topic, i))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      long accepted = 0;
      while (ends.entrySet().stream()
          .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        for (ConsumerRecord<byte[], byte[]> outcome : consumer.poll(Duration.ofSeconds(1))) {
          String text = new String(outcome.value(), StandardCharsets.UTF_8);
          if (!text.contains("\"CommandAccepted\"")) {
            throw new AssertionError("not accepted: " + text);
          }
          accepted++;
        }
      }
      if (accepted == 0) {
        throw new AssertionError("no command was decided");
      }
      System.out.println(accepted + " commands were accepted, none refused");
    }
  }

  String valueId(int index) {
    return NameBasedId.ofAggregate("calculator", new UUID(seed, index)).toString();
  }
}

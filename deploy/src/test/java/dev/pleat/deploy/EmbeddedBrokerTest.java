package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class EmbeddedBrokerTest {

  private static final TopicPartition TOPIC = new TopicPartition("numbers", 0);
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  @TempDir Path directory;

  @Test
  void keeps_its_records_over_a_restart() throws Exception {
    try (Broker broker = EmbeddedBroker.start(directory, 0)) {
      createTopic(broker.bootstrapServers());
      commit(broker.bootstrapServers(), "one", "two");
    }
    try (Broker broker = EmbeddedBroker.start(directory, 0)) {
      commit(broker.bootstrapServers(), "three");
      assertEquals(List.of("one", "two", "three"), committed(broker.bootstrapServers(), 3));
    }
  }

  @Test
  void keeps_its_records_over_a_kill() throws Exception {
    try (BrokerProcess broker = BrokerProcess.start(directory)) {
      String address = broker.bootstrapServers();
      createTopic(address);
      commit(address, "one", "two");

      broker.kill();
      broker.restart();

      assertEquals(address, broker.bootstrapServers());
      commit(address, "three");
      assertEquals(List.of("one", "two", "three"), committed(address, 3));
    }
  }

  @Test
  void does_not_wait_for_its_dead_self_after_a_kill() {
    try (BrokerProcess broker = BrokerProcess.start(directory)) {
      broker.kill();

      Instant start = Instant.now();
      broker.restart();

      // With the default session of 9 s this cannot be met; with the broker's own settings it takes
      // 3 to 4 s.
      Duration took = Duration.between(start, Instant.now());
      assertTrue(took.compareTo(Duration.ofSeconds(9)) < 0, () -> "took " + took);
    }
  }

  @Test
  void listens_on_loopback_only() throws Exception {
    try (Broker broker = EmbeddedBroker.start(directory, 0);
        Admin admin = admin(broker.bootstrapServers())) {
      var nodes = admin.describeCluster().nodes().get(30, TimeUnit.SECONDS);

      assertEquals(List.of("127.0.0.1"), nodes.stream().map(node -> node.host()).toList());
      assertTrue(broker.bootstrapServers().startsWith("127.0.0.1:"));
    }
  }

  @Test
  void makes_no_topic_by_itself() throws Exception {
    try (Broker broker = EmbeddedBroker.start(directory, 0);
        Admin admin = admin(broker.bootstrapServers())) {
      var failure =
          assertThrows(
              ExecutionException.class,
              () ->
                  admin
                      .describeTopics(List.of("never-made"))
                      .allTopicNames()
                      .get(30, TimeUnit.SECONDS));

      assertTrue(failure.getCause() instanceof UnknownTopicOrPartitionException, failure::toString);
      assertEquals(Set.of(), admin.listTopics().names().get(30, TimeUnit.SECONDS));
    }
  }

  @Test
  void takes_the_port_it_is_given() throws Exception {
    int port;
    try (Broker broker = EmbeddedBroker.start(directory.resolve("first"), 0)) {
      port = Integer.parseInt(broker.bootstrapServers().split(":")[1]);
    }
    try (Broker broker = EmbeddedBroker.start(directory.resolve("second"), port)) {
      assertEquals("127.0.0.1:" + port, broker.bootstrapServers());
      createTopic(broker.bootstrapServers());
    }
  }

  @Test
  void refuses_a_port_in_use_and_names_the_flag() throws Exception {
    try (ServerSocket taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
      int port = taken.getLocalPort();

      var refused = assertThrows(StartRefused.class, () -> EmbeddedBroker.start(directory, port));

      assertEquals(
          "--kafka-port "
              + port
              + ": already in use on 127.0.0.1; stop the other process or choose another port",
          refused.getMessage());
    }
  }

  @Test
  void refuses_a_directory_another_process_uses_and_names_the_flag() throws Exception {
    try (BrokerProcess other = BrokerProcess.start(directory)) {
      var refused = assertThrows(StartRefused.class, () -> EmbeddedBroker.start(directory, 0));

      assertEquals(
          "--data-dir: "
              + directory.toAbsolutePath()
              + " is in use by another process; stop that process or choose another directory",
          refused.getMessage());
      createTopic(other.bootstrapServers());
    }
  }

  @Test
  void refuses_a_file_in_place_of_a_directory_and_names_the_flag() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "not a directory");

    for (Path unusable : List.of(file, file.resolve("below"))) {
      var refused = assertThrows(StartRefused.class, () -> EmbeddedBroker.start(unusable, 0));

      assertTrue(
          refused.getMessage().startsWith("--data-dir: " + unusable + " "), refused::getMessage);
      assertFalse(refused.getMessage().contains("\n"), refused::getMessage);
    }
    assertEquals("not a directory", Files.readString(file));
  }

  private static Admin admin(String bootstrapServers) {
    return Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers));
  }

  private static void createTopic(String bootstrapServers) throws Exception {
    try (Admin admin = admin(bootstrapServers)) {
      admin
          .createTopics(List.of(new NewTopic(TOPIC.topic(), Optional.of(1), Optional.empty())))
          .all()
          .get(30, TimeUnit.SECONDS);
    }
  }

  private static void commit(String bootstrapServers, String... values) {
    try (var producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                "embedded-broker-test"),
            new StringSerializer(),
            new StringSerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      for (String value : values) {
        producer.send(new ProducerRecord<>(TOPIC.topic(), TOPIC.partition(), "key", value));
      }
      producer.commitTransaction();
    }
  }

  private static List<String> committed(String bootstrapServers, int expected) {
    try (var consumer =
        new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed"),
            new StringDeserializer(),
            new StringDeserializer())) {
      consumer.assign(List.of(TOPIC));
      consumer.seekToBeginning(List.of(TOPIC));
      List<String> values = new ArrayList<>();
      Instant deadline = Instant.now().plus(DEADLINE);
      while (values.size() < expected && Instant.now().isBefore(deadline)) {
        consumer.poll(Duration.ofMillis(200)).forEach(consumed -> values.add(consumed.value()));
      }
      return values;
    }
  }
}

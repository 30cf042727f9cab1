package dev.pleat.deploy;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.Feature;

/**
 * A real Kafka broker and its controller, in this JVM, on loopback, with its records in one
 * directory.
 *
 * <p>The only file that knows the broker's own classes, which are not a public API: a new Kafka
 * version may break it, and its test then says so.
 */
final class EmbeddedBroker implements Broker {

  private static final String HOST = "127.0.0.1";
  private static final int NODE_ID = 1;
  private static final String INTERNAL_TOPIC_PARTITIONS = "4";

  private final KafkaRaftServer server;
  private final String bootstrapServers;

  private EmbeddedBroker(KafkaRaftServer server, String bootstrapServers) {
    this.server = server;
    this.bootstrapServers = bootstrapServers;
  }

  /**
   * Starts a broker on the records in {@code directory}, which is made and formatted when it is
   * new, and returns when the broker takes requests.
   *
   * @param port where clients connect; 0 for a free one
   * @throws StartRefused when the directory or the port cannot be had
   */
  static EmbeddedBroker start(Path directory, int port) {
    Path records = directory.toAbsolutePath().normalize();
    prepare(records);
    int clientPort = port == 0 ? freePortBut(0) : port;
    if (port != 0) {
      Port.refuseUnlessFree("--kafka-port", HOST, port);
    }
    String address = HOST + ":" + clientPort;
    KafkaRaftServer server =
        new KafkaRaftServer(
            new KafkaConfig(properties(records, address, freePortBut(clientPort)), false),
            Time.SYSTEM);
    try {
      server.startup();
    } catch (RuntimeException | Error e) {
      server.shutdown();
      throw e;
    }
    return new EmbeddedBroker(server, address);
  }

  @Override
  public String bootstrapServers() {
    return bootstrapServers;
  }

  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
  }

  private static Map<String, String> properties(Path records, String address, int controllerPort) {
    String controllerAddress = HOST + ":" + controllerPort;
    Map<String, String> properties = new HashMap<>();
    properties.put("process.roles", "broker,controller");
    properties.put("node.id", String.valueOf(NODE_ID));
    properties.put("log.dirs", records.toString());
    properties.put("listeners", "PLAINTEXT://" + address + ",CONTROLLER://" + controllerAddress);
    properties.put("advertised.listeners", "PLAINTEXT://" + address);
    properties.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    properties.put("controller.listener.names", "CONTROLLER");
    // A static voter: its address is read from here at each start and is not in the records, so it
    // may change.
    properties.put("controller.quorum.voters", NODE_ID + "@" + controllerAddress);

    properties.put("auto.create.topics.enable", "false");
    properties.put("unclean.leader.election.enable", "false");
    properties.put("default.replication.factor", "1");
    properties.put("min.insync.replicas", "1");
    properties.put("offsets.topic.replication.factor", "1");
    properties.put("offsets.topic.num.partitions", INTERNAL_TOPIC_PARTITIONS);
    properties.put("transaction.state.log.replication.factor", "1");
    properties.put("transaction.state.log.min.isr", "1");
    properties.put("transaction.state.log.num.partitions", INTERNAL_TOPIC_PARTITIONS);
    properties.put("share.coordinator.state.topic.replication.factor", "1");
    properties.put("share.coordinator.state.topic.min.isr", "1");
    properties.put("share.coordinator.state.topic.num.partitions", INTERNAL_TOPIC_PARTITIONS);

    // An expired offset would make an application that was away for a week process its commands
    // again.
    properties.put("offsets.retention.minutes", String.valueOf(Integer.MAX_VALUE));
    // A transaction that begins before the markers of the last one are written is tried again by
    // the
    // broker after this time; with the default, 20 ms, a burst's second commit takes that long.
    properties.put("add.partitions.to.txn.retry.backoff.ms", "1");
    // A dead instance's open transaction holds readers up until this sweep finds it; the default is
    // 10 s.
    properties.put("transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000");
    properties.put("group.initial.rebalance.delay.ms", "0");
    // After a crash the controller waits until the dead broker's session ends; the default is 9 s.
    properties.put("broker.session.timeout.ms", "1500");
    properties.put("broker.heartbeat.interval.ms", "300");
    // After a crash the open segments are read again from end to end: smaller ones bound that time.
    properties.put("log.segment.bytes", String.valueOf(128 * 1024 * 1024));

    // One application's broker: few threads, and a compaction buffer of 8 MiB, not 128.
    properties.put("num.network.threads", "2");
    properties.put("num.io.threads", "4");
    properties.put("background.threads", "2");
    properties.put("group.coordinator.threads", "1");
    properties.put("share.coordinator.threads", "1");
    properties.put("log.cleaner.threads", "1");
    properties.put("log.cleaner.dedupe.buffer.size", String.valueOf(8 * 1024 * 1024));
    return properties;
  }

  /**
   * Formats a new directory, and refuses one that cannot be used. The broker would find out too,
   * but with a stack trace or by ending the JVM.
   */
  private static void prepare(Path records) {
    Path lockFile = records.resolve(".lock");
    try {
      Files.createDirectories(records);
      // The broker's own lock. It is released again here, because the broker takes it itself.
      try (FileChannel lock =
          FileChannel.open(
              lockFile,
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE)) {
        if (isHeldElsewhere(lock)) {
          throw new StartRefused(
              ("--data-dir: %s is in use by another process;"
                      + " stop that process or choose another directory")
                  .formatted(records));
        }
        if (!Files.exists(records.resolve("meta.properties"))) {
          format(records);
        }
      }
    } catch (IOException e) {
      String reason =
          e instanceof AccessDeniedException ? "permission denied" : String.valueOf(e.getMessage());
      throw new StartRefused(
          "--data-dir: %s cannot be used as a writable directory (%s); choose another directory"
              .formatted(records, reason.replaceAll("\\s+", " ")));
    }
  }

  private static boolean isHeldElsewhere(FileChannel lock) throws IOException {
    try {
      return lock.tryLock() == null;
    } catch (OverlappingFileLockException heldByThisProcess) {
      return true;
    }
  }

  private static void format(Path records) throws IOException {
    // The formatter insists on somewhere to print.
    try (PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream())) {
      new Formatter()
          .setPrintStream(nowhere)
          .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
          .setClusterId(Uuid.randomUuid().toString())
          .setNodeId(NODE_ID)
          .addDirectory(records.toString())
          .setMetadataLogDirectory(records.toString())
          .setControllerListenerName("CONTROLLER")
          .run();
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(
          "could not format the embedded broker's directory " + records, e);
    }
  }

  /**
   * A port nobody listens on, from below the range the system takes outgoing connections from: a
   * client that retries while the broker is away could otherwise be given the broker's own port.
   */
  private static int freePortBut(int chosen) {
    for (int attempt = 0; attempt < 100; attempt++) {
      int port = ThreadLocalRandom.current().nextInt(20_000, 32_768);
      if (port != chosen && Port.isFree(HOST, port)) {
        return port;
      }
    }
    throw new StartRefused("--kafka-port 0: found no free port on %s; name one".formatted(HOST));
  }
}

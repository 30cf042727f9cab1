package dev.pleat.deploy;

import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.streams.StreamsConfig;

/**
 * The Kafka Streams settings of each kind of application, and why they are what they are.
 *
 * @param connection what every Kafka client needs to connect
 * @param stateDir where the state stores lie
 * @param instanceId makes this process the same group member after a restart
 * @param memory what the state stores share
 */
record StreamsSettings(
    Map<String, Object> connection, Path stateDir, String instanceId, StoreMemory memory) {

  private static final int BATCH_BYTES = 128 * 1024;

  /**
   * Decides commands. The processor asks for commits itself, at a pace; the interval is there in
   * case it does not.
   *
   * <p>{@code poll.ms} bounds how long a commit that is due sleeps. {@code linger.ms} (100 in Kafka
   * Streams) would keep records back until the commit; sent earlier, they are on the broker when it
   * comes.
   */
  Properties deciding(String applicationId) {
    Properties properties = transactional(applicationId);
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1_000);
    properties.put(StreamsConfig.POLL_MS_CONFIG, 5);
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 20);
    // Fewer and larger requests: a record goes to three topics, and a commit sends what waits.
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), BATCH_BYTES);
    // A transaction that follows at once on another one can meet its end still being written on the
    // broker and must try again: in a few milliseconds, not in the usual 100.
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.RETRY_BACKOFF_MS_CONFIG), 5L);
    // Only the processed position is cached: one row a partition, written with every record.
    properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 1024 * 1024);
    return properties;
  }

  /**
   * Folds the state of a decider anew, in the place of the application that decides.
   *
   * @param clientId tells its members of the group from those that decide
   */
  Properties refolding(String applicationId, String clientId) {
    Properties properties = transactional(applicationId);
    properties.put(StreamsConfig.CLIENT_ID_CONFIG, clientId);
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 200);
    properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 1024 * 1024);
    return properties;
  }

  /**
   * Folds committed events into a view. A row can be read as soon as it is stored; the commit
   * decides only how much is folded again after a crash, and a rebuild would spend a tenth of its
   * time on commits every 100 ms.
   */
  Properties folding(String applicationId) {
    Properties properties = transactional(applicationId);
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 500);
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), BATCH_BYTES);
    properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
    return properties;
  }

  /**
   * Makes a derived view. Between its steps lie topics, of which only what is committed is read: so
   * a commit is due soon after an event came, and a reader who waits for it has an answer after as
   * many commits as there are steps.
   */
  Properties deriving(String applicationId) {
    Properties properties = folding(applicationId);
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 10);
    properties.put(StreamsConfig.POLL_MS_CONFIG, 5);
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.RETRY_BACKOFF_MS_CONFIG), 5L);
    return properties;
  }

  /**
   * Reacts to committed events with commands. A collaboration takes a commit for each step, so one
   * is due soon after an event came.
   */
  Properties reacting(String applicationId) {
    Properties properties = deriving(applicationId);
    // Only processed positions are cached: one row a partition, written with every event.
    properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 1024 * 1024);
    return properties;
  }

  /**
   * Indexes what can be indexed again: without transactions, so that a crash does not wipe its
   * store; but only of what is committed.
   */
  Properties indexing(String applicationId) {
    Properties properties = common(applicationId);
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.AT_LEAST_ONCE);
    properties.put(
        StreamsConfig.consumerPrefix(ConsumerConfig.ISOLATION_LEVEL_CONFIG), "read_committed");
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1_000);
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), BATCH_BYTES);
    properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
    return properties;
  }

  /** The same, reading at a pace. */
  static Properties atPace(Pace pace, Properties properties) {
    properties.put(
        StreamsConfig.mainConsumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG),
        pace.recordsPerPoll());
    return properties;
  }

  /** The same, of a process whose HTTP the others reach at this address ({@code host:port}). */
  static Properties answeringAt(String address, Properties properties) {
    properties.put(StreamsConfig.APPLICATION_SERVER_CONFIG, address);
    return properties;
  }

  private Properties transactional(String applicationId) {
    Properties properties = common(applicationId);
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    // A dead instance's open transaction holds up every reader until it times out.
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG), 10_000);
    return properties;
  }

  private Properties common(String applicationId) {
    Properties properties = new Properties();
    properties.putAll(connection);
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, applicationId);
    properties.put(StreamsConfig.STATE_DIR_CONFIG, stateDir.toString());
    memory.shareIn(properties);
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    // The newer protocol tells interactive queries wrong hosts in 4.3 (KAFKA-20782).
    properties.put(StreamsConfig.GROUP_PROTOCOL_CONFIG, "classic");
    properties.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);
    // The number of copies the cluster gives its topics by default.
    properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, -1);
    properties.put(
        StreamsConfig.mainConsumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), instanceId);
    properties.put(
        StreamsConfig.mainConsumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 10_000);
    properties.put(
        StreamsConfig.mainConsumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG), 3_000);
    properties.put(
        StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    // The write side measures every record against 1 000 000 bytes; a producer must take that.
    properties.put(
        StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG), 2 * 1024 * 1024);
    properties.put(StreamsConfig.topicPrefix(TopicConfig.MAX_MESSAGE_BYTES_CONFIG), "1048588");
    return properties;
  }
}

package dev.pleat.deploy;

import dev.pleat.deploy.CopySource.Look;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * A connection to the cluster over which one generation of a view is copied, until another one
 * serves or something is in the way. Used by one thread.
 *
 * <p>Rows are written as they come. A version seen is written once every row has been that was on
 * its log, committed or not, after the version was read: the row of that version was there before
 * it. So whoever finds the version in the copy finds the row. The same look at the ends says when
 * the copy was level with the logs.
 */
final class CopySession implements AutoCloseable {

  /** What is told of how it goes, by the session's thread. */
  interface Progress {

    /** The copy that goes on, made if there is none that can. */
    ViewCopy copyOf(CopySource source);

    /** So much of a copy is done, in hundredths. */
    void isDone(int percent);

    /** The copy shows everything that is on the log. */
    void isLevel(ViewCopy copy);

    /** What is in the way just now. */
    void isHeldUp(String why);
  }

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration POLL_WHILE_LOOKING = Duration.ofMillis(20);
  private static final int MAX_HELD = 20_000;
  private static final int MAX_RECORDS = 1_000;
  private static final int MAX_FETCH_BYTES = 8 * 1024 * 1024;
  private static final int LONGEST_RECONNECT_MS = 2_000;

  private final DomainSchema<?, ?> schema;
  private final View view;
  private final InstantSource clock;
  private final Progress progress;
  private final Admin admin;
  private final Consumer<String, byte[]> consumer;
  private final GenerationRows generations = new GenerationRows();

  /** Versions seen that are read and not written yet, oldest first. */
  private final Deque<ConsumerRecord<String, byte[]>> held = new ArrayDeque<>();

  /** Up to where the versions seen are written, by partition of their log. */
  private final Map<TopicPartition, Long> seenUpTo = new HashMap<>();

  /** A look at the ends that is under way, and how many versions were held before it. */
  private record Looking(Look look, int held) {}

  private Optional<Looking> looking = Optional.empty();
  private long nextLook = System.nanoTime();

  /**
   * Opens it; nothing is asked of the cluster yet.
   *
   * @throws org.apache.kafka.common.KafkaException if no name of a broker can be resolved now
   */
  CopySession(
      String bootstrapServers,
      DomainSchema<?, ?> schema,
      View view,
      InstantSource clock,
      Progress progress) {
    this.schema = schema;
    this.view = view;
    this.clock = clock;
    this.progress = progress;
    Map<String, Object> common =
        Map.of(
            CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG,
            bootstrapServers,
            CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG,
            LONGEST_RECONNECT_MS,
            CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG,
            Math.toIntExact(CopySource.PATIENCE.toMillis()));
    Map<String, Object> reading = new HashMap<>(common);
    reading.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    reading.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    reading.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    reading.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    reading.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MAX_RECORDS);
    reading.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, MAX_FETCH_BYTES);
    Map<String, Object> asking = new HashMap<>(common);
    asking.put(
        AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
        Math.toIntExact(CopySource.PATIENCE.toMillis()));
    this.consumer =
        new KafkaConsumer<>(reading, new StringDeserializer(), new ByteArrayDeserializer());
    try {
      this.admin = Admin.create(asking);
    } catch (RuntimeException e) {
      consumer.close(CloseOptions.timeout(Duration.ZERO));
      throw e;
    }
  }

  /**
   * Copies until another generation serves.
   *
   * @throws RuntimeException if something is in the way; the message says what
   */
  void run() throws InterruptedException {
    TopicPartition registry = new TopicPartition(schema.viewsTopic(), 0);
    readGenerations(registry);
    Generation target = awaitServing();
    CopySource source = CopySource.find(admin, schema, view, target);
    ViewCopy copy = progress.copyOf(source);
    assign(registry, source, copied(copy));
    try {
      while (serving().equals(Optional.of(target))) {
        take(consumer.poll(looking.isPresent() ? POLL_WHILE_LOOKING : POLL), source, copy);
        look(source, copy);
        interruptible();
      }
    } catch (OffsetOutOfRangeException e) {
      // The log lost its end, or its beginning: nobody knows what else the copy has.
      copy.write(copied(copy).ofNoLog());
      throw e;
    }
  }

  private static void interruptible() throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
  }

  // ---- which generation serves

  private void readGenerations(TopicPartition registry) throws InterruptedException {
    long end =
        CopySource.await(
                admin.listOffsets(Map.of(registry, OffsetSpec.latest())).all(), registry.topic())
            .values()
            .stream()
            .mapToLong(info -> info.offset())
            .sum();
    consumer.assign(List.of(registry));
    consumer.seekToBeginning(List.of(registry));
    while (consumer.position(registry) < end) {
      consumer.poll(POLL).forEach(generations::apply);
      interruptible();
    }
  }

  private Optional<Generation> serving() {
    return generations.of(schema, view).stream()
        .filter(each -> each.version() == view.version())
        .filter(each -> each.state() == Generation.State.SERVING)
        .reduce((one, later) -> later);
  }

  private Generation awaitServing() throws InterruptedException {
    Optional<Generation> serving = serving();
    while (serving.isEmpty()) {
      progress.isHeldUp(
          "no generation of version "
              + view.version()
              + " of the view serves in the cluster; a replica needs the release of the cluster");
      consumer.poll(POLL).forEach(generations::apply);
      interruptible();
      serving = serving();
    }
    return serving.get();
  }

  // ---- copying

  private Checkpoint copied(ViewCopy copy) {
    return copy.checkpoint().orElseThrow();
  }

  private void assign(TopicPartition registry, CopySource source, Checkpoint from) {
    List<TopicPartition> all = new ArrayList<>(List.of(registry));
    all.addAll(source.rows());
    all.addAll(source.seen());
    long read = consumer.position(registry);
    consumer.assign(all);
    consumer.seek(registry, read);
    for (TopicPartition rows : source.rows()) {
      consumer.seek(rows, from.rows().get(rows.partition()));
    }
    for (TopicPartition seen : source.seen()) {
      consumer.seek(seen, from.seen().get(seen.partition()));
      seenUpTo.put(seen, from.seen().get(seen.partition()));
    }
  }

  private void take(ConsumerRecords<String, byte[]> records, CopySource source, ViewCopy copy) {
    Map<String, Optional<byte[]>> rows = new LinkedHashMap<>();
    for (ConsumerRecord<String, byte[]> record : records) {
      if (record.topic().equals(schema.viewsTopic())) {
        generations.apply(record);
      } else if (record.topic().equals(source.rowsTopic())) {
        rows.put(record.key(), Optional.ofNullable(record.value()));
      } else {
        held.add(record);
      }
    }
    if (!rows.isEmpty()) {
      copy.writeRows(rows, reached(source, copy));
    }
    if (held.size() >= MAX_HELD) {
      consumer.pause(source.seen());
    }
    if (!copy.isComplete()) {
      progress.isDone(source.percent(copied(copy)));
    }
  }

  private Checkpoint reached(CopySource source, ViewCopy copy) {
    return copied(copy)
        .at(
            source.rows().stream().map(consumer::position).toList(),
            source.seen().stream().map(each -> seenUpTo.getOrDefault(each, 0L)).toList());
  }

  /** Writes the versions that were read first. */
  private void writeHeld(int count, CopySource source, ViewCopy copy) {
    if (count == 0) {
      return;
    }
    Map<String, Optional<byte[]>> versions = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      ConsumerRecord<String, byte[]> version = held.remove();
      versions.put(version.key(), Optional.ofNullable(version.value()));
      seenUpTo.put(new TopicPartition(version.topic(), version.partition()), version.offset() + 1);
    }
    copy.writeSeen(versions, reached(source, copy));
    consumer.resume(source.seen());
  }

  // ---- looking at the ends

  private void look(CopySource source, ViewCopy copy) throws InterruptedException {
    if (looking.isEmpty()) {
      if (!held.isEmpty() || System.nanoTime() - nextLook >= 0) {
        nextLook = System.nanoTime() + BETWEEN_LOOKS.toNanos();
        looking = Optional.of(new Looking(source.look(admin, clock.instant()), held.size()));
      }
      return;
    }
    Looking now = looking.get();
    if (!now.look().isDone()) {
      return;
    }
    Map<TopicPartition, Long> ends;
    try {
      if (!now.look().ids().get().equals(source.topicIds())) {
        throw new CopySource.Unknown("the logs of the view were made anew");
      }
      ends = now.look().ends().get();
    } catch (ExecutionException e) {
      looking = Optional.empty();
      progress.isHeldUp(CopySource.NO_ANSWER);
      return;
    }
    if (!source.rows().stream().allMatch(each -> isReached(each, ends))) {
      if (copy.isComplete() && System.nanoTime() - nextLook > CopySource.PATIENCE.toNanos()) {
        progress.isHeldUp("it does not come to where its logs ended at " + now.look().begun());
      }
      return;
    }
    writeHeld(now.held(), source, copy);
    if (held.isEmpty()) {
      // What was passed without a record are marks of transactions.
      source.seen().forEach(each -> seenUpTo.put(each, consumer.position(each)));
    }
    if (source.seen().stream()
        .allMatch(each -> seenUpTo.getOrDefault(each, 0L) >= ends.getOrDefault(each, 0L))) {
      beLevel(now.look().begun(), source, copy);
    }
    looking = Optional.empty();
  }

  private boolean isReached(TopicPartition partition, Map<TopicPartition, Long> ends) {
    return consumer.position(partition) >= ends.getOrDefault(partition, 0L);
  }

  private void beLevel(Instant time, CopySource source, ViewCopy copy) {
    Checkpoint reached = reached(source, copy);
    // What was deleted long after that look may have been read only now, or not any more.
    Instant now = clock.instant();
    if (!reached.missesNoDeletion(now, source.tombstones())) {
      throw new CopySource.Unknown(
          "it took until " + now + " to get level, and deletions may have been missed");
    }
    copy.write(reached.levelAt(time));
    progress.isLevel(copy);
  }

  @Override
  public void close() {
    // An interrupt is to end the work, not the closing.
    boolean interrupted = Thread.interrupted();
    try {
      consumer.close(CloseOptions.timeout(Duration.ZERO));
    } finally {
      admin.close(Duration.ZERO);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.interactivequeries.OutcomeTail.Waiter;
import dev.pleat.interactivequeries.Outcomes.Following;
import dev.pleat.interactivequeries.Outcomes.Heard;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageHeaders;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Against the stand-ins that Kafka's own client library has. */
final class KafkaCommandsTest {

  private static final String TOPIC = "calculator.outcomes";
  private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
  private static final long END = 41;
  private static final String ID = RunningApi.VALUE_ID;
  private static final UUID COMMAND = UUID.fromString(RunningApi.COMMAND_ID);
  private static final Duration LONG = Duration.ofSeconds(60);

  /** Says what it was given, so that a test can wait for it. */
  private static final class TellingProducer extends MockProducer<String, byte[]> {
    final BlockingQueue<ProducerRecord<String, byte[]>> sent = new LinkedBlockingQueue<>();

    TellingProducer() {
      super(false, null, new StringSerializer(), new ByteArraySerializer());
    }

    @Override
    public Future<RecordMetadata> send(ProducerRecord<String, byte[]> record, Callback callback) {
      Future<RecordMetadata> future = super.send(record, callback);
      sent.add(record);
      return future;
    }

    ProducerRecord<String, byte[]> next() throws InterruptedException {
      return Optional.ofNullable(sent.poll(30, TimeUnit.SECONDS)).orElseThrow();
    }
  }

  /** Does in {@code poll} what a test says, and otherwise waits. */
  private static final class ToldConsumer extends MockConsumer<byte[], byte[]> {
    final BlockingQueue<Runnable> orders = new LinkedBlockingQueue<>();
    final CompletableFuture<Long> soughtTo = new CompletableFuture<>();
    private final Runnable wakeUp = () -> {};

    ToldConsumer() {
      super("latest");
      updatePartitions(TOPIC, List.of(new PartitionInfo(TOPIC, 0, null, null, null)));
      updateEndOffsets(Map.of(PARTITION, END));
    }

    @Override
    public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
      soughtTo.complete(position(PARTITION));
      try {
        Optional.ofNullable(orders.poll(timeout.toMillis(), TimeUnit.MILLISECONDS))
            .orElse(wakeUp)
            .run();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return super.poll(Duration.ZERO);
    }

    @Override
    public void wakeup() {
      orders.add(wakeUp);
      super.wakeup();
    }
  }

  private final TellingProducer producer = new TellingProducer();
  private final BlockingQueue<ToldConsumer> consumers = new LinkedBlockingQueue<>();
  private final KafkaCommands commands =
      new KafkaCommands(
          producer,
          new OutcomeTail(
              () -> {
                ToldConsumer consumer = new ToldConsumer();
                consumers.add(consumer);
                return consumer;
              },
              List.of(TOPIC)));
  private long offset = END;

  @AfterEach
  void close() {
    commands.close();
  }

  private ToldConsumer consumer() throws Exception {
    ToldConsumer consumer = Optional.ofNullable(consumers.poll(30, TimeUnit.SECONDS)).orElseThrow();
    consumer.soughtTo.get(30, TimeUnit.SECONDS);
    return consumer;
  }

  private static SubmittedCommand command(String action) {
    return SubmittedCommand.of(
        COMMAND, action, JsonCodec.object(Map.of("value-id", ID)), Instant.EPOCH);
  }

  private CompletableFuture<Submission> submit(String action, Duration wait) {
    return CompletableFuture.supplyAsync(
        () ->
            commands.submit(
                CalculatorSchema.SCHEMA, ID, command(action), Optional.of("trace"), wait));
  }

  private static Submission get(CompletableFuture<Submission> submission) throws Exception {
    return submission.get(30, TimeUnit.SECONDS);
  }

  private static Optional<String> header(ProducerRecord<String, byte[]> record, String name) {
    return Optional.ofNullable(record.headers().lastHeader(name))
        .map(Header::value)
        .map(value -> new String(value, UTF_8));
  }

  private static String requestId(ProducerRecord<String, byte[]> record) {
    return header(record, MessageHeaders.REQUEST_ID).orElseThrow();
  }

  private static byte[] outcome(UUID command, long version) {
    return JsonCodec.write(
        new Outcome(
            NameBasedId.ofOutcome("calculator", ID, command),
            command,
            new Unchanged(version),
            Instant.EPOCH,
            Optional.empty(),
            Optional.empty(),
            false));
  }

  private void emit(ToldConsumer consumer, String requestId, byte[] value) {
    RecordHeaders headers = new RecordHeaders();
    headers.add(MessageHeaders.REQUEST_ID, requestId.getBytes(UTF_8));
    long at = offset++;
    consumer.orders.add(
        () ->
            consumer.addRecord(
                new ConsumerRecord<>(
                    TOPIC,
                    0,
                    at,
                    0,
                    TimestampType.LOG_APPEND_TIME,
                    0,
                    0,
                    ID.getBytes(UTF_8),
                    value,
                    headers,
                    Optional.empty())));
  }

  private static long version(Submission submission) {
    return assertInstanceOf(Submission.Decided.class, submission).outcome().verdict().version();
  }

  @Test
  void sends_the_command_under_the_aggregate_s_id_with_its_trace() throws Exception {
    consumer();
    CompletableFuture<Submission> submission = submit("CreateValue", LONG);
    ProducerRecord<String, byte[]> record = producer.next();

    assertEquals("calculator.commands", record.topic());
    assertEquals(ID, record.key());
    assertEquals(command("CreateValue"), JsonCodec.readCommand(record.value()));
    assertEquals(Optional.of("trace"), header(record, MessageHeaders.TRACEPARENT));
    assertTrue(requestId(record).length() <= MessageHeaders.MAX_REQUEST_ID_BYTES);
    assertEquals(null, record.partition());
    producer.completeNext();
    commands.close();
    assertInstanceOf(Submission.Pending.class, get(submission));
  }

  @Test
  void each_delivery_of_one_command_gets_its_own_outcome() throws Exception {
    ToldConsumer consumer = consumer();
    CompletableFuture<Submission> one = submit("CreateValue", LONG);
    ProducerRecord<String, byte[]> first = producer.next();
    CompletableFuture<Submission> two = submit("UpdateValue", LONG);
    ProducerRecord<String, byte[]> second = producer.next();
    producer.completeNext();
    producer.completeNext();
    assertNotEquals(requestId(first), requestId(second));

    emit(consumer, requestId(second), outcome(COMMAND, 2));
    emit(consumer, requestId(first), outcome(COMMAND, 1));

    assertEquals(2, version(get(two)));
    assertEquals(1, version(get(one)));
    assertEquals(Optional.empty(), commands.trouble());
  }

  @Test
  void an_outcome_of_another_command_is_not_taken_for_this_one() throws Exception {
    ToldConsumer consumer = consumer();
    CompletableFuture<Submission> submission = submit("CreateValue", LONG);
    String requestId = requestId(producer.next());
    producer.completeNext();

    emit(consumer, requestId, outcome(UUID.randomUUID(), 8));
    emit(consumer, "unknown", outcome(COMMAND, 9));
    emit(consumer, requestId, outcome(COMMAND, 1));

    assertEquals(1, version(get(submission)));
  }

  @Test
  void who_does_not_wait_is_answered_with_the_acknowledgement() throws Exception {
    consumer();
    CompletableFuture<Submission> submission = submit("CreateValue", Duration.ZERO);
    assertEquals(Optional.empty(), header(producer.next(), MessageHeaders.REQUEST_ID));
    assertTrue(!submission.isDone());

    producer.completeNext();

    assertInstanceOf(Submission.Pending.class, get(submission));
  }

  @Test
  void is_pending_when_the_outcome_does_not_come_in_time() throws Exception {
    consumer();
    CompletableFuture<Submission> submission = submit("CreateValue", Duration.ofMillis(1));
    producer.next();
    producer.completeNext();
    assertInstanceOf(Submission.Pending.class, get(submission));
  }

  @Test
  void is_unknown_when_the_log_does_not_acknowledge() throws Exception {
    ToldConsumer consumer = consumer();
    CompletableFuture<Submission> submission = submit("CreateValue", LONG);
    producer.next();
    producer.errorNext(new TimeoutException("expired"));
    assertInstanceOf(Submission.Unknown.class, get(submission));
    assertTrue(commands.trouble().isPresent());

    CompletableFuture<Submission> next = submit("CreateValue", LONG);
    String requestId = requestId(producer.next());
    producer.completeNext();
    emit(consumer, requestId, outcome(COMMAND, 1));
    assertEquals(1, version(get(next)));
    assertEquals(Optional.empty(), commands.trouble());
  }

  @Test
  void an_outcome_counts_though_the_acknowledgement_is_lost() throws Exception {
    ToldConsumer consumer = consumer();
    CompletableFuture<Submission> submission = submit("CreateValue", LONG);
    emit(consumer, requestId(producer.next()), outcome(COMMAND, 1));
    CompletableFuture<Void> read = new CompletableFuture<>();
    consumer.orders.add(() -> read.complete(null));
    read.get(30, TimeUnit.SECONDS);

    producer.errorNext(new TimeoutException("expired"));

    assertEquals(1, version(get(submission)));
  }

  @Test
  void is_refused_when_nothing_was_written() throws Exception {
    consumer();
    producer.sendException = new TimeoutException("no metadata");
    assertEquals(
        Submission.NOT_NOW,
        assertInstanceOf(Submission.Refused.class, get(submit("CreateValue", LONG))).code());
    producer.sendException = null;

    CompletableFuture<Submission> submission = submit("CreateValue", LONG);
    producer.next();
    producer.errorNext(new RecordTooLargeException("too large"));
    assertInstanceOf(Submission.Refused.class, get(submission));
  }

  @Test
  void skips_and_counts_an_outcome_it_cannot_read() throws Exception {
    ToldConsumer consumer = consumer();
    CompletableFuture<Submission> submission = submit("CreateValue", LONG);
    String requestId = requestId(producer.next());
    producer.completeNext();

    emit(consumer, requestId, "not json".getBytes(UTF_8));
    emit(consumer, requestId, null);
    emit(consumer, requestId, outcome(COMMAND, 1));

    assertEquals(1, version(get(submission)));
    assertEquals(2, commands.unreadableOutcomes());
  }

  @Test
  void reading_goes_on_where_it_was_after_a_failure() throws Exception {
    ToldConsumer first = consumer();
    CompletableFuture<Submission> one = submit("CreateValue", LONG);
    String oneId = requestId(producer.next());
    producer.completeNext();
    CompletableFuture<Submission> two = submit("CreateValue", LONG);
    String twoId = requestId(producer.next());
    producer.completeNext();
    emit(first, oneId, outcome(COMMAND, 1));
    assertEquals(1, version(get(one)));

    first.orders.add(
        () -> {
          throw new KafkaException("the disk is gone");
        });
    ToldConsumer second = consumer();
    assertEquals(END + 1, second.soughtTo.get(30, TimeUnit.SECONDS));
    emit(second, twoId, outcome(COMMAND, 2));

    assertEquals(2, version(get(two)));
    assertEquals(Optional.empty(), commands.trouble());
  }

  @Test
  void is_refused_until_the_outcomes_can_be_read() throws Exception {
    RuntimeException e = new KafkaException("no broker");
    try (KafkaCommands other =
        new KafkaCommands(
            new TellingProducer(),
            new OutcomeTail(
                () -> {
                  throw e;
                },
                List.of(TOPIC)))) {
      assertTrue(other.trouble().isPresent());
      Submission refused =
          other.submit(CalculatorSchema.SCHEMA, ID, command("CreateValue"), Optional.empty(), LONG);
      assertEquals(Submission.NOT_NOW, assertInstanceOf(Submission.Refused.class, refused).code());
    }
  }

  @Test
  void who_follows_hears_every_outcome_of_the_command_whoever_sent_it() throws Exception {
    ToldConsumer consumer = consumer();
    UUID another = UUID.randomUUID();
    try (Following following = commands.follow(COMMAND, Optional.empty()).orElseThrow();
        Following ofAnother = commands.follow(another, Optional.empty()).orElseThrow();
        Following ofKey = commands.follow(COMMAND, Optional.of(ID)).orElseThrow();
        Following ofAnotherKey = commands.follow(COMMAND, Optional.of("x")).orElseThrow()) {
      emit(consumer, "nobody", outcome(COMMAND, 7));
      Heard heard = following.next(LONG).orElseThrow();
      assertEquals(TOPIC, heard.topic());
      assertEquals(ID, heard.aggregateId());
      assertEquals(new Unchanged(7), heard.outcome().verdict());
      assertTrue(heard.isFinal());
      assertEquals(heard, ofKey.next(LONG).orElseThrow());
      assertEquals(Optional.empty(), ofAnother.next(Duration.ZERO));
      assertEquals(Optional.empty(), ofAnotherKey.next(Duration.ZERO));
    }
  }

  @Test
  void a_final_outcome_is_heard_however_many_others_came_before() throws Exception {
    ToldConsumer consumer = consumer();
    try (Following following = commands.follow(COMMAND, Optional.empty()).orElseThrow();
        Following sign = commands.follow(new UUID(0, 1), Optional.empty()).orElseThrow()) {
      byte[] replayed = JsonCodec.write(JsonCodec.readOutcome(outcome(COMMAND, 7)).answeredAgain());
      for (int i = 0; i < 100; i++) {
        emit(consumer, "nobody", replayed);
      }
      emit(consumer, "nobody", outcome(COMMAND, 8));
      emit(consumer, "nobody", outcome(new UUID(0, 1), 9));
      sign.next(LONG).orElseThrow();
      Heard first = following.next(LONG).orElseThrow();
      assertTrue(!first.isFinal());
      assertEquals(new Unchanged(8), following.next(LONG).orElseThrow().outcome().verdict());
    }
  }

  @Test
  void who_follows_hears_an_outcome_whatever_the_order_of_its_fields() throws Exception {
    ToldConsumer consumer = consumer();
    try (Following following = commands.follow(COMMAND, Optional.empty()).orElseThrow()) {
      String usual = new String(outcome(COMMAND, 7), UTF_8);
      Matcher id = Pattern.compile("^\\{(\"id\":\"[^\"]+\"),(.*)}$").matcher(usual);
      assertTrue(id.matches(), usual);
      emit(consumer, "nobody", ("{" + id.group(2) + "," + id.group(1) + "}").getBytes(UTF_8));
      assertEquals(new Unchanged(7), following.next(LONG).orElseThrow().outcome().verdict());
    }
  }

  @Test
  void outcomes_of_commands_nobody_follows_are_not_even_parsed() throws Exception {
    ToldConsumer consumer = consumer();
    try (Following following = commands.follow(COMMAND, Optional.empty()).orElseThrow()) {
      byte[] broken = outcome(new UUID(0, 1), 7);
      broken[broken.length - 1] = ' ';
      emit(consumer, "nobody", broken);
      emit(consumer, "nobody", outcome(COMMAND, 7));
      following.next(LONG).orElseThrow();
      assertEquals(0, commands.unreadableOutcomes());
    }
  }

  @Test
  void an_outcome_nobody_can_read_does_not_end_following() throws Exception {
    ToldConsumer consumer = consumer();
    try (Following following = commands.follow(COMMAND, Optional.empty()).orElseThrow()) {
      emit(consumer, "nobody", "{".getBytes(UTF_8));
      emit(consumer, "nobody", outcome(COMMAND, 7));
      assertEquals(new Unchanged(7), following.next(LONG).orElseThrow().outcome().verdict());
      assertEquals(1, commands.unreadableOutcomes());
    }
  }

  @Test
  void who_follows_takes_one_of_the_places_of_those_who_wait() {
    OutcomeTail tail = new OutcomeTail(ToldConsumer::new, List.of(TOPIC));
    for (int i = 0; i < 9_999; i++) {
      tail.register(TOPIC, COMMAND).orElseThrow();
    }
    Following following = tail.follow(COMMAND, Optional.empty()).orElseThrow();
    assertTrue(tail.register(TOPIC, COMMAND).isEmpty());
    assertTrue(tail.follow(COMMAND, Optional.empty()).isEmpty());
    following.close();
    following.close();
    assertTrue(tail.follow(COMMAND, Optional.empty()).isPresent());
    assertTrue(tail.follow(COMMAND, Optional.empty()).isEmpty());
  }

  @Test
  void ten_thousand_may_wait_and_no_more() {
    OutcomeTail tail = new OutcomeTail(ToldConsumer::new, List.of(TOPIC));
    List<Waiter> waiters = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      waiters.add(tail.register(TOPIC, COMMAND).orElseThrow());
    }
    assertEquals(Optional.empty(), tail.register(TOPIC, COMMAND));
    waiters.get(0).close();
    waiters.get(0).close();
    assertTrue(tail.register(TOPIC, COMMAND).isPresent());
    assertEquals(Optional.empty(), tail.register(TOPIC, COMMAND));
    assertEquals(10_000, waiters.stream().map(Waiter::requestId).distinct().count());
  }

  @Test
  void refuses_commands_once_closed() throws Exception {
    consumer();
    commands.close();
    assertInstanceOf(Submission.Refused.class, get(submit("CreateValue", LONG)));
    assertInstanceOf(Submission.Refused.class, get(submit("CreateValue", Duration.ZERO)));
  }
}

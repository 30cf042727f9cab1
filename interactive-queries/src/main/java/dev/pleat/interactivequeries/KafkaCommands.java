package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.interactivequeries.OutcomeTail.Waiter;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageHeaders;
import dev.pleat.schemas.SubmittedCommand;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.BufferExhaustedException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commands over Kafka: one idempotent producer, and one consumer that reads along all outcomes.
 *
 * <p>Whoever waits is registered under a fresh request id before the command is sent; the write
 * side copies that id to the outcome, so each delivery of a command gets its own answer, also when
 * two with the same command id and different content are under way at once. Safe for use by many
 * threads.
 */
public final class KafkaCommands implements Commands, Outcomes, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(KafkaCommands.class);

  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration DELIVERY_TIMEOUT = Duration.ofSeconds(8);
  private static final Duration MAX_BLOCK = Duration.ofMillis(1500);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  // The producer itself gives up after its delivery timeout; this is for when it does not say so.
  private static final Duration ACKNOWLEDGEMENT_TIMEOUT = DELIVERY_TIMEOUT.plusSeconds(2);

  private final Producer<String, byte[]> producer;
  private final OutcomeTail tail;
  private volatile Optional<String> sendTrouble = Optional.empty();
  private volatile boolean closed;

  /**
   * Connects, and begins to read outcomes in a thread of its own. Until the first position in every
   * outcomes topic is known, commands are refused and {@link #trouble} says so.
   *
   * @param connection the properties every Kafka client here needs: bootstrap servers, security
   * @param schemas the domains whose commands are taken
   */
  public KafkaCommands(Map<String, ?> connection, List<DomainSchema<?, ?>> schemas) {
    this(
        producer(connection),
        new OutcomeTail(
            () -> OutcomeTail.consumer(connection),
            schemas.stream().map(DomainSchema::outcomesTopic).toList()));
  }

  KafkaCommands(Producer<String, byte[]> producer, OutcomeTail tail) {
    this.producer = producer;
    this.tail = tail;
    tail.start();
  }

  private static Producer<String, byte[]> producer(Map<String, ?> connection) {
    Map<String, Object> properties = new HashMap<>(connection);
    properties.put(ProducerConfig.CLIENT_ID_CONFIG, "pleat-commands");
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    properties.put(
        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.toIntExact(REQUEST_TIMEOUT.toMillis()));
    properties.put(
        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Math.toIntExact(DELIVERY_TIMEOUT.toMillis()));
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, MAX_BLOCK.toMillis());
    return new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer());
  }

  @Override
  public Submission submit(
      DomainSchema<?, ?> schema,
      String aggregateId,
      SubmittedCommand command,
      Optional<String> traceparent,
      Duration wait) {
    if (closed) {
      return new Submission.Refused(Submission.NOT_NOW, "this instance is stopping");
    }
    ProducerRecord<String, byte[]> record =
        new ProducerRecord<>(schema.commandsTopic(), aggregateId, JsonCodec.write(command));
    traceparent.ifPresent(
        trace -> record.headers().add(MessageHeaders.TRACEPARENT, trace.getBytes(UTF_8)));
    long deadline = System.nanoTime() + wait.toNanos();
    if (wait.isZero() || wait.isNegative()) {
      return send(record).orElseGet(Submission.Pending::new);
    }
    if (!tail.positioned()) {
      return new Submission.Refused(
          Submission.NOT_NOW, "the outcomes of commands cannot be read yet");
    }
    Optional<Waiter> registered = tail.register(schema.outcomesTopic(), command.id());
    if (registered.isEmpty()) {
      return new Submission.Refused(
          Submission.OVERLOADED, "too many commands wait for their outcome");
    }
    try (Waiter waiter = registered.get()) {
      record.headers().add(MessageHeaders.REQUEST_ID, waiter.requestId().getBytes(UTF_8));
      // An outcome proves that the command is on the log, whatever became of the acknowledgement.
      return send(record)
          .map(failure -> waiter.decided().orElse(failure))
          .orElseGet(() -> waiter.await(deadline));
    }
  }

  @Override
  public Optional<Following> follow(UUID commandId, Optional<String> key) {
    return tail.follow(commandId, key);
  }

  /** Why commands cannot be sent, or their outcomes not be read, just now; empty when they can. */
  public Optional<String> trouble() {
    return tail.trouble().or(() -> sendTrouble);
  }

  /** How many outcomes could not be read since the start; each was skipped. */
  public long unreadableOutcomes() {
    return tail.unreadable();
  }

  /** Refuses new commands, and ends once what was sent is acknowledged, after 5 seconds at most. */
  @Override
  public void close() {
    closed = true;
    producer.close(CLOSE_TIMEOUT);
    tail.close();
  }

  /** Returns empty once the log has acknowledged the record, else what became of it instead. */
  @SuppressWarnings("FutureReturnValueIgnored") // the callback is told the same
  private Optional<Submission> send(ProducerRecord<String, byte[]> record) {
    Delivery delivery = new Delivery(Thread.currentThread());
    try {
      producer.send(record, (metadata, failure) -> delivery.ended(failure));
    } catch (IllegalStateException e) {
      return Optional.of(new Submission.Refused(Submission.NOT_NOW, "this instance is stopping"));
    } catch (RuntimeException e) {
      // Thrown before anything was appended: what fails later is told to the callback.
      return Optional.of(notTaken(e));
    }
    Optional<Submission> failure = delivery.await();
    if (failure.isEmpty() && sendTrouble.isPresent()) {
      sendTrouble = Optional.empty();
    }
    return failure;
  }

  private Submission notTaken(Exception why) {
    LOG.warn("a command was not taken by the log: {}", why.toString());
    if (why instanceof BufferExhaustedException) {
      return new Submission.Refused(Submission.OVERLOADED, "too many commands wait to be sent");
    }
    String detail = "the log does not take commands";
    sendTrouble = Optional.of(detail);
    return new Submission.Refused(Submission.NOT_NOW, detail);
  }

  private Submission unknown(Exception why) {
    LOG.warn("a command was not acknowledged by the log: {}", why.toString());
    String detail =
        "the log did not acknowledge the command in time; send it again with the same id";
    sendTrouble = Optional.of("the log did not acknowledge a command in time");
    return new Submission.Unknown(detail);
  }

  /** One record on its way to the log. */
  private final class Delivery {
    private final Thread sender;
    private final CompletableFuture<Optional<Submission>> end = new CompletableFuture<>();

    Delivery(Thread sender) {
      this.sender = sender;
    }

    void ended(@Nullable Exception failure) {
      if (failure == null) {
        end.complete(Optional.empty());
      } else if (neverWritten(failure)) {
        end.complete(Optional.of(notTaken(failure)));
      } else {
        end.complete(Optional.of(unknown(failure)));
      }
    }

    private boolean neverWritten(Exception failure) {
      // The producer calls back on the sender's own thread only while nothing is appended yet.
      return Thread.currentThread().equals(sender)
          || failure instanceof RecordTooLargeException
          || failure instanceof AuthorizationException;
    }

    Optional<Submission> await() {
      try {
        return end.get(ACKNOWLEDGEMENT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Optional.of(unknown(e));
      } catch (ExecutionException | TimeoutException e) {
        return Optional.of(unknown(e));
      }
    }
  }
}

package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.MessageCodec;
import dev.pleat.schemas.MessageHeaders;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.UnreadableMessage;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/**
 * Reads what an effect has to do from records of its domain's events topic, and makes the records
 * that say what became of it. Pure; safe for use by many threads.
 */
public final class EffectReader {

  /** What a record asks for. */
  public sealed interface Reading {}

  /** Nothing: most do. */
  public record Nothing() implements Reading {}

  /**
   * A call. What records its result was checked before: nothing is called whose result could not be
   * recorded.
   */
  public static final class Asked implements Reading {
    private final UUID key;
    private final Effect.Call call;
    private final ProducerRecord<byte[], byte[]> done;
    private final Failing failing;

    private Asked(
        UUID key, Effect.Call call, ProducerRecord<byte[], byte[]> done, Failing failing) {
      this.key = key;
      this.call = call;
      this.done = done;
      this.failing = failing;
    }

    /** Tells this call from all others; the same whenever it is repeated. */
    public UUID key() {
      return key;
    }

    /** What is to be done. */
    public Effect.Call call() {
      return call;
    }

    /** The command that records that it is done. */
    public ProducerRecord<byte[], byte[]> done() {
      return done;
    }

    /** The command that records that it failed for good. */
    public ProducerRecord<byte[], byte[]> failed(String reason) {
      return failing.command(oneLine(reason));
    }
  }

  /** What cannot be acted on, as it goes to the domain's dead letters. */
  public record Unusable(ProducerRecord<byte[], byte[]> letter) implements Reading {}

  /** How the command is made that records a failure. */
  private interface Failing {
    ProducerRecord<byte[], byte[]> command(String reason);
  }

  private record Source(String topic, int partition, long offset) implements RecordMetadata {}

  private final DomainSchema<?, ?> schema;
  private final String effect;
  private final Asking asking;

  private EffectReader(DomainSchema<?, ?> schema, String effect, Asking asking) {
    this.schema = schema;
    this.effect = effect;
    this.asking = asking;
  }

  private interface Asking {
    Reading read(ConsumerRecord<byte[], byte[]> record, EffectReader reader);
  }

  /**
   * Of an effect of this domain, on the logs that the domain is on.
   *
   * @throws IllegalArgumentException if the domain has no effect of this name
   */
  public static <C, E> EffectReader of(Domain<?, C, E> domain, String effect) {
    Effect<C, E> asked = domain.effect(effect);
    MessageCodec<C, E> messages = MessageCodec.of(domain.schema());
    return new EffectReader(
        domain.schema(),
        effect,
        (record, reader) -> {
          WholeCommand.Event<E> event = WholeCommand.Event.read(messages, record.value());
          return event
              .record(domain.schema())
              .flatMap(asked::ask)
              .<Reading>map(ask -> reader.asked(ask, event, record))
              .orElseGet(Nothing::new);
        });
  }

  /** The consumer group of the effect; the last dot keeps one from being another's prefix. */
  public String group() {
    return "pleat." + schema.name() + ".effect." + effect + ".";
  }

  /** Domain and name, for a person. */
  public String name() {
    return schema.name() + "/" + effect;
  }

  /** What a record of the events topic asks for. */
  public Reading read(ConsumerRecord<byte[], byte[]> record) {
    try {
      if (record.value() == null) {
        return new Unusable(letter(record, "unreadable", "an event has a value"));
      }
      return asking.read(record, this);
    } catch (UnreadableMessage e) {
      return new Unusable(letter(record, "unreadable", e.detail()));
    } catch (TooManyHops e) {
      return new Unusable(letter(record, "too-many-hops", String.valueOf(e.getMessage())));
    } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
      return new Unusable(
          letter(record, "effect-failed", "the effect failed on it: " + e.getMessage()));
    }
  }

  private <C> Asked asked(
      Effect.Ask<C> ask, WholeCommand.Event<?> event, ConsumerRecord<byte[], byte[]> record) {
    int hops = Origin.hops(record.headers()) + 1;
    if (hops > PolicyProcessor.MAX_HOPS) {
      throw new TooManyHops(hops);
    }
    Failing failing =
        reason -> command((java.lang.Record) ask.failed().apply(reason), "failed", event, record);
    // Tried before anything is called.
    failing.command("x".repeat(Effect.MAX_REASON));
    return new Asked(
        NameBasedId.ofCall(schema.name(), effect, event.id()),
        ask.call(),
        command((java.lang.Record) ask.done(), "done", event, record),
        failing);
  }

  private ProducerRecord<byte[], byte[]> command(
      java.lang.Record data,
      String result,
      WholeCommand.Event<?> event,
      ConsumerRecord<byte[], byte[]> record) {
    CausedCommand command =
        CausedCommand.of(
            schema,
            data,
            NameBasedId.ofResult(schema.name(), effect, event.id(), result),
            event,
            event.timestamp(),
            schema.effectActor(effect));
    ProducerRecord<byte[], byte[]> out =
        new ProducerRecord<>(
            schema.commandsTopic(), command.aggregateId().getBytes(UTF_8), command.value());
    int hops = Origin.hops(record.headers()) + 1;
    out.headers().add(MessageHeaders.CAUSE, event.id().toString().getBytes(UTF_8));
    out.headers().add(MessageHeaders.HOPS, Integer.toString(hops).getBytes(UTF_8));
    Origin.carryTrace(record.headers(), out.headers());
    return out;
  }

  /**
   * The event as it goes to the domain's dead letters.
   *
   * @param reason a word
   */
  public ProducerRecord<byte[], byte[]> letter(
      ConsumerRecord<byte[], byte[]> record, String reason, String detail) {
    Record<byte[], byte[]> letter =
        new DeadLetter(reason, "the effect " + name() + ": " + oneLine(detail))
            .record(
                new Record<>(
                    record.key(),
                    record.value(),
                    // None is -1, which Kafka Streams does not take.
                    Math.max(0, record.timestamp()),
                    record.headers()),
                new Source(record.topic(), record.partition(), record.offset()));
    ProducerRecord<byte[], byte[]> out =
        new ProducerRecord<>(schema.deadLettersTopic(), letter.key(), letter.value());
    letter.headers().forEach(out.headers()::add);
    return out;
  }

  private static String oneLine(String text) {
    String line = text.replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
    if (line.isEmpty()) {
      return "no reason was given";
    }
    int characters = line.codePointCount(0, line.length());
    return characters <= Effect.MAX_REASON
        ? line
        : line.substring(0, line.offsetByCodePoints(0, Effect.MAX_REASON));
  }

  private static final class TooManyHops extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooManyHops(int hops) {
      super(
          "%d policies and effects lie before it, %d are allowed; nothing was called"
              .formatted(hops, PolicyProcessor.MAX_HOPS));
    }
  }
}

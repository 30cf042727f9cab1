package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.UnreadableMessage;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;

/**
 * Makes steps of what lies in one topic of a domain, keyed by what they are part of. Used by one
 * stream thread at a time.
 */
abstract class StepsOf<V> extends ContextualProcessor<String, V, String, Step> {

  private final DomainSchema<?, ?> source;

  private StepsOf(DomainSchema<?, ?> source) {
    this.source = source;
  }

  abstract List<Step> steps(Record<String, V> record);

  @Override
  public void process(Record<String, V> record) {
    for (Step step : steps(record)) {
      context().forward(new Record<>(step.correlationId(), step, record.timestamp()));
    }
  }

  final Step step(
      Record<String, V> record,
      String action,
      UUID id,
      UUID commandId,
      Optional<String> correlationId,
      Optional<String> reason,
      Instant time) {
    Headers headers = record.headers();
    return new Step(
        correlationId.orElseGet(commandId::toString),
        source.name(),
        record.key(),
        action,
        id.toString(),
        commandId.toString(),
        Origin.cause(headers).map(UUID::toString),
        Origin.hops(headers),
        reason,
        time);
  }

  /** Of events that the guard let through. */
  static final class OfEvents<E> extends StepsOf<WholeCommand<E>> {
    OfEvents(DomainSchema<?, E> source) {
      super(source);
    }

    @Override
    List<Step> steps(Record<String, WholeCommand<E>> record) {
      return record.value().events().stream()
          .map(
              event ->
                  step(
                      record,
                      event.action(),
                      event.id(),
                      event.parentId(),
                      event.correlationId(),
                      Optional.empty(),
                      event.timestamp()))
          .toList();
    }
  }

  /** Of outcomes: those of rejected commands, the first time they are answered. */
  static final class OfOutcomes extends StepsOf<byte[]> {

    OfOutcomes(DomainSchema<?, ?> source) {
      super(source);
    }

    @Override
    List<Step> steps(Record<String, byte[]> record) {
      Outcome outcome;
      try {
        outcome = JsonCodec.readOutcome(record.value());
      } catch (UnreadableMessage e) {
        return List.of();
      }
      if (outcome.replayed() || !(outcome.verdict() instanceof Rejected rejected)) {
        return List.of();
      }
      return List.of(
          step(
              record,
              "CommandRejected",
              outcome.id(),
              outcome.parentId(),
              outcome.correlationId(),
              Optional.of(rejected.reason()),
              outcome.timestamp()));
    }
  }
}

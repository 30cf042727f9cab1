package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.SubmittedCommand;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** A history of values, each version of which is its own number. */
final class InMemoryHistory implements History {

  private final Map<String, Long> last = new HashMap<>();

  synchronized void record(String id, long versions) {
    last.put(id, versions);
  }

  @Override
  public synchronized Answer<Events> events(Subject subject, EventsRequest request) {
    long versions = last.getOrDefault(subject.aggregateId(), 0L);
    if (versions < subject.seen()) {
      return new Answer.NotYet<>("the history has not recorded that version yet");
    }
    if (versions == 0) {
      return new Answer.NotFound<>();
    }
    List<Place> places = new ArrayList<>();
    for (long at = 1; at <= versions; at++) {
      places.add(new Place(at, 0));
      if (request.outcomes()) {
        places.add(new Place(at, 1));
      }
    }
    List<Place> ordered = request.ascending() ? places : places.reversed();
    List<Place> left =
        ordered.subList(
            request.after().map(it -> ordered.indexOf(it) + 1).orElse(0), places.size());
    List<Place> page = left.subList(0, Math.min(request.limit(), left.size()));
    return new Answer.Found<>(
        new Events(
            page.stream()
                .map(
                    it ->
                        (it.order() == 0 ? "{\"version\":%d}" : "{\"data\":%d}")
                            .formatted(it.version()))
                .map(text -> text.getBytes(UTF_8))
                .toList(),
            page.size() < left.size() ? Optional.of(page.getLast()) : Optional.empty(),
            request.outcomes() ? OptionalLong.of(versions) : OptionalLong.empty()));
  }

  @Override
  public synchronized Answer<Row> row(Subject subject, View view, AsOf asOf) {
    long versions = last.getOrDefault(subject.aggregateId(), 0L);
    if (versions < subject.seen()) {
      return new Answer.NotYet<>("the history has not recorded that version yet");
    }
    long version = version(asOf);
    return version < 1 || version > versions
        ? new Answer.NotFound<>()
        : new Answer.Found<>(
            Row.of(
                "{\"value-id\":\"%s\",\"value\":%d,\"version\":%d}"
                    .formatted(subject.aggregateId(), version, version)
                    .getBytes(UTF_8)));
  }

  /** Every command that is tried makes one more version, unless it expects what is not there. */
  @Override
  public synchronized Answer<Tried> dryRun(Subject subject, SubmittedCommand command, Instant now) {
    long versions = last.getOrDefault(subject.aggregateId(), 0L);
    if (versions < subject.seen()) {
      return new Answer.NotYet<>("the history has not recorded that version yet");
    }
    long expected = command.expectedVersion().orElse(versions);
    Outcome.Verdict verdict =
        expected > versions
            ? new Outcome.Rejected(versions, "version-conflict", "found " + versions)
            : new Outcome.Accepted(expected + 1, List.of(command.id()));
    return new Answer.Found<>(
        new Tried(
            new Outcome(
                command.id(),
                command.id(),
                verdict,
                now,
                command.correlationId(),
                command.actor(),
                false),
            expected > versions
                ? List.of()
                : List.of(("{\"version\":" + (expected + 1) + "}").getBytes(UTF_8))));
  }

  @Override
  public synchronized Answer<Steps> replay(Subject subject, ReplayRequest request) {
    long versions = last.getOrDefault(subject.aggregateId(), 0L);
    long to = Math.min(versions, request.until().orElse(versions));
    if (request.from() > to) {
      return new Answer.NotFound<>();
    }
    List<Step> steps = new ArrayList<>();
    for (long at = request.from(); at <= to && steps.size() < request.limit(); at++) {
      byte[] version = ("{\"version\":" + at + "}").getBytes(UTF_8);
      steps.add(new Step(at, version, version, Map.of("values", version)));
    }
    long ended = steps.getLast().version();
    return new Answer.Found<>(
        new Steps(steps, ended < to ? OptionalLong.of(ended + 1) : OptionalLong.empty()));
  }

  @Override
  public synchronized Answer<State> state(Subject subject, Optional<AsOf> asOf) {
    long versions = last.getOrDefault(subject.aggregateId(), 0L);
    long version = asOf.map(InMemoryHistory::version).orElse(versions);
    return version < 1 || version > versions
        ? new Answer.NotFound<>()
        : new Answer.Found<>(new State(version, ("{\"value\":" + version + "}").getBytes(UTF_8)));
  }

  private static long version(AsOf asOf) {
    return switch (asOf) {
      case Version at -> at.number();
      case Time at -> at.instant().getEpochSecond();
    };
  }
}

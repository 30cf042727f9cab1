package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.JsonSchemas.Violation;
import dev.pleat.schemas.PolicyContext;
import dev.pleat.schemas.RecordedEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A scenario that calls the policy's functions and nothing else. */
final class FunctionsPolicyScenario extends PolicyScenario {

  private record Place(String aggregateId, String name) {}

  private record Waiting(Instant due, Object command) {}

  private final Map<String, Object> states = new HashMap<>();
  private final Map<String, Long> versions = new HashMap<>();
  private final Map<Place, Waiting> deadlines = new HashMap<>();
  private Instant now = TIME;

  FunctionsPolicyScenario(Domain<?, ?, ?> domain, String policy) {
    super(domain, policy);
  }

  @Override
  void begin() {
    states.clear();
    versions.clear();
    deadlines.clear();
    now = TIME;
  }

  @Override
  List<Object> happens(Happened happened) {
    return react(domain().policy(policy()), happened);
  }

  private <S> List<Object> react(Domain.BoundPolicy<S> bound, Happened happened) {
    return react(bound, bound.reaction(happened.source()), happened);
  }

  @SuppressWarnings("unchecked") // the state is of the policy, the event of the source
  private <S, E> List<Object> react(
      Domain.BoundPolicy<S> bound, Domain.BoundReaction<S, E> reaction, Happened happened) {
    String id = happened.aggregateId();
    long version = versions.merge(happened.source().name() + "/" + id, 1L, Long::sum);
    RecordedEvent event =
        PolicyDriver.recorded(happened.source(), id, version, happened.event(), now);
    S state = (S) states.getOrDefault(id, reaction.policy().initialState());
    Reaction<S> after =
        reaction
            .policy()
            .react(
                state,
                (E) happened.event(),
                new PolicyContext(
                    domain().schema().name(), policy().name(), id, event.id(), version, now));
    // As it will be read back.
    states.put(id, bound.states().read(bound.states().write(after.state())));
    List<Object> sent = new ArrayList<>();
    for (Reaction.Order order : after.orders()) {
      switch (order) {
        case Reaction.Send send -> sent.add(checked(send.target(), send.command()));
        case Reaction.SetDeadline set ->
            deadlines.put(
                new Place(id, set.name()),
                new Waiting(now.plus(set.after()), checked(set.target(), set.command())));
        case Reaction.CancelDeadline cancel -> deadlines.remove(new Place(id, cancel.name()));
      }
    }
    return sent;
  }

  private Object checked(DomainSchema<?, ?> target, Record command) {
    if (!domain().schema().targets(policy()).contains(target)) {
      throw new AssertionError(policy().name() + " does not declare that it sends to " + target);
    }
    for (Violation violation :
        target
            .jsonSchemas()
            .validate(command.getClass().getSimpleName(), JsonCodec.toObject(command))) {
      throw new AssertionError(command + " does not fit its schema: " + violation.message());
    }
    return command;
  }

  @Override
  List<Object> pass(Duration time) {
    now = now.plus(time);
    List<Map.Entry<Place, Waiting>> due =
        deadlines.entrySet().stream()
            .filter(each -> !each.getValue().due().isAfter(now))
            .sorted(Comparator.comparing(each -> each.getValue().due()))
            .toList();
    due.forEach(each -> deadlines.remove(each.getKey()));
    return due.stream().map(each -> each.getValue().command()).toList();
  }

  @Override
  public void close() {
    begin();
  }
}

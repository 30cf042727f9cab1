package dev.pleat.deploy;

import dev.pleat.interactivequeries.Health;
import dev.pleat.interactivequeries.StreamsViews;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.DeclaredPolicy;
import dev.pleat.schemas.StoppedView;
import dev.pleat.topology.Domain;
import dev.pleat.topology.PolicyTopology;
import dev.pleat.topology.Resumptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The application of a policy in this process. Safe for use by many threads. */
final class RunningPolicy {

  private final DomainSchema<?, ?> schema;
  private final DeclaredPolicy policy;
  private final Resumptions resumptions;
  private final StreamsRole role;
  private final StreamsViews stores;

  private RunningPolicy(
      DomainSchema<?, ?> schema,
      DeclaredPolicy policy,
      Resumptions resumptions,
      StreamsRole role,
      DomainTopics topics) {
    this.schema = schema;
    this.policy = policy;
    this.resumptions = resumptions;
    this.role = role;
    this.stores =
        new StreamsViews(
            (domain, store) -> role.running(), (of, made) -> Optional.empty(), topics::partitions);
  }

  /**
   * Starts it in the background.
   *
   * @param state is looked at before each start
   */
  static RunningPolicy start(
      Domain<?, ?, ?> domain,
      DeclaredPolicy policy,
      PolicyState state,
      StreamsSettings streams,
      LogEnds ends,
      DomainTopics topics) {
    DomainSchema<?, ?> schema = domain.schema();
    Resumptions resumptions = new Resumptions();
    StreamsRole role =
        StreamsRole.start(
            "react " + schema.name() + "/" + policy.name(),
            waiting -> PolicyTopology.of(domain, policy.name(), state.prepare(false), resumptions),
            streams.reacting(PolicyTopology.applicationId(schema, policy)),
            Optional.of(new StreamsRole.Tracking(ends, Pace.unlimited())));
    return new RunningPolicy(schema, policy, resumptions, role, topics);
  }

  boolean is(DomainSchema<?, ?> ofSchema, DeclaredPolicy ofName) {
    return schema.name().equals(ofSchema.name()) && policy.name().equals(ofName.name());
  }

  StreamsRole role() {
    return role;
  }

  /** Where it has stopped here, in words; empty if nowhere. */
  Optional<Health.Role> stopped() {
    List<String> stops = new ArrayList<>();
    for (DomainSchema<?, ?> source : schema.sources(policy)) {
      for (StoppedView mark : marks(source)) {
        stops.add("the policy " + policy.name() + " stopped at " + mark.on(source.eventsTopic()));
      }
    }
    return stops.isEmpty()
        ? Optional.empty()
        : Optional.of(new Health.Role(role.name(), false, Optional.of(String.join("; ", stops))));
  }

  private List<StoppedView> marks(DomainSchema<?, ?> source) {
    return stores.marks(schema, policy.guard(source), source);
  }

  /** Lets it go on wherever it has stopped here; the marks at which it does. */
  List<StoppedView> resume(boolean skip) {
    Optional<ApplicationPositions> at = role.positions();
    List<StoppedView> resumed = new ArrayList<>();
    if (at.isEmpty()) {
      return resumed;
    }
    for (DomainSchema<?, ?> source : schema.sources(policy)) {
      for (StoppedView mark : marks(source)) {
        at.get().resume(resumptions, policy.guard(source), source, mark, skip);
        resumed.add(mark);
      }
    }
    return resumed;
  }
}

package dev.pleat.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.DeclaredPolicy;
import dev.pleat.schemas.JsonCodec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * One example of what a policy does: given these events, when this one happens, then these commands
 * are sent, now or later.
 *
 * <pre>{@code
 * enrolling
 *   .given(new EnrolmentRequested(...))
 *   .when(new EnrolmentConfirmed(...))
 *   .thenSends(new SellSeat(...))
 *   .andAfter(Duration.ofHours(1));
 * }</pre>
 *
 * <p>The same body runs against the policy's functions ({@link #ofFunctions}) and against its real
 * topology in a {@code TopologyTestDriver} ({@link #ofTopology}). All events happen at one time.
 * Used by one thread; as a JUnit extension it closes itself after each test.
 */
public abstract class PolicyScenario implements AutoCloseable, AfterEachCallback {

  /** When all events happen. */
  public static final Instant TIME = Instant.parse("2026-11-21T10:00:00.012Z");

  /** An event of one of the policy's sources. */
  record Happened(DomainSchema<?, ?> source, String aggregateId, Object event) {}

  private final Domain<?, ?, ?> domain;
  private final DeclaredPolicy policy;

  PolicyScenario(Domain<?, ?, ?> domain, String policy) {
    this.domain = domain;
    this.policy = domain.schema().policy(policy).orElseThrow();
  }

  /** Runs against the policy's functions: fast, and no Kafka class is used. */
  public static PolicyScenario ofFunctions(Domain<?, ?, ?> domain, String policy) {
    return new FunctionsPolicyScenario(domain, policy);
  }

  /** Runs against the policy's real topology. */
  public static PolicyScenario ofTopology(Domain<?, ?, ?> domain, String policy) {
    return new TopologyPolicyScenario(domain, policy);
  }

  /** Begins with nothing. */
  abstract void begin();

  /** Lets this happen; the commands it leads to at once. */
  abstract List<Object> happens(Happened happened);

  /** Lets time pass; the commands that become due. */
  abstract List<Object> pass(Duration time);

  @Override
  public abstract void close();

  @Override
  public final void afterEach(ExtensionContext context) {
    close();
  }

  final Domain<?, ?, ?> domain() {
    return domain;
  }

  final DeclaredPolicy policy() {
    return policy;
  }

  /** What has happened before, oldest first, whichever source it comes from. */
  public final Given given(Object... events) {
    return new Given(List.of(events));
  }

  private Happened happened(Object event) {
    String name = event.getClass().getSimpleName();
    DomainSchema<?, ?> source =
        domain.schema().sources(policy).stream()
            .filter(it -> it.event(name).filter(type -> type.equals(event.getClass())).isPresent())
            .findFirst()
            .orElseThrow(
                () -> new IllegalArgumentException(policy.name() + " has no source of " + name));
    String id =
        JsonCodec.toObject(event)
            .text(source.idField())
            .map(source::aggregateId)
            .orElseThrow(() -> new IllegalArgumentException(event + " has no " + source.idField()));
    return new Happened(source, id, event);
  }

  /** A scenario that has its past and needs its event. */
  public final class Given {
    private final List<Object> before;

    private Given(List<Object> before) {
      this.before = before;
    }

    /** Lets this happen. */
    public When when(Object event) {
      begin();
      before.forEach(each -> happens(happened(each)));
      return new When("given " + before + " when " + event, happens(happened(event)));
    }
  }

  /** A scenario in which it has happened. */
  public final class When {
    private final String description;
    private final List<Object> sent;
    private final List<Object> later = new ArrayList<>();
    private Duration elapsed = Duration.ZERO;

    private When(String description, List<Object> sent) {
      this.description = description;
      this.sent = sent;
    }

    /** Exactly these commands are sent at once, in this order. */
    public When thenSends(Object... commands) {
      assertEquals(List.of(commands), sent, description);
      return this;
    }

    /** Exactly these commands are due by so long after the event, and not before. */
    public When andAfter(Duration time, Object... commands) {
      later.addAll(pass(time.minusMillis(1).minus(elapsed)));
      assertEquals(List.of(), later, description + ", before " + time);
      assertEquals(List.of(commands), pass(Duration.ofMillis(1)), description + ", after " + time);
      elapsed = time;
      return this;
    }
  }
}

package dev.pleat.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.Outcome.Verdict;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * One example of what a domain does: given these events, when this command comes, then that.
 *
 * <pre>{@code
 * @RegisterExtension
 * final Scenario<CalculatorCommand, CalculatorEvent> calculator = Scenario.ofTopology(CALCULATOR);
 *
 * @Test
 * void adds_to_the_value_it_holds() {
 *   calculator
 *       .given(new ValueCreated(id, 2))
 *       .when(new UpdateValue(id, ADD, 3))
 *       .then(new ValueUpdated(id, ADD, 3, 5))
 *       .andRow("values", new CalculatorValue(id, 5));
 * }
 * }</pre>
 *
 * <p>The same body runs at several heights: {@link #ofFunctions} calls the domain's functions and
 * nothing else, {@link #ofTopology} runs the real topologies, and a subclass may run it anywhere
 * else, for example over HTTP. Each scenario is about one aggregate: the one its command addresses.
 * Used by one thread; as a JUnit extension it closes itself after each test.
 *
 * @param <C> the commands
 * @param <E> the events
 */
public abstract class Scenario<C, E> implements AutoCloseable, AfterEachCallback {

  /** The id of the command of every scenario, so that rules that derive ids can be foretold. */
  public static final UUID COMMAND_ID = UUID.fromString("7037a79d-7e6b-4969-9ea5-6d5c28605ac4");

  /** When the command comes; the given events lie before it. Other runners have a real clock. */
  public static final Instant TIME = Instant.parse("2026-11-21T10:00:00.012Z");

  /**
   * What a runner is asked to bring about.
   *
   * @param aggregateId the aggregate the command addresses
   * @param given what has happened to it before, oldest first
   * @param command the command
   * @param actor who sends it
   * @param expectedVersion the version it insists on
   */
  public record Trial<C, E>(
      String aggregateId,
      List<E> given,
      C command,
      Optional<String> actor,
      OptionalLong expectedVersion) {}

  /**
   * What a runner saw come of a command.
   *
   * @param verdict the outcome
   * @param events the events of the command, in order
   */
  public record Result<E>(Verdict verdict, List<E> events) {}

  /**
   * A row of a view.
   *
   * @param fields the record
   * @param version the aggregate's version beside it
   */
  public record Row(Record fields, long version) {}

  private final DomainSchema<C, E> schema;

  /** For a runner of this domain. */
  protected Scenario(DomainSchema<C, E> schema) {
    this.schema = schema;
  }

  /** Runs against the decider and the projections themselves: fast, and no Kafka class is used. */
  public static <C, E> Scenario<C, E> ofFunctions(Domain<?, C, E> domain) {
    return new FunctionsScenario<>(domain);
  }

  /** Runs against the real topologies of the domain, in a {@code TopologyTestDriver} each. */
  public static <C, E> Scenario<C, E> ofTopology(Domain<?, C, E> domain) {
    return new TopologyScenario<>(domain);
  }

  /** Puts the aggregate where the trial wants it, sends the command and waits for its outcome. */
  protected abstract Result<E> run(Trial<C, E> trial);

  /** The row of the aggregate of the last trial in this view, after everything that happened. */
  protected abstract Optional<Row> row(View view, Trial<C, E> trial);

  /** Gives back what the runner holds. */
  @Override
  public abstract void close();

  @Override
  public final void afterEach(ExtensionContext context) {
    close();
  }

  /** The names of the domain. */
  protected final DomainSchema<C, E> schema() {
    return schema;
  }

  /** What has happened to the aggregate before, oldest first; nothing: it does not exist. */
  @SafeVarargs
  @SuppressWarnings("varargs")
  public final Given given(E... events) {
    return new Given(List.of(events), Optional.empty(), OptionalLong.empty());
  }

  /** A scenario that has its past and needs its command. */
  public final class Given {
    private final List<E> events;
    private final Optional<String> actor;
    private final OptionalLong expectedVersion;

    private Given(List<E> events, Optional<String> actor, OptionalLong expectedVersion) {
      this.events = events;
      this.actor = actor;
      this.expectedVersion = expectedVersion;
    }

    /** The command is sent by this actor. */
    public Given by(String who) {
      return new Given(events, Optional.of(who), expectedVersion);
    }

    /** The command insists on this version of the aggregate, counted in events. */
    public Given expecting(long version) {
      return new Given(events, actor, OptionalLong.of(version));
    }

    /** Sends the command and waits for what comes of it. */
    public When when(C command) {
      Trial<C, E> trial =
          new Trial<>(addressedBy(command), events, command, actor, expectedVersion);
      events.forEach(event -> requireAbout(trial, event));
      return new When(trial, run(trial));
    }

    private String addressedBy(C command) {
      return JsonCodec.toObject(command)
          .text(schema.idField())
          .map(schema::aggregateId)
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      command + " has no " + schema.idField() + ": which aggregate is it for?"));
    }
  }

  /** A scenario whose command was decided. */
  public final class When {
    private final Trial<C, E> trial;
    private final Result<E> result;

    private When(Trial<C, E> trial, Result<E> result) {
      this.trial = trial;
      this.result = result;
    }

    /** It was accepted, and exactly this happened. */
    @SafeVarargs
    @SuppressWarnings("varargs")
    public final Then then(E... events) {
      if (events.length == 0) {
        throw new IllegalArgumentException("say thenUnchanged() where no event is expected");
      }
      long version = trial.given().size() + (long) events.length;
      check("accepted with " + List.of(events) + ", version " + version);
      return new Then(trial, version);
    }

    /** Nothing would have changed: no event. */
    public Then thenUnchanged() {
      return without("unchanged");
    }

    /** It was refused with this reason: no event. */
    public Then thenRejected(String reason) {
      return without("rejected as " + reason);
    }

    private Then without(String expected) {
      long version = trial.given().size();
      check(expected + ", version " + version);
      return new Then(trial, version);
    }

    private void check(String expected) {
      String detail =
          result.verdict() instanceof Rejected rejected ? " (" + rejected.detail() + ")" : "";
      assertEquals(expected, shown(), () -> describe(trial) + detail);
    }

    private String shown() {
      String verdict =
          switch (result.verdict()) {
            case Accepted accepted -> "accepted with " + result.events();
            case Unchanged unchanged -> "unchanged" + unexpectedEvents();
            case Rejected rejected -> "rejected as " + rejected.reason() + unexpectedEvents();
          };
      return verdict + ", version " + result.verdict().version();
    }

    private String unexpectedEvents() {
      return result.events().isEmpty() ? "" : " and yet with events " + result.events();
    }
  }

  /** A scenario whose outcome is as it should be. */
  public final class Then {
    private final Trial<C, E> trial;
    private final long version;

    private Then(Trial<C, E> trial, long version) {
      this.trial = trial;
      this.version = version;
    }

    /** The view shows this row now, at the aggregate's version. */
    public Then andRow(String view, Record row) {
      assertEquals(Optional.of(new Row(row, version)), row(view), message(view));
      return this;
    }

    /** The view shows no row of the aggregate. */
    public Then andNoRow(String view) {
      assertEquals(Optional.empty(), row(view), message(view));
      return this;
    }

    private Optional<Row> row(String view) {
      return Scenario.this.row(
          schema
              .view(view)
              .orElseThrow(
                  () -> new IllegalArgumentException(schema + " has no view named " + view)),
          trial);
    }

    private String message(String view) {
      return describe(trial) + ", the row in the view " + view;
    }
  }

  /** The engine keeps no event about another aggregate than the one it decides for. */
  final void requireAbout(Trial<C, E> trial, E event) {
    Optional<String> about = JsonCodec.toObject(event).text(schema.idField());
    if (about.isPresent() && !about.get().equals(trial.aggregateId())) {
      throw new AssertionError(event + " is about another aggregate than " + trial.aggregateId());
    }
  }

  private String describe(Trial<C, E> trial) {
    return "given "
        + trial.given()
        + trial.actor().map(actor -> " by " + actor).orElse("")
        + (trial.expectedVersion().isPresent()
            ? " expecting version " + trial.expectedVersion().getAsLong()
            : "")
        + " when "
        + trial.command();
  }
}

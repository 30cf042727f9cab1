package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.JsonCodec.JsonObject;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.SubmittedCommand;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;

/**
 * A scenario that runs the command topology and the view topologies, each in a driver of its own.
 * The given events are folded into the command topology's store, and lie in the events topic that
 * the views read.
 */
final class TopologyScenario<S, C, E> extends Scenario<C, E> {

  private static final Instant BEFORE = TIME.minusSeconds(3600);

  private final Domain<S, C, E> domain;
  private final List<KeyValue<String, byte[]>> eventsTopic = new ArrayList<>();

  TopologyScenario(Domain<S, C, E> domain) {
    super(domain.schema());
    this.domain = domain;
  }

  @Override
  protected Result<E> run(Trial<C, E> trial) {
    eventsTopic.clear();
    try (TopologyTestDriver driver = new TopologyTestDriver(CommandTopology.of(domain))) {
      happenBefore(trial, driver);
      driver
          .createInputTopic(
              schema().commandsTopic(), new StringSerializer(), new ByteArraySerializer())
          .pipeInput(trial.aggregateId(), JsonCodec.write(command(trial)), TIME);
      List<KeyValue<String, byte[]>> events =
          output(driver, schema().eventsTopic()).readKeyValuesToList();
      List<KeyValue<String, byte[]>> outcomes =
          output(driver, schema().outcomesTopic()).readKeyValuesToList();
      List<KeyValue<String, byte[]>> deadLetters =
          output(driver, schema().deadLettersTopic()).readKeyValuesToList();
      if (outcomes.size() != 1 || !deadLetters.isEmpty()) {
        throw new AssertionError(
            "a command has one outcome and is no dead letter: "
                + outcomes.stream().map(outcome -> text(outcome.value)).toList()
                + deadLetters.stream().map(letter -> text(letter.value)).toList());
      }
      eventsTopic.addAll(events);
      Outcome outcome = JsonCodec.readOutcome(outcomes.getFirst().value);
      if (outcome.verdict() instanceof Rejected rejected
          && rejected.reason().equals("decision-failed")) {
        throw failed(trial);
      }
      List<E> happened = new ArrayList<>();
      for (KeyValue<String, byte[]> event : events) {
        RecordedEvent recorded = JsonCodec.readEvent(event.value);
        happened.add(
            JsonCodec.toRecord(recorded.data(), schema().event(recorded.action()).orElseThrow()));
      }
      return new Result<>(outcome.verdict(), happened);
    }
  }

  /** The outcome does not say why the rules failed: the functions do, without a logger too. */
  private AssertionError failed(Trial<C, E> trial) {
    AssertionError failure =
        new AssertionError("the rules of " + schema() + " failed on " + trial.command());
    try (FunctionsScenario<S, C, E> functions = new FunctionsScenario<>(domain)) {
      functions.run(trial);
    } catch (RuntimeException | AssertionError e) {
      failure.initCause(e);
    }
    return failure;
  }

  private SubmittedCommand command(Trial<C, E> trial) {
    SubmittedCommand command =
        SubmittedCommand.of(
            COMMAND_ID,
            trial.command().getClass().getSimpleName(),
            JsonCodec.toObject(trial.command()),
            TIME);
    if (trial.expectedVersion().isPresent()) {
      command = command.expecting(trial.expectedVersion().getAsLong());
    }
    return trial.actor().isPresent() ? command.by(trial.actor().get()) : command;
  }

  private void happenBefore(Trial<C, E> trial, TopologyTestDriver driver) {
    S state = domain.decider().initialState();
    long version = 0;
    for (E event : trial.given()) {
      version++;
      state = domain.decider().evolve(state, event);
      UUID command = NameBasedId.ofAggregate(schema().name(), new UUID(0, version));
      eventsTopic.add(
          KeyValue.pair(
              trial.aggregateId(),
              JsonCodec.write(
                  new RecordedEvent(
                      NameBasedId.ofEvent(schema().name(), trial.aggregateId(), command, 0),
                      command,
                      event.getClass().getSimpleName(),
                      JsonCodec.toObject(event),
                      BEFORE,
                      version,
                      version,
                      Optional.empty(),
                      Optional.empty()))));
    }
    if (version > 0) {
      KeyValueStore<String, byte[]> aggregates = driver.getKeyValueStore(Aggregate.STORE);
      aggregates.put(
          trial.aggregateId(),
          new Aggregate(
                  version,
                  BEFORE.toEpochMilli(),
                  Aggregate.Overflow.NONE,
                  domain.decider().stateVersion(),
                  domain.stateBytes(state),
                  RecentCommands.NONE)
              .bytes());
    }
  }

  @Override
  protected Optional<Row> row(View view, Trial<C, E> trial) {
    try (TopologyTestDriver driver = new TopologyTestDriver(ViewTopology.of(domain, view.name()))) {
      driver
          .createInputTopic(
              schema().eventsTopic(), new StringSerializer(), new ByteArraySerializer())
          .pipeKeyValueList(eventsTopic);
      KeyValueStore<Integer, byte[]> stopped =
          driver.getKeyValueStore(view.guard(schema()).stoppedStore());
      byte[] mark = stopped.get(0);
      if (mark != null) {
        throw new AssertionError("the view " + view.name() + " stopped: " + text(mark));
      }
      KeyValueStore<String, ValueAndTimestamp<byte[]>> rows =
          driver.getTimestampedKeyValueStore(view.rowsStore());
      return Optional.ofNullable(rows.get(trial.aggregateId()))
          .map(row -> row(view, JsonCodec.readObject(row.value())));
    }
  }

  private static Row row(View view, JsonObject json) {
    record Versioned(long version) {}
    return new Row(
        JsonCodec.toRecord(json, view.row()), JsonCodec.toRecord(json, Versioned.class).version());
  }

  private static TestOutputTopic<String, byte[]> output(TopologyTestDriver driver, String topic) {
    return driver.createOutputTopic(topic, new StringDeserializer(), new ByteArrayDeserializer());
  }

  private static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }

  @Override
  public void close() {
    eventsTopic.clear();
  }
}

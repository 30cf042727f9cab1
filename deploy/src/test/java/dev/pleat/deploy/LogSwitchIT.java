package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueCreated;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.topology.CommandTopology;
import dev.pleat.topology.Domain;
import dev.pleat.topology.EventTables;
import dev.pleat.topology.InputLog;
import dev.pleat.topology.MemoryLimits;
import dev.pleat.topology.calculator.CalculatorDomain;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.streams.kstream.KTable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A rebuilt log that takes the place of the live one, on a real broker. */
final class LogSwitchIT {

  private static final Map<String, Integer> TOLD = Map.of("calculator", 2);
  private static final long MEMORY_BYTES = 16L * 1024 * 1024;

  /** How many events a value has: a view of another domain. */
  record Counted(String valueId, long events) {}

  private static final DomainSchema<Void, Void> TALLIES =
      DomainSchema.ofViews("tallies", LogSwitchIT.class)
          .derivedView("counted", Counted.class, "value-id", IdFormat.UUID, CalculatorSchema.SCHEMA)
          .build();

  private static final Domain<Void, Void, Void> TALLY =
      Domain.ofViews(TALLIES).derivedAs("counted", Counted.class, LogSwitchIT::counted).build();

  private static KTable<String, Counted> counted(EventTables events) {
    return events.table(
        CalculatorSchema.SCHEMA,
        Counted.class,
        (Optional<Counted> row, CalculatorEvent event) ->
            Optional.of(
                switch (event) {
                  case ValueCreated created -> new Counted(created.valueId(), 1);
                  case ValueUpdated updated ->
                      new Counted(updated.valueId(), row.map(Counted::events).orElse(0L) + 1);
                }));
  }

  @TempDir Path directory;

  private Instance instance;
  private ApiClient api;
  private Operator operator;

  private void isRunning(Instance started) {
    instance = started;
    api = new ApiClient(started.url());
    operator = Operator.of(started);
  }

  @AfterEach
  void stop() {
    api.close();
    instance.close();
  }

  // ---- what is sent and asked

  private HttpResponse<String> update(String value, String operation, double number, UUID command) {
    return api.put(
        value,
        "{\"operation\":\"%s\",\"value\":%s}".formatted(operation, number),
        "Idempotency-Key",
        command.toString());
  }

  private String token(String value, String operation, double number) {
    HttpResponse<String> done = update(value, operation, number, UUID.randomUUID());
    assertEquals(200, done.statusCode(), done.body());
    return header(done, "Pleat-Token");
  }

  /** Value and version, as the view has them now. */
  private String row(String value, String... headers) {
    HttpResponse<String> row = api.get(value + "?wait=15s", headers);
    return row.statusCode() == 200
        ? json(row).get("value").asDouble() + " v" + json(row).get("version").asLong()
        : row.statusCode() + " " + row.body();
  }

  private long tally(String value) {
    return json(api.get("/domains/tallies/views/counted/" + value.substring("/values/".length())))
        .path("events")
        .asLong(-1);
  }

  private String status(UUID command) {
    HttpResponse<String> status = api.get("/commands/" + command);
    return json(status).path("status").asString() + " v" + json(status).path("version").asLong();
  }

  /** What came of each event of a value. */
  private List<Double> history(String value) {
    List<Double> results = new ArrayList<>();
    json(api.get("/domains/calculator/events" + value.substring("/values".length())))
        .path("events")
        .forEach(
            event -> {
              var data = event.get("data");
              results.add((data.has("result") ? data.get("result") : data.get("value")).asDouble());
            });
    return results;
  }

  private void assertRefused(Map<String, Integer> told, String why) {
    StartRefused refused =
        assertThrows(
            StartRefused.class,
            () ->
                Servers.switched(
                        directory.resolve("other"),
                        instance.bootstrapServers(),
                        told,
                        ChangedCalculator.domain(),
                        TALLY)
                    .close());
    assertTrue(refused.getMessage().startsWith("--switch-log "), refused.getMessage());
    assertTrue(refused.getMessage().contains(why), refused.getMessage());
  }

  // ---- the switch

  @Test
  void a_rebuilt_log_takes_the_place_of_the_live_one_when_that_is_said_at_a_start()
      throws Exception {
    UUID doubled = UUID.randomUUID();
    UUID later = UUID.randomUUID();
    isRunning(Servers.embedded(directory, CalculatorDomain.CALCULATOR, TALLY));
    String value = header(api.post("/values", "{\"value\":3}"), "Location");
    assertEquals(200, update(value, "MULTIPLY", -2, doubled).statusCode());
    String token = token(value, "ADD", 1);
    assertEquals("-5.0 v3", row(value, "Pleat-Token", token));
    stop();

    isRunning(Servers.embedded(directory, ChangedCalculator.domain(), TALLY));
    assertTrue(operator.pleat("log", "switch", "calculator").contains("it is none; begin with"));
    String said = operator.pleat("log", "rebuild", "calculator", "--rate", "0");
    assertTrue(said.contains("\ndifferent, after "), said);
    assertTrue(
        operator
            .pleat("log", "switch", "calculator")
            .contains("\n       --switch-log calculator=2"));
    // Decided by the live log; the other one has not come to it.
    String decided = header(update(value, "ADD", 10, later), "Pleat-Token");
    Operator.await("status: " + status(later), () -> status(later).equals("accepted v4"));
    assertEquals(Set.of("calculator.events.g2"), operator.left("calculator.events."));
    assertEquals("5.0 v4", row(value, "Pleat-Token", decided));
    Operator.await("tally", () -> tally(value) == 4);
    assertRefused(TOLD, "must be stopped first, and pleat.calculator.");
    assertRefused(Map.of("calculator", 3), "there is no such generation");
    assertRefused(Map.of("tallies", 2), "no such domain here takes commands");
    stop();

    isRunning(Servers.switched(directory, TOLD, ChangedCalculator.domain(), TALLY));
    // What was decided meanwhile is decided again, by the other rules and on the other state.
    Operator.await("row: " + row(value), () -> row(value).equals("14.0 v3"));
    Operator.await("tally: " + tally(value), () -> tally(value) == 3);
    Operator.await("history: " + history(value), () -> history(value).equals(List.of(3d, 4d, 14d)));
    assertEquals(4, json(api.get(value + "?as-of-version=2")).get("value").asDouble());
    Operator.await("status: " + status(later), () -> status(later).equals("accepted v3"));
    assertEquals("unchanged v1", status(doubled));
    HttpResponse<String> again = update(value, "MULTIPLY", -2, doubled);
    assertEquals("true", header(again, "Idempotent-Replayed"), again.body());
    assertEquals("unchanged", json(again).get("status").asString());
    HttpResponse<String> foreign = api.get(value, "Pleat-Token", token);
    assertEquals(400, foreign.statusCode(), foreign.body());
    assertTrue(foreign.body().contains("invalid-token"), foreign.body());
    assertEquals("15.0 v4", row(value, "Pleat-Token", token(value, "ADD", 1)));
    assertTrue(api.get("/domains/calculator").body().contains("\"calculator.outcomes.g2\""));
    assertEquals(0, refolds(), "the state of the rebuild is gone on with");
    nobodyComesLate();
    rebuildsFromThere();
    replicaFollows(value);
    for (String application : List.of("pleat.calculator.values.g1.", "pleat.tallies.counted.g1.")) {
      Operator.await(application, () -> operator.left(application).isEmpty());
    }
    stop();

    isRunning(Servers.embedded(directory, ChangedCalculator.domain(), TALLY));
    assertEquals("16.0 v5", row(value, "Pleat-Token", token(value, "ADD", 1)));
    Operator.await("tally: " + tally(value), () -> tally(value) == 5);
    Operator.await("history: " + history(value), () -> history(value).size() == 5);
    assertRefused(Map.of("calculator", 1), "generation 2 serves, and an earlier one");
  }

  /** How often the state of the second log was folded anew. */
  private int refolds() {
    Map<String, Object> connection = Map.of("bootstrap.servers", instance.bootstrapServers());
    Manifest manifest = new Manifest(connection, CalculatorSchema.SCHEMA.manifestTopic());
    return Refold.Fold.of(manifest.read(), CalculatorSchema.SCHEMA.onLog(2))
        .orElseThrow()
        .refolds();
  }

  /** As a process that read which log serves before the switch, and joins its group after it. */
  private void nobodyComesLate() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", instance.bootstrapServers()));
        DataDirectory data = DataDirectory.open(directory.resolve("late"));
        StoreMemory memory = new StoreMemory(MEMORY_BYTES)) {
      String commands =
          admin
              .describeTopics(List.of("calculator.commands"))
              .allTopicNames()
              .get()
              .get("calculator.commands")
              .topicId()
              .toString();
      InputLog log = new InputLog(commands, Servers.PARTITIONS, false);
      Map<String, Object> connection = Map.of("bootstrap.servers", instance.bootstrapServers());
      try (StreamsRole role =
          StreamsRole.start(
              "late",
              CommandTopology.of(CalculatorDomain.CALCULATOR, log, MemoryLimits.DEFAULT),
              new StreamsSettings(connection, data.state(), data.instanceId(), memory)
                  .deciding(CommandTopology.applicationId(CalculatorSchema.SCHEMA)))) {
        Operator.await(
            "refused: " + role.trouble(),
            () -> role.trouble().filter(it -> it.contains("took the place")).isPresent());
      }
    }
  }

  /** A copy at the edge knows the tokens of the log that serves. */
  private void replicaFollows(String value) {
    try (RunningReplica replica =
        new RunningReplica(
            directory.resolve("replica"),
            instance.bootstrapServers(),
            List.of("calculator/values"),
            List.of(CalculatorDomain.CALCULATOR),
            InstantSource.system())) {
      Operator.await("copy", () -> replica.get(value).statusCode() == 200);
      String token = token(value, "ADD", 0);
      HttpResponse<String> row = replica.http().get(value + "?wait=15s", "Pleat-Token", token);
      assertEquals(15, json(row).path("value").asDouble(), row.body());
    }
  }

  /** The log that serves is what another rebuild is compared with, and is not deleted by it. */
  private void rebuildsFromThere() {
    String said = operator.pleat("log", "rebuild", "calculator", "--rate", "0");
    assertTrue(said.startsWith("0 Decides all commands again, into generation 3;"), said);
    assertTrue(said.contains("\nidentical: 4 events\n"), said);
    assertTrue(operator.pleat("log", "cancel", "calculator").startsWith("0 Generation 3"));
    assertEquals(Set.of("calculator.events.g2"), operator.left("calculator.events."));
    assertTrue(!operator.left("pleat.calculator.log.g2.").isEmpty());
  }
}

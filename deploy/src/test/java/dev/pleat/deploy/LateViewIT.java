package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.calculator.CalculatorCommand;
import dev.pleat.schemas.calculator.CalculatorCommand.CreateValue;
import dev.pleat.schemas.calculator.CalculatorCommand.UpdateValue;
import dev.pleat.schemas.calculator.CalculatorEvent;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueCreated;
import dev.pleat.schemas.calculator.CalculatorEvent.ValueUpdated;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.schemas.calculator.CalculatorValue;
import dev.pleat.topology.Domain;
import dev.pleat.topology.calculator.Calculator;
import dev.pleat.topology.calculator.CalculatorDomain;
import dev.pleat.topology.calculator.CalculatorValueProjection;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The steps of {@code docs/LATE_VIEWS.md}: a view is added to a log that already holds events, and
 * made anew when its version is another one.
 */
final class LateViewIT {

  private static final int VALUES = 40;

  @TempDir Path directory;

  /** How often a value was changed. */
  record Changes(String valueId, long changes) {}

  private static Domain<?, ?, ?> withChanges(int version, int each) {
    DomainSchema<CalculatorCommand, CalculatorEvent> schema =
        DomainSchema.of("calculator", CalculatorCommand.class, CalculatorEvent.class)
            .identifiedBy("value-id", IdFormat.UUID)
            .action(CreateValue.class, CalculatorSchema.VALUE_ALREADY_EXISTS)
            .action(
                UpdateValue.class,
                CalculatorSchema.VALUE_NOT_FOUND,
                CalculatorSchema.RESULT_OUT_OF_RANGE)
            .view(CalculatorSchema.VALUES, CalculatorValue.class)
            .view("changes", Changes.class)
            .version("changes", version)
            .creates("/values", CreateValue.class)
            .updates("/values/{value-id}", UpdateValue.class)
            .reads("/values/{value-id}", CalculatorSchema.VALUES)
            .reads("/values/{value-id}/changes", "changes")
            .build();
    return Domain.of(schema)
        .decidedBy(new Calculator(), Calculator.State.class)
        .projectedTo(
            CalculatorSchema.VALUES, CalculatorValue.class, new CalculatorValueProjection())
        .projectedTo(
            "changes",
            Changes.class,
            (Optional<Changes> row, CalculatorEvent event) ->
                switch (event) {
                  case ValueCreated created -> Optional.of(new Changes(created.valueId(), 0));
                  case ValueUpdated updated ->
                      row.map(before -> new Changes(before.valueId(), before.changes() + each));
                })
        .build();
  }

  /** Paths of values, and the tokens of their last changes. */
  private final Map<String, String> written = new LinkedHashMap<>();

  @Test
  void a_view_can_be_added_to_a_log_that_holds_events_and_made_anew() {
    try (Instance before = Servers.embedded(directory, CalculatorDomain.CALCULATOR);
        ApiClient api = new ApiClient(before.url())) {
      for (int i = 0; i < VALUES; i++) {
        HttpResponse<String> created = api.post("/values", "{\"value\":1}");
        String path = header(created, "Location");
        String token = header(created, "Pleat-Token");
        for (int j = 0; j < i % 4; j++) {
          token = header(api.put(path, "{\"operation\":\"ADD\",\"value\":1}"), "Pleat-Token");
        }
        written.put(path, token);
      }
    }
    showsChanges(withChanges(1, 1), 1);
    showsChanges(withChanges(2, 10), 10);
    // An older release goes on with its own or makes it again, and deletes nothing newer.
    try (Instance older = Servers.embedded(directory, withChanges(1, 1));
        ApiClient api = new ApiClient(older.url())) {
      assertEquals(
          202,
          api.post("/domains/calculator/views/changes/rebuild", "{\"events-per-second\":0}")
              .statusCode());
      awaitGenerations(api, Map.of("changes 2 v2", "not here", "changes 3 v1", "serving"));
    }
    showsChanges(withChanges(1, 1), 1);
    try (Instance newer = Servers.embedded(directory, withChanges(2, 10));
        ApiClient api = new ApiClient(newer.url())) {
      awaitGenerations(api, Map.of("changes 2 v2", "serving"));
    }
    showsChanges(withChanges(2, 10), 10);
  }

  /** Waits until a view has just these generations: what was replaced is deleted after a while. */
  private static void awaitGenerations(ApiClient api, Map<String, String> expected) {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    Map<String, String> generations = Map.of();
    while (!generations.equals(expected)) {
      assertTrue(System.nanoTime() < deadline, generations.toString());
      LockSupport.parkNanos(100_000_000);
      generations = new LinkedHashMap<>();
      for (JsonNode each : json(api.get("/views")).get("views")) {
        if (each.get("view").asString().equals("changes")) {
          generations.put(
              "changes " + each.get("generation").asInt() + " v" + each.get("version").asInt(),
              each.get("status").asString());
        }
      }
    }
  }

  private void showsChanges(Domain<?, ?, ?> domain, int each) {
    try (Instance late = Servers.embedded(directory, domain);
        ApiClient api = new ApiClient(late.url())) {
      int i = 0;
      for (Map.Entry<String, String> write : written.entrySet()) {
        String after = "?wait=10s&after=" + write.getValue();
        HttpResponse<String> row = api.get(write.getKey() + "/changes" + after);
        assertEquals(200, row.statusCode(), row.body());
        assertEquals(i % 4 * each, json(row).get("changes").asInt(), row.body());
        assertEquals(200, api.get(write.getKey() + after).statusCode());
        i++;
      }
    }
  }
}

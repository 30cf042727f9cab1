package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.topology.calculator.CalculatorDomain;
import dev.pleat.topology.customers.CustomerDomain;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What a replay shows, held against the rows and states as they were, on a real broker. */
final class ReplayIT {

  private static final int COMMANDS = 130;

  @TempDir static Path directory;

  @RegisterExtension
  static final ServedDomains server =
      new ServedDomains(() -> directory, CalculatorDomain.CALCULATOR, CustomerDomain.CUSTOMERS);

  /** An aggregate, and the token of its last change. */
  private record Written(String id, String token) {}

  private static Written written(SplittableRandom random, int commands) {
    HttpResponse<String> last =
        server.api().post("/values", "{\"value\":" + random.nextInt(10) + "}");
    String id = json(last).get("value-id").asString();
    for (int i = 1; i < commands; i++) {
      String operation = random.nextInt(4) == 0 ? "MULTIPLY" : "ADD";
      last =
          server
              .api()
              .put(
                  "/values/" + id,
                  "{\"operation\":\"%s\",\"value\":%d}".formatted(operation, random.nextInt(-2, 3)),
                  "Pleat-Actor",
                  "ann");
    }
    return new Written(id, header(last, "Pleat-Token"));
  }

  private static List<JsonNode> steps(String domain, String id, String query) {
    List<JsonNode> steps = new ArrayList<>();
    String cursor = "";
    while (true) {
      HttpResponse<String> page =
          server.api().get("/domains/" + domain + "/replay/" + id + "?wait=10s" + query + cursor);
      assertEquals(200, page.statusCode(), page.body());
      json(page).get("steps").forEach(steps::add);
      JsonNode next = json(page).get("cursor");
      if (next == null) {
        return steps;
      }
      cursor = "&cursor=" + next.asString();
    }
  }

  @Test
  void agrees_with_the_rows_and_the_states_as_they_were_at_every_version() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    Written value = written(random, COMMANDS);
    int from = random.nextInt(1, 4);
    int limit = random.nextInt(7, 40);

    List<JsonNode> steps =
        steps(
            "calculator",
            value.id(),
            "&after=" + value.token() + "&from-version=" + from + "&limit=" + limit);

    String what = "seed " + seed;
    assertTrue(steps.size() > COMMANDS / 4, what);
    int version = from;
    for (JsonNode step : steps) {
      assertEquals(version, step.get("event").get("version").asInt(), what);
      JsonNode row = json(server.api().get("/values/" + value.id() + "?as-of-version=" + version));
      assertEquals(row, step.get("rows").get("values"), what);
      JsonNode state =
          json(
              server
                  .api()
                  .get("/domains/calculator/state/" + value.id() + "?as-of-version=" + version));
      assertEquals(version, state.get("version").asInt(), what);
      assertEquals(state.get("state"), step.get("state"), what);
      assertEquals("Holding", step.get("state").get("type").asString(), what);
      assertEquals(row.get("value"), step.get("state").get("value"), what);
      version++;
    }
    JsonNode now = json(server.api().get("/domains/calculator/state/" + value.id()));
    assertEquals(steps.getLast().get("state"), now.get("state"));
    assertEquals(version - 1, now.get("version").asInt());
  }

  @Test
  void a_view_without_a_row_of_the_aggregate_s_own_key_is_not_shown() {
    HttpResponse<String> invited =
        server.api().post("/customers", "{\"email\":\"ann@example.org\"}", "Pleat-Actor", "bob");
    assertEquals(201, invited.statusCode(), invited.body());

    JsonNode step =
        steps("customers", "Ann@Example.org", "&after=" + header(invited, "Pleat-Token"))
            .getFirst();

    assertEquals("bob", step.get("event").get("actor").asString());
    assertEquals(
        List.of("by-email"),
        step.get("rows").properties().stream().map(Map.Entry::getKey).toList());
    assertEquals("Invited", step.get("state").get("type").asString());
  }

  private record Ended(int exit, String out, String err) {}

  private static Ended run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("replay", "--server", server.instance().url()));
    all.addAll(List.of(arguments));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int exit =
        Main.run(
            all.toArray(String[]::new),
            Map.of(),
            new PrintStream(out, true, UTF_8),
            new PrintStream(err, true, UTF_8));
    return new Ended(exit, out.toString(UTF_8), err.toString(UTF_8));
  }

  @Test
  void the_command_line_prints_each_event_its_cause_and_what_came_of_it() {
    HttpResponse<String> created = server.api().post("/values", "{\"value\":3}");
    String id = json(created).get("value-id").asString();
    String cause = new UUID(7, 7).toString();
    HttpResponse<String> updated =
        server
            .api()
            .put(
                "/values/" + id,
                "{\"operation\":\"MULTIPLY\",\"value\":3}",
                "Idempotency-Key",
                cause,
                "Pleat-Actor",
                "ann");
    steps("calculator", id, "&after=" + header(updated, "Pleat-Token"));

    Ended all = run("calculator", "--key", id, "--until-version", "2");
    assertEquals(0, all.exit(), all.err());
    assertEquals(
        """
        version 1  TIME  ValueCreated {"value-id":"ID","value":3.0}
          cause: command FIRST
          state: {"type":"Holding","value":3.0}
          view values: {"value-id":"ID","value":3.0,"version":1}
        version 2  TIME  ValueUpdated {"value-id":"ID","operation":"MULTIPLY","value":3.0,"result":9.0}
          cause: command 00000000-0000-0007-0000-000000000007 by ann
          state: {"type":"Holding","value":9.0}
          view values: {"value-id":"ID","value":9.0,"version":2}
        """,
        all.out()
            .replace(json(created).get("command-id").asString(), "FIRST")
            .replace(id, "ID")
            .replaceAll("20\\d\\d-[-0-9T:.]*Z", "TIME"));
    Ended one = run("calculator", "--key", id, "--until-version", "2", "--from-version", "2");
    assertTrue(all.out().endsWith(one.out()) && one.out().startsWith("version 2"), one.out());

    Ended beyond = run("calculator", "--key", id, "--until-version", "3");
    assertEquals(1, beyond.exit());
    assertEquals(all.out(), beyond.out());
    assertTrue(beyond.err().contains("newest version recorded there is 2"), beyond.err());
    Ended nobody = run("calculator", "--key", new UUID(1, 1).toString());
    assertEquals(1, nobody.exit());
    assertTrue(nobody.err().contains("404"), nobody.err());
    assertEquals(1, run("nothing", "--key", id).exit());
    assertEquals(2, run("calculator").exit());
  }
}

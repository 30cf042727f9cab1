package dev.pleat.interactivequeries;

import static dev.pleat.interactivequeries.RunningApi.VALUE_ID;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.interactivequeries.RouteRow.Method;
import dev.pleat.interactivequeries.RunningApi.Answered;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class HttpApiTest {

  private final RunningApi api = new RunningApi();

  @AfterEach
  void close() {
    api.close();
  }

  private static HttpApi another(int port, RunningApi like) {
    return new HttpApi(
        new HttpApi.Parts(
            List.of(CalculatorSchema.SCHEMA),
            like.commands,
            like.outcomes,
            like.views,
            like.statuses,
            like.history,
            like.live,
            domain -> "log",
            List::of,
            like.operations,
            like.log,
            (schema, policy, skip) -> List.of()),
        Listener.open("127.0.0.1", port));
  }

  @Test
  void serves_these_routes_and_no_others() {
    assertEquals(
        List.of(
            "POST /values",
            "PUT /values/{value-id}",
            "GET /values/{value-id}",
            "GET /domains/calculator",
            "POST /domains/calculator/commands/{action}",
            "GET /domains/calculator/views/values",
            "GET /domains/calculator/views/values/{key}",
            "POST /domains/calculator/views/values/continue",
            "POST /domains/calculator/views/values/skip",
            "POST /domains/calculator/views/values/rebuild",
            "POST /domains/calculator/views/values/cancel",
            "GET /domains/calculator/events/{key}",
            "GET /domains/calculator/state/{key}",
            "GET /domains/calculator/replay/{key}",
            "GET /values/{value-id}/events",
            "GET /domains/calculator/log",
            "POST /domains/calculator/log/rebuild",
            "POST /domains/calculator/log/cancel",
            "GET /domains",
            "GET /commands/{id}",
            "GET /views",
            "POST /graphql",
            "GET /health/live",
            "GET /health/ready",
            "GET /openapi.json"),
        api.api.table().stream().map(row -> row.method() + " " + row.path()).toList());
  }

  @Test
  void the_openapi_document_has_every_route() {
    Answered answered = api.get("/openapi.json");
    assertEquals(200, answered.status());
    assertEquals(Optional.of("application/json"), answered.header("Content-Type"));
    Map<?, ?> paths = (Map<?, ?>) answered.field("paths");
    int operations = 0;
    for (RouteRow row : api.api.table()) {
      Map<?, ?> path = (Map<?, ?>) paths.get(row.path());
      Map<?, ?> operation = (Map<?, ?>) path.get(row.method().name().toLowerCase(Locale.ROOT));
      assertEquals(row.summary(), operation.get("summary"));
      assertEquals(
          row.statuses().stream().map(String::valueOf).toList(),
          List.copyOf(((Map<?, ?>) operation.get("responses")).keySet()));
      operations++;
    }
    assertEquals(
        operations, paths.values().stream().mapToInt(path -> ((Map<?, ?>) path).size()).sum());
  }

  @Test
  void the_openapi_document_says_what_can_be_followed() {
    Map<?, ?> paths = (Map<?, ?>) api.get("/openapi.json").field("paths");
    List<String> followed = new ArrayList<>();
    paths.forEach(
        (path, operations) -> {
          if (operations.toString().contains("text/event-stream")) {
            followed.add((String) path);
          }
        });
    assertEquals(
        List.of(
            "/values/{value-id}",
            "/domains/calculator/views/values",
            "/domains/calculator/views/values/{key}",
            "/domains/calculator/events/{key}",
            "/values/{value-id}/events",
            "/commands/{id}",
            "/graphql"),
        followed);
  }

  @Test
  void every_reference_in_the_openapi_document_leads_somewhere() {
    Answered answered = api.get("/openapi.json");
    Map<?, ?> components = (Map<?, ?>) ((Map<?, ?>) answered.field("components")).get("schemas");
    Set<String> referenced = new TreeSet<>();
    collect(answered.json(), referenced);
    assertTrue(referenced.contains("calculator.CreateValue.without-id"));
    for (String name : referenced) {
      assertTrue(components.containsKey(name), name);
    }
    Map<?, ?> full = (Map<?, ?>) components.get("calculator.CreateValue");
    Map<?, ?> withoutId = (Map<?, ?>) components.get("calculator.CreateValue.without-id");
    assertEquals(List.of("value-id", "value"), full.get("required"));
    assertEquals(List.of("value"), withoutId.get("required"));
    assertEquals(Set.of("value"), ((Map<?, ?>) withoutId.get("properties")).keySet());
    assertFalse(full.containsKey("$id"));
  }

  private static void collect(Object node, Set<String> references) {
    if (node instanceof Map<?, ?> object) {
      object.forEach(
          (name, value) -> {
            if (name.equals("$ref")) {
              references.add(((String) value).replace("#/components/schemas/", ""));
            } else {
              collect(value, references);
            }
          });
    } else if (node instanceof List<?> list) {
      list.forEach(element -> collect(element, references));
    }
  }

  @Test
  void says_what_domains_there_are() {
    assertEquals(
        "{\"domains\":[{\"name\":\"calculator\",\"path\":\"/domains/calculator\"}]}",
        api.get("/domains").body());
    Answered domain = api.get("/domains/calculator");
    assertEquals("value-id", domain.field("id-field"));
    assertEquals(
        List.of(
            Map.of("name", "CreateValue", "reasons", List.of("value-already-exists")),
            Map.of(
                "name",
                "UpdateValue",
                "reasons",
                List.of("result-out-of-range", "value-not-found"))),
        domain.field("actions"));
    assertEquals(List.of("values"), domain.field("views"));
    List<?> routes = (List<?>) domain.field("routes");
    assertTrue(routes.contains("PUT /values/{value-id}"), routes.toString());
    assertTrue(routes.contains("GET /values/{value-id}/events"), routes.toString());
  }

  @Test
  void unknown_paths_are_not_found() {
    for (String path : List.of("/", "/nothing", "/values/x/y", "/values/", "//", "/domains/")) {
      api.get(path).isProblem(404, "not-found");
    }
    api.post("/nothing", "{}").isProblem(404, "not-found");
  }

  @Test
  void a_wrong_method_is_told_the_right_ones() {
    Answered refused = api.get("/values").isProblem(405, "method-not-allowed");
    assertEquals(Optional.of("OPTIONS, POST"), refused.header("Allow"));
    for (String method : List.of("DELETE", "PATCH", "POST", "TRACE", "FOO")) {
      Answered other = api.send(method, "/values/" + VALUE_ID, BodyPublishers.noBody());
      other.isProblem(405, "method-not-allowed");
      assertEquals(Optional.of("GET, HEAD, OPTIONS, PUT"), other.header("Allow"), method);
    }
    Answered html =
        api.get("/values", "Accept", "text/html, */*").isProblem(405, "method-not-allowed");
    assertEquals(Optional.of("OPTIONS, POST"), html.header("Allow"));
  }

  @Test
  void options_tells_the_methods() {
    Answered options = api.send("OPTIONS", "/values", BodyPublishers.noBody());
    assertEquals(204, options.status());
    assertEquals(Optional.of("OPTIONS, POST"), options.header("Allow"));
    assertEquals("", options.body());
    api.send("OPTIONS", "/nothing", BodyPublishers.noBody()).isProblem(404, "not-found");
  }

  @Test
  void a_client_that_takes_no_json_is_refused() {
    for (String accept :
        List.of(
            "text/html",
            "application/xml, text/*",
            "application/json;q=0",
            "application/json;q=0, */*",
            "application/jsonx",
            "image/png;q=1.0")) {
      api.get("/domains", "Accept", accept).isProblem(406, "not-acceptable");
      api.post("/values", "{\"value\":3}", "Accept", accept).isProblem(406, "not-acceptable");
    }
    assertEquals(List.of(), api.commands.sent());
    for (String accept :
        List.of(
            "*/*",
            "application/*",
            "application/json",
            "APPLICATION/JSON; q=0.1",
            "text/html, application/xhtml+xml, */*;q=0.8",
            "text/html;q=1, application/*;q=0.001",
            "")) {
      assertEquals(200, api.get("/domains", "Accept", accept).status(), accept);
    }
  }

  @Test
  void health_says_why() {
    assertEquals("{\"status\":\"up\",\"roles\":[]}", api.get("/health/ready").body());
    api.roles =
        List.of(
            new Health.Role("http", true, Optional.empty()),
            new Health.Role("decide calculator", false, Optional.of("restoring 17 %")));
    Answered ready = api.get("/health/ready");
    assertEquals(503, ready.status());
    assertEquals(
        "{\"status\":\"down\",\"roles\":[{\"name\":\"http\",\"status\":\"up\"},"
            + "{\"name\":\"decide calculator\",\"status\":\"down\",\"reason\":\"restoring 17 %\"}]}",
        ready.body());
    assertEquals(200, api.get("/health/live").status());
  }

  @Test
  void a_port_in_use_is_told_as_such() {
    UncheckedIOException e =
        assertThrows(
            UncheckedIOException.class, () -> Listener.open("127.0.0.1", api.api.port()).close());
    assertInstanceOf(BindException.class, e.getCause());
  }

  @Test
  void listens_on_the_given_address_only() throws Exception {
    List<String> reachable = new ArrayList<>();
    NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(address -> !address.isLoopbackAddress())
        .forEach(
            address -> {
              try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(address, api.api.port()), 500);
                reachable.add(address.toString());
              } catch (IOException e) {
                // as it should be
              }
            });
    assertEquals(List.of(), reachable);
  }

  @Test
  void two_routes_for_the_same_requests_are_refused() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new HttpApi(
                    new HttpApi.Parts(
                        List.of(CalculatorSchema.SCHEMA, CalculatorSchema.SCHEMA),
                        api.commands,
                        api.outcomes,
                        api.views,
                        api.statuses,
                        api.history,
                        api.live,
                        domain -> "log",
                        List::of,
                        api.operations,
                        api.log,
                        (schema, policy, skip) -> List.of()),
                    Listener.open("127.0.0.1", 0)));
    assertEquals("two routes serve " + Method.POST + " /values", e.getMessage());
  }

  @Test
  void a_command_under_way_is_answered_when_the_server_closes() throws Exception {
    CountDownLatch taken = new CountDownLatch(1);
    CountDownLatch decided = new CountDownLatch(1);
    api.commands.answer(
        sent -> {
          taken.countDown();
          try {
            assertTrue(decided.await(30, TimeUnit.SECONDS));
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return new Submission.Pending();
        });
    CompletableFuture<Answered> answer =
        CompletableFuture.supplyAsync(() -> api.post("/values", "{\"value\":3}"));
    assertTrue(taken.await(30, TimeUnit.SECONDS));
    CompletableFuture<Void> closing = CompletableFuture.runAsync(api.api::close);
    decided.countDown();
    assertEquals(202, answer.get(30, TimeUnit.SECONDS).status());
    closing.get(30, TimeUnit.SECONDS);
  }
}

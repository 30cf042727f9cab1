package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.topology.calculator.CalculatorDomain;
import dev.pleat.topology.catalogue.CatalogueDomain;
import dev.pleat.topology.customers.CustomerDomain;
import dev.pleat.topology.prices.PriceDomain;
import dev.pleat.topology.products.ProductDomain;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** GraphQL on a real broker, and every example of its page. */
@Timeout(120)
final class GraphQlIT {

  private static final JsonMapper JSON = new JsonMapper();

  @TempDir static Path directory;

  @RegisterExtension
  static final ServedDomains server =
      new ServedDomains(
          () -> directory,
          CalculatorDomain.CALCULATOR,
          CustomerDomain.CUSTOMERS,
          ProductDomain.PRODUCTS,
          PriceDomain.PRICES,
          CatalogueDomain.CATALOGUE);

  private static String body(String query) {
    return JSON.writeValueAsString(Map.of("query", query));
  }

  private static String ask(String query, String... headers) {
    HttpResponse<String> answered = server.api().post("/graphql", body(query), headers);
    assertEquals(200, answered.statusCode(), answered.body());
    return answered.body();
  }

  @Test
  void the_page_shows_commands_that_do_what_it_says() throws Exception {
    String http = server.instance().url().replace("http://", "");
    int ran =
        DocumentedCommands.runAll(
            DocumentedCommands.blocks("docs/GRAPHQL.md"),
            command -> command.replace("localhost:8080", http));
    assertTrue(ran >= 8, "commands tried: " + ran);
  }

  @Test
  void a_customer_is_invited_once_and_found_again_in_one_round_trip() {
    String invite =
        "mutation { InviteCustomer(email:\"someone@example.com\"){ id invited token } }";
    JsonNode first = json(ask(invite)).at("/data/InviteCustomer");
    String id = first.get("id").asString();
    assertTrue(first.get("invited").asBoolean(), first.toString());
    JsonNode again = json(ask(invite.replace("someone", " SomeOne"))).at("/data/InviteCustomer");
    assertEquals(id, again.get("id").asString());
    assertTrue(again.get("invited").asBoolean(), again.toString());
    assertEquals(
        "{\"data\":{\"InviteCustomer\":{\"status\":\"REJECTED\",\"reason\":\"already-invited\"}}}",
        ask("mutation { InviteCustomer(email:\"someone@example.com\"){ status reason } }"));
    assertEquals(
        "{\"data\":{\"customersById\":{\"email\":\"someone@example.com\"}}}",
        ask(
            "{ customersById(customerId: \"%s\", after: \"%s\", wait: \"5s\") { email } }"
                .formatted(id, first.get("token").asString())));
    assertEquals(
        "{\"data\":{\"WithdrawInvitation\":{\"id\":null,\"invited\":false}}}",
        ask("mutation { WithdrawInvitation(email:\"someone@example.com\") { id invited } }"));
    JsonNode empty = json(ask("mutation { InviteCustomer(email:\"\"){ id invited } }"));
    assertEquals("Email is required", empty.at("/errors/0/message").asString());
    assertEquals("email-required", empty.at("/errors/0/extensions/code").asString());
    assertEquals(409, empty.at("/errors/0/extensions/status").asInt());
  }

  @Test
  void a_subscription_sees_a_change() throws Exception {
    String id =
        json(ask("mutation { CreateValue(value: 1) { id } }"))
            .at("/data/CreateValue/id")
            .asString();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(server.instance().url() + "/graphql"))
            .timeout(Duration.ofSeconds(30))
            .headers("Content-Type", "application/json", "Accept", "text/event-stream")
            .POST(
                BodyPublishers.ofString(
                    body(
                        "subscription { calculatorEvents(valueId: \""
                            + id
                            + "\") { version action data } }")))
            .build();
    try (HttpClient client = HttpClient.newHttpClient();
        Stream<String> lines = client.send(request, BodyHandlers.ofLines()).body()) {
      Iterator<String> told = lines.filter(line -> line.startsWith("data: ")).iterator();
      assertTrue(told.next().contains("\"version\":1,\"action\":\"ValueCreated\""));
      ask("mutation { UpdateValue(valueId: \"" + id + "\", operation: ADD, value: 2) { id } }");
      String changed = told.next();
      assertTrue(changed.contains("\"version\":2,\"action\":\"ValueUpdated\""), changed);
      assertTrue(changed.contains("\"result\":3.0"), changed);
    }
  }
}

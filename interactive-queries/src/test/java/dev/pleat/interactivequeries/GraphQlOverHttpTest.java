package dev.pleat.interactivequeries;

import static dev.pleat.interactivequeries.RunningApi.COMMAND_ID;
import static dev.pleat.interactivequeries.RunningApi.VALUE_ID;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.interactivequeries.RunningApi.Answered;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.Outcome.Rejected;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** GraphQL over HTTP, over what is kept in memory. */
@Timeout(60)
final class GraphQlOverHttpTest {

  private static final String GRAPHQL = "/graphql";
  private static final String PLAIN = "application/json";
  private static final String RESPONSE = "application/graphql-response+json";

  private final RunningApi api = new RunningApi();

  @AfterEach
  void close() {
    api.close();
  }

  private static String body(String query, Map<String, ?> variables) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("query", query);
    fields.put("variables", variables);
    return new String(JsonCodec.object(fields).bytes(), UTF_8);
  }

  private String follow(String query, int results, Runnable... between) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", api.api.port())) {
      socket.setSoTimeout(20_000);
      byte[] sent = body(query, Map.of()).getBytes(UTF_8);
      socket
          .getOutputStream()
          .write(
              ("POST /graphql HTTP/1.0\r\nHost: x\r\nAccept: text/event-stream\r\n"
                      + "Content-Type: application/json\r\nContent-Length: "
                      + sent.length
                      + "\r\n\r\n")
                  .getBytes(UTF_8));
      socket.getOutputStream().write(sent);
      BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      assertEquals("HTTP/1.1 200 OK", in.readLine());
      List<String> told = new ArrayList<>();
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith("data: ")) {
          told.add(line.substring("data: ".length()));
          if (told.size() <= between.length) {
            between[told.size() - 1].run();
          }
          if (told.size() == results) {
            return String.join("\n", told);
          }
        } else if (line.equals("event: complete")) {
          told.add("complete");
          return String.join("\n", told);
        }
      }
      return String.join("\n", told);
    }
  }

  private Answered ask(String query, String... headers) {
    return api.post(GRAPHQL, body(query, Map.of()), headers);
  }

  private String data(String query) {
    Answered answered = ask(query);
    assertEquals(200, answered.status(), answered.body());
    answered.givesNothingAway();
    return answered.body();
  }

  /** The extensions of the only error. */
  private static Map<?, ?> extensions(Answered answered) {
    answered.givesNothingAway();
    List<?> errors = (List<?>) answered.field("errors");
    assertEquals(1, errors.size(), answered.body());
    return (Map<?, ?>) ((Map<?, ?>) errors.getFirst()).get("extensions");
  }

  // ---- commands

  @Test
  void a_mutation_is_a_command_and_answers_the_row_in_one_round_trip() {
    Answered created =
        ask(
            "mutation { CreateValue(value: 3, command: {id: \""
                + COMMAND_ID
                + "\"}) { id status version commandId value row { valueId value version } } }");
    String id = api.commands.last().aggregateId();
    assertEquals(
        "{\"data\":{\"CreateValue\":{\"id\":\"%s\",\"status\":\"ACCEPTED\",\"version\":1,\"commandId\":\"%s\",\"value\":3.0,\"row\":{\"valueId\":\"%s\",\"value\":3.0,\"version\":1}}}}"
            .formatted(id, COMMAND_ID, id),
        created.body());
    assertEquals(Optional.of(RESPONSE), created.header("Content-Type"));
    assertEquals(
        "{\"data\":{\"UpdateValue\":{\"value\":9.0,\"version\":2}}}",
        data(
            "mutation { UpdateValue(valueId: \""
                + id
                + "\", operation: MULTIPLY, value: 3) { value version } }"));
  }

  @Test
  void the_same_id_over_http_and_graphql_is_the_same_command() {
    String id = api.created(3);
    Answered again =
        ask("mutation { CreateValue(value: 3) { id token } }", "Idempotency-Key", COMMAND_ID);
    Map<?, ?> answer = (Map<?, ?>) ((Map<?, ?>) again.field("data")).get("CreateValue");
    assertEquals(id, answer.get("id"));
    Answered row = api.get("/values/" + id + "?after=" + answer.get("token"));
    assertEquals(200, row.status(), row.body());
    assertEquals(3.0, ((Number) row.field("value")).doubleValue());
  }

  @Test
  void several_mutations_are_sent_in_their_order() {
    String id = api.created(1);
    assertEquals(
        "{\"data\":{\"a\":{\"value\":3.0},\"b\":{\"value\":6.0}}}",
        data(
            "mutation($id: ID!) { a: UpdateValue(valueId: $id, operation: ADD, value: 2) { value }"
                    .replace("($id: ID!)", "")
                    .replace("$id", "\"" + id + "\"")
                + " b: UpdateValue(valueId: \""
                + id
                + "\", operation: MULTIPLY, value: 2) { value } }"));
    Answered ambiguous =
        ask(
            "mutation { a: CreateValue(value: 1) { id } b: CreateValue(value: 2) { id } }",
            "Idempotency-Key",
            COMMAND_ID);
    assertTrue(ambiguous.body().contains("\"code\":\"invalid-parameter\""), ambiguous.body());
    assertTrue(ambiguous.body().contains("\"data\":{\"a\":null,\"b\":null}"), ambiguous.body());
  }

  @Test
  void variables_carry_arguments() {
    Answered answered =
        api.post(
            GRAPHQL,
            body(
                "mutation Make($value: Float!, $options: CommandOptions) {"
                    + " CreateValue(value: $value, command: $options) { id value } }",
                Map.of("value", 1.5e300, "options", Map.of("id", COMMAND_ID))));
    assertTrue(answered.body().contains("\"value\":1.5E300"), answered.body());
    assertEquals(COMMAND_ID, api.commands.last().command().id().toString());
  }

  @Test
  void a_rejection_is_an_error_with_its_reason_and_the_commands_id() {
    Answered rejected =
        ask(
            "mutation { UpdateValue(valueId: \""
                + VALUE_ID
                + "\", operation: ADD, value: 1, command: {id: \""
                + COMMAND_ID
                + "\"}) { id } }");
    assertEquals(200, rejected.status());
    Map<?, ?> extensions = extensions(rejected);
    assertEquals("value-not-found", extensions.get("code"));
    assertEquals(409, extensions.get("status"));
    assertEquals(false, extensions.get("retryable"));
    assertEquals(COMMAND_ID, extensions.get("command-id"));
    assertTrue(
        rejected.body().contains("\"message\":\"value " + VALUE_ID + " does not exist\""),
        rejected.body());
    assertTrue(rejected.body().contains("\"path\":[\"UpdateValue\"]"), rejected.body());
    assertTrue(rejected.body().endsWith("\"data\":{\"UpdateValue\":null}}"), rejected.body());
  }

  @Test
  void what_does_not_fit_the_json_schema_is_refused_before_the_log() {
    Answered refused =
        ask("mutation { UpdateValue(valueId: \"x\", operation: ADD, value: 1) { id } }");
    assertEquals("invalid-id", extensions(refused).get("code"));
    Answered version =
        ask("mutation { CreateValue(value: 1, command: {expectedVersion: -1}) { id } }");
    assertEquals("invalid-parameter", extensions(version).get("code"));
    Answered id = ask("mutation { CreateValue(value: 1, command: {id: \"x\"}) { id } }");
    assertEquals("invalid-command-id", extensions(id).get("code"));
    assertEquals(List.of(), api.commands.sent());
  }

  @Test
  void an_expected_version_is_insisted_on() {
    String id = api.created(1);
    Answered conflict =
        ask(
            "mutation { UpdateValue(valueId: \""
                + id
                + "\", operation: ADD, value: 1, command: {expectedVersion: 7}) { id } }");
    assertEquals("version-conflict", extensions(conflict).get("code"));
    assertEquals(412, extensions(conflict).get("status"));
    assertEquals(1, extensions(conflict).get("version"));
  }

  @Test
  void a_command_that_is_not_waited_for_is_pending() {
    String answered =
        data("mutation { CreateValue(value: 1, command: {wait: 0}) { status version value } }");
    assertEquals(
        "{\"data\":{\"CreateValue\":{\"status\":\"PENDING\",\"version\":null,\"value\":null}}}",
        answered);
  }

  @Test
  void a_row_that_is_not_there_in_time_does_not_hide_what_became_of_the_command() {
    api.views.freeze();
    Answered answered = ask("mutation { CreateValue(value: 1) { status version value } }");
    assertEquals("position-not-reached", extensions(answered).get("code"));
    assertEquals(true, extensions(answered).get("retryable"));
    assertTrue(
        answered
            .body()
            .endsWith(
                "\"data\":{\"CreateValue\":{\"status\":\"ACCEPTED\",\"version\":1,\"value\":null}}}"),
        answered.body());
  }

  @Test
  void an_actor_is_taken_as_over_http() {
    ask("mutation { CreateValue(value: 1) { id } }", "Pleat-Actor", "ann");
    assertEquals(Optional.of("ann"), api.commands.last().command().actor());
    ask("mutation { CreateValue(value: 1) { id } }", "Pleat-Actor", "ann", "Via", "proxy")
        .isProblem(403, "not-authorised");
  }

  @Test
  void a_domain_that_fails_gives_nothing_away() {
    api.commands.answer(
        sent -> {
          throw new IllegalStateException("dev.pleat secret");
        });
    Answered failed = ask("mutation { CreateValue(value: 1) { id } }");
    assertEquals("internal-error", extensions(failed).get("code"));
    api.commands.answer(sent -> new Submission.Refused("overloaded", "too many"));
    assertEquals(
        "overloaded", extensions(ask("mutation { CreateValue(value: 1) { id } }")).get("code"));
    api.commands.answer(
        sent ->
            new Submission.Decided(
                InMemoryCommands.outcome(
                    sent.aggregateId(), sent.command(), new Rejected(0, "other", "no: %s %d"))));
    assertTrue(ask("mutation { CreateValue(value: 1) { id } }").body().contains("no: %s %d"));
  }

  // ---- queries

  @Test
  void a_row_is_asked_for_by_its_key() {
    api.views.putRow(VALUE_ID, 7, 2.5);
    assertEquals(
        "{\"data\":{\"calculatorValues\":{\"valueId\":\""
            + VALUE_ID
            + "\",\"value\":2.5,\"version\":7}}}",
        data("{ calculatorValues(valueId: \"" + VALUE_ID + "\") { valueId value version } }"));
    assertEquals(
        "{\"data\":{\"calculatorValues\":null}}",
        data("{ calculatorValues(valueId: \"ffffffff" + VALUE_ID.substring(8) + "\") { value } }"));
    assertEquals(
        "invalid-id",
        extensions(ask("{ calculatorValues(valueId: \"x\") { value } }")).get("code"));
    assertEquals(
        "invalid-token",
        extensions(
                ask(
                    "{ calculatorValues(valueId: \""
                        + VALUE_ID
                        + "\", after: [\"x\"]) { value } }"))
            .get("code"));
    api.views.unavailable("view-stopped", "it has stopped");
    Answered stopped = ask("{ calculatorValues(valueId: \"" + VALUE_ID + "\") { value } }");
    assertEquals("view-stopped", extensions(stopped).get("code"));
    assertEquals(503, extensions(stopped).get("status"));
  }

  @Test
  void rows_are_listed_page_by_page() {
    for (int i = 0; i < 5; i++) {
      api.views.putRow(i + VALUE_ID.substring(1), 1, i);
    }
    StringBuilder seen = new StringBuilder();
    String cursor = "";
    do {
      Answered page =
          ask("{ calculatorValuesList(limit: 2" + cursor + ") { rows { value } cursor } }");
      Map<?, ?> list = (Map<?, ?>) ((Map<?, ?>) page.field("data")).get("calculatorValuesList");
      ((List<?>) list.get("rows")).forEach(row -> seen.append(((Map<?, ?>) row).get("value")));
      cursor = list.get("cursor") == null ? "" : ", cursor: \"" + list.get("cursor") + "\"";
    } while (!cursor.isEmpty());
    assertEquals("0.01.02.03.04.0", seen.toString());
    assertEquals(
        "invalid-parameter",
        extensions(ask("{ calculatorValuesList(limit: 0) { cursor } }")).get("code"));
    assertEquals(
        "invalid-parameter",
        extensions(ask("{ calculatorValuesList(cursor: \"x\") { cursor } }")).get("code"));
  }

  @Test
  void introspection_tells_the_types() {
    String types =
        data(
            "{ __schema { mutationType { fields { name args { name type { kind ofType { name } } } } } } }");
    assertTrue(
        types.contains(
            "{\"name\":\"CreateValue\",\"args\":[{\"name\":\"value\",\"type\":{\"kind\":\"NON_NULL\",\"ofType\":{\"name\":\"Float\"}}},{\"name\":\"command\",\"type\":{\"kind\":\"INPUT_OBJECT\",\"ofType\":null}}]}"),
        types);
    String all = data(graphql.introspection.IntrospectionQuery.INTROSPECTION_QUERY);
    assertTrue(all.contains("\"UpdateValueOperation\""), all);
  }

  // ---- HTTP

  @Test
  void what_cannot_be_executed_is_400_or_200_under_plain_json() {
    for (String query :
        List.of(
            "{",
            "",
            "{ nothing }",
            "{ calculatorValues { value } }",
            "query A { __typename } query B { __typename }",
            "mutation { CreateValue(value: \"x\") { id } }",
            "query($x: Int!) { calculatorValuesList(limit: $x) { cursor } }")) {
      Answered typed = ask(query);
      assertEquals(400, typed.status(), query + " -> " + typed.body());
      assertEquals(Optional.of(RESPONSE), typed.header("Content-Type"));
      assertTrue(typed.body().contains("\"code\":\"invalid-query\""), typed.body());
      assertTrue(!typed.body().contains("\"data\""), typed.body());
      typed.givesNothingAway();
      Answered plain = ask(query, "Accept", PLAIN);
      assertEquals(200, plain.status(), query + " -> " + plain.body());
      assertEquals(Optional.of(PLAIN), plain.header("Content-Type"));
    }
    for (String body :
        List.of(
            "{}",
            "{\"query\":1}",
            "{\"query\":\"{__typename}\",\"variables\":[]}",
            "{\"query\":\"{__typename}\",\"operationName\":{}}",
            "{\"query\":\"{__typename}\",\"extensions\":\"\"}")) {
      assertEquals(400, api.post(GRAPHQL, body, "Accept", PLAIN).status(), body);
    }
    assertEquals(
        "{\"data\":{\"__typename\":\"Query\"}}",
        api.post(
                GRAPHQL,
                "{\"query\":\"{__typename}\",\"variables\":null,\"operationName\":null,\"extensions\":null}")
            .body());
  }

  @Test
  void what_is_no_request_is_refused_as_everywhere() {
    api.post(GRAPHQL, "{").isProblem(400, "malformed-json");
    api.send("POST", GRAPHQL, BodyPublishers.ofString("{}"))
        .isProblem(415, "unsupported-media-type");
    api.post(GRAPHQL, "{\"query\":\"" + "x".repeat(300_000) + "\"}")
        .isProblem(413, "body-too-large");
    api.post(GRAPHQL, "{}", "Accept", "text/html").isProblem(406, "not-acceptable");
    assertEquals(
        Optional.of("OPTIONS, POST"),
        api.get(GRAPHQL).isProblem(405, "method-not-allowed").header("Allow"));
    ask("subscription { calculatorValuesList { kind } }", "Accept", PLAIN)
        .isProblem(406, "not-acceptable");
  }

  @Test
  void a_query_can_be_answered_as_a_stream_of_one() {
    Answered streamed = ask("{ __typename }", "Accept", "text/event-stream");
    assertEquals(Optional.of("text/event-stream"), streamed.header("Content-Type"));
    assertEquals(
        "event: next\ndata: {\"data\":{\"__typename\":\"Query\"}}\n\nevent: complete\ndata:\n\n",
        streamed.body());
    assertEquals(400, ask("{ x }", "Accept", "text/event-stream").status());
  }

  // ---- subscriptions

  @Test
  void a_row_is_followed() throws IOException {
    api.views.putRow(VALUE_ID, 1, 1);
    assertEquals(
        """
        {"data":{"calculatorValues":{"kind":"ROW","row":{"value":1.0,"version":1}}}}
        {"data":{"calculatorValues":{"kind":"ROW","row":{"value":2.0,"version":2}}}}""",
        follow(
            "subscription { calculatorValues(valueId: \""
                + VALUE_ID
                + "\") { kind row { value version } } }",
            2,
            () -> {
              api.views.putRow(VALUE_ID, 2, 2);
              api.live.tell();
            }));
    assertEquals(
        "{\"data\":{\"x\":{\"kind\":\"NO_ROW\",\"key\":\"ffffffff"
            + VALUE_ID.substring(8)
            + "\"}}}",
        follow(
            "subscription { x: calculatorValues(valueId: \"ffffffff"
                + VALUE_ID.substring(8)
                + "\") { kind key } }",
            1));
  }

  @Test
  void a_list_is_followed_from_where_the_client_was() throws IOException {
    api.live.write(VALUE_ID, "{\"value-id\":\"" + VALUE_ID + "\",\"value\":1.0,\"version\":1}");
    String first =
        follow("subscription { calculatorValuesList { kind eventId row { value } } }", 2);
    assertTrue(first.contains("\"kind\":\"ROW\""), first);
    assertTrue(first.contains("\"kind\":\"UP_TO_DATE\""), first);
    String eventId = first.replaceAll("(?s).*\"eventId\":\"([^\"]+)\".*", "$1");
    api.live.delete(VALUE_ID);
    assertEquals(
        "{\"data\":{\"calculatorValuesList\":{\"kind\":\"NO_ROW\",\"key\":\"" + VALUE_ID + "\"}}}",
        follow(
            "subscription { calculatorValuesList(lastEventId: \"" + eventId + "\") { kind key } }",
            1));
    String resync =
        follow("subscription { calculatorValuesList(lastEventId: \"x\") { kind reason } }", 1);
    assertTrue(resync.contains("\"kind\":\"RESYNC\",\"reason\":\"what"), resync);
  }

  @Test
  void a_subscription_that_cannot_begin_or_go_on_says_so_and_completes() throws IOException {
    String query = "subscription { calculatorValues(valueId: \"" + VALUE_ID + "\") { kind } }";
    String ended =
        follow(
            query,
            9,
            () -> {
              api.views.unavailable("view-stopped", "it has stopped");
              api.live.tell();
            });
    String[] told = ended.split("\n", -1);
    assertEquals(3, told.length, ended);
    assertTrue(told[1].startsWith("{\"errors\":[{\"message\":\"it has stopped\""), told[1]);
    assertTrue(told[1].contains("\"code\":\"view-stopped\""), told[1]);
    assertEquals("complete", told[2]);
    String refused = follow(query, 9);
    assertTrue(refused.startsWith("{\"errors\":[{\"message\":\"it has stopped\""), refused);
    assertTrue(refused.endsWith("\ncomplete"), refused);
    assertEquals(
        400,
        ask("subscription { a: calculatorValuesList { kind } b: calculatorValuesList { kind } }")
            .status());
  }

  @Test
  void a_subscription_ends_with_the_server() throws IOException {
    String ended =
        follow(
            "subscription { calculatorValuesList { kind } }",
            9,
            () -> new Thread(api.api::close).start());
    assertTrue(ended.endsWith("\ncomplete"), ended);
  }

  // ---- bounds

  @Test
  void an_operation_is_bounded() {
    String eleven =
        IntStream.range(0, 11)
            .mapToObj(i -> "a" + i + ": CreateValue(value: 1) { id }")
            .collect(Collectors.joining(" "));
    assertEquals(400, ask("mutation { " + eleven + " }").status());
    assertEquals(
        400,
        ask("mutation { ...F } fragment F on Mutation { " + eleven + " }").status(),
        "fragments count too");
    String many =
        IntStream.range(0, 600).mapToObj(i -> "a" + i + ": value").collect(Collectors.joining(" "));
    assertEquals(400, ask("{ calculatorValuesList { rows { " + many + " } } }").status());
    assertEquals(400, ask("{ " + "__typename ".repeat(6_000) + "}").status());
    assertEquals(400, ask("{".repeat(10_000)).status());
    StringBuilder bomb = new StringBuilder("{ ...F0 }");
    for (int i = 0; i < 30; i++) {
      bomb.append(
          " fragment F%d on Query { a%d: __typename ...F%d b%d: __typename ...F%d }"
              .formatted(i, i, i + 1, i, i + 1));
    }
    bomb.append(" fragment F30 on Query { __typename }");
    assertEquals(400, ask(bomb.toString()).status());
    String types =
        "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    assertEquals(400, ask(types).status(), "introspection in circles");
    assertEquals(List.of(), api.commands.sent());
  }

  @Test
  void lists_of_an_operation_are_bounded_together() {
    Answered answered =
        ask(
            "{ a: calculatorValuesList(limit: 600) { cursor }"
                + " b: calculatorValuesList(limit: 600) { cursor } }");
    assertEquals("invalid-parameter", extensions(answered).get("code"));
    assertTrue(answered.body().contains("\"b\":null"), answered.body());
  }

  @Test
  void an_answer_that_would_be_too_large_is_given_up() {
    for (int i = 0; i < 1_000; i++) {
      api.views.putRow("%08x".formatted(i) + VALUE_ID.substring(8), 1, i);
    }
    String wide =
        IntStream.range(0, 400)
            .mapToObj(i -> "a".repeat(40) + i + ": valueId")
            .collect(Collectors.joining(" "));
    Answered answered = ask("{ calculatorValuesList(limit: 1000) { rows { " + wide + " } } }");
    assertEquals(400, answered.status());
    assertEquals("answer-too-large", extensions(answered).get("code"));
  }

  @Test
  void no_query_makes_the_server_fail() {
    long seed = 20_261_122;
    Random random = new Random(seed);
    List<String> queries =
        List.of(
            "mutation { CreateValue(value: 3, command: {id: \""
                + COMMAND_ID
                + "\"}) { id value } }",
            "query Q($a: [String!] = [\"x\"], $n: Int = 3) { calculatorValuesList(limit: $n, after: $a,"
                + " prefix: \"\\u00e9\") { rows { ...R } cursor } } fragment R on CalculatorValues { value }",
            "{ __schema { types { name } } calculatorValues(valueId: \""
                + VALUE_ID
                + "\") { version } }");
    int fits = 0;
    for (int i = 0; i < 1_000; i++) {
      StringBuilder query = new StringBuilder(queries.get(random.nextInt(queries.size())));
      for (int n = random.nextInt(4); n > 0; n--) {
        int at = random.nextInt(query.length());
        switch (random.nextInt(4)) {
          case 0 -> query.deleteCharAt(at);
          case 1 ->
              query.insert(at, "{}[]()$!:@\"\\#.,0e-9 \u0000\ud83d\n".charAt(random.nextInt(22)));
          case 2 -> query.insert(at, query.substring(at, Math.min(query.length(), at + 20)));
          default -> query.insert(at, "9".repeat(random.nextInt(400)));
        }
      }
      String sent =
          "{\"query\":\""
              + query
                  .toString()
                  .replace("\\", "\\\\")
                  .replace("\"", "\\\"")
                  .replace("\n", "\\n")
                  .replace("\u0000", "\\u0000")
              + "\"}";
      Answered answered = api.post(GRAPHQL, sent);
      assertTrue(answered.status() < 500, "seed " + seed + ", " + sent + " -> " + answered.body());
      assertTrue(!answered.body().contains("internal-error"), sent + " -> " + answered.body());
      answered.givesNothingAway();
      fits += answered.status() == 200 ? 1 : 0;
    }
    assertTrue(fits > 100 && fits < 900, fits + " came through");
  }
}

package dev.pleat.interactivequeries;

import static dev.pleat.interactivequeries.RunningApi.VALUE_ID;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.interactivequeries.RunningApi.Answered;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class BadInputsTest {

  private static final String[] JSON = {"Content-Type", "application/json"};

  private final RunningApi api = new RunningApi();

  @AfterEach
  void nothing_was_written_and_the_server_goes_on() {
    assertEquals(List.of(), api.commands.sent());
    assertEquals(201, api.post("/values", "{\"value\":3}").status());
    api.close();
  }

  static Stream<Arguments> malformed() {
    return Stream.of(
        Arguments.of("empty", ""),
        Arguments.of("blank", "  "),
        Arguments.of("cut off", "{\"value\":"),
        Arguments.of("trailing garbage", "{\"value\":3}x"),
        Arguments.of("a second value", "{\"value\":3}{\"value\":4}"),
        Arguments.of("duplicate keys", "{\"value\":1,\"value\":9}"),
        Arguments.of("NaN", "{\"value\":NaN}"),
        Arguments.of("Infinity", "{\"value\":Infinity}"),
        Arguments.of("-Infinity", "{\"value\":-Infinity}"),
        Arguments.of("an array", "[]"),
        Arguments.of("a number", "3"),
        Arguments.of("null", "null"),
        Arguments.of("a comment", "{/**/\"value\":3}"),
        Arguments.of("single quotes", "{'value':3}"),
        Arguments.of("a lone surrogate", "{\"value\":3,\"x\":\"\\ud800\"}"),
        Arguments.of("10 000 levels", "[".repeat(10_000)),
        Arguments.of("10 000 levels inside", "{\"value\":" + "[".repeat(10_000)),
        Arguments.of("a number of 100 000 digits", "{\"value\":" + "9".repeat(100_000) + "}"),
        Arguments.of("a name of 100 000 letters", "{\"" + "a".repeat(100_000) + "\":3}"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("malformed")
  void refuses_what_is_not_one_json_object(String what, String body) {
    api.post("/values", body).isProblem(400, "malformed-json");
  }

  @Test
  void says_what_is_missing_in_words_of_the_sender() {
    assertTrue(api.post("/values", "").body().contains("send a JSON object, {} at least"));
    String cutOff = api.post("/values", "{\"value\":3").body();
    assertTrue(cutOff.contains("line 1, column 11: Unexpected end-of-input"), cutOff);
    assertFalse(cutOff.contains("marker at"), cutOff);
  }

  @Test
  void refuses_bytes_that_are_not_utf_8() {
    for (byte[] bytes :
        List.of(
            new byte[] {(byte) 0xff},
            new byte[] {(byte) 0xc0, (byte) 0xaf},
            new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80})) {
      byte[] body =
          ("{\"value\":3,\"x\":\"" + new String(bytes, ISO_8859_1) + "\"}").getBytes(ISO_8859_1);
      api.send("POST", "/values", BodyPublishers.ofByteArray(body), JSON)
          .isProblem(400, "malformed-json");
    }
  }

  static Stream<Arguments> misfits() {
    return Stream.of(
        Arguments.of("{}", "/value", "required"),
        Arguments.of("{\"value\":null}", "/value", "type"),
        Arguments.of("{\"value\":\"3\"}", "/value", "type"),
        Arguments.of("{\"value\":[3]}", "/value", "type"),
        Arguments.of("{\"value\":true}", "/value", "type"),
        Arguments.of("{\"value\":1e999}", "/value", "maximum"),
        Arguments.of("{\"value\":-1e999}", "/value", "minimum"),
        Arguments.of("{\"value\":1e999999999}", "/value", "maximum"),
        Arguments.of("{\"value\":3,\"version\":1}", "/version", "additionalProperties"),
        Arguments.of("{\"value\":3,\"a/b\":1}", "/a~1b", "additionalProperties"),
        Arguments.of(
            "{\"value\":3,\"value-id\":\"" + VALUE_ID + "\"}",
            "/value-id",
            "additionalProperties"));
  }

  @ParameterizedTest
  @MethodSource("misfits")
  void refuses_data_that_does_not_fit_its_schema(String body, String pointer, String code) {
    Answered misfit = api.post("/values", body).isProblem(422, "schema-mismatch");

    assertEquals(List.of(Map.of("pointer", pointer, "code", code)), misfit.field("errors"));
    assertTrue(((String) misfit.field("detail")).startsWith(pointer), misfit.body());
    assertEquals(false, misfit.field("retryable"));
  }

  @Test
  void the_detail_is_a_sentence_about_the_first_field() {
    assertEquals("/value is missing", api.post("/values", "{}").field("detail"));
  }

  @Test
  void a_number_too_small_to_tell_from_nothing_is_no_trouble() {
    // Refused for another field, not for the number, so that nothing is written.
    Answered refused =
        api.post("/values", "{\"value\":1e-999999999,\"x\":1}").isProblem(422, "schema-mismatch");
    assertEquals(
        List.of(Map.of("pointer", "/x", "code", "additionalProperties")), refused.field("errors"));
  }

  @Test
  void a_malformed_body_is_told_where_it_is_wrong() {
    assertEquals(
        "line 1, column 12: Trailing token found after value",
        api.post("/values", "{\"value\":3}{\"value\":4}").field("detail"));
    String detail = (String) api.post("/values", "{\n\"value\":NaN}").field("detail");
    assertTrue(detail.startsWith("line 2, column "), detail);
    assertTrue(detail.contains("NaN"), detail);
  }

  @Test
  void refuses_an_id_in_the_body_that_is_not_the_one_in_the_path() {
    String other = "{\"value-id\":\"%s\",\"operation\":\"ADD\",\"value\":1}";
    for (String id : List.of("ffffffff-ffff-4fff-8fff-ffffffffffff", "x")) {
      Answered refused =
          api.put("/values/" + VALUE_ID, other.formatted(id)).isProblem(422, "schema-mismatch");
      assertEquals(
          List.of(Map.of("pointer", "/value-id", "code", "const")), refused.field("errors"));
    }
    api.put("/values/" + VALUE_ID, "{\"value-id\":7,\"operation\":\"ADD\",\"value\":1}")
        .isProblem(422, "schema-mismatch");
  }

  @Test
  void the_generic_route_needs_an_id_in_its_form() {
    String path = "/domains/calculator/commands/CreateValue";
    assertEquals(
        "/value-id is missing",
        api.post(path, "{\"value\":3}").isProblem(422, "schema-mismatch").field("detail"));
    assertEquals(
        List.of(Map.of("pointer", "/value-id", "code", "type")),
        api.post(path, "{\"value-id\":3,\"value\":3}")
            .isProblem(422, "schema-mismatch")
            .field("errors"));
    api.post(path, "{\"value-id\":\"x\",\"value\":3}").isProblem(400, "invalid-id");
    api.post("/domains/calculator/commands/DropTables", "{}").isProblem(404, "unknown-action");
  }

  @Test
  void refuses_ids_that_are_none() {
    for (String id :
        List.of(
            "x",
            "null",
            "undefined",
            "..%2f..%2fetc%2fpasswd",
            "%E2%80%AE",
            "%F0%9F%98%80",
            VALUE_ID.toUpperCase(),
            VALUE_ID + "%20",
            "a".repeat(5_000))) {
      api.put("/values/" + id, "{\"operation\":\"ADD\",\"value\":1}").isProblem(400, "invalid-id");
      api.get("/values/" + id).isProblem(400, "invalid-id");
      api.get("/domains/calculator/views/values/" + id).isProblem(400, "invalid-id");
    }
  }

  @Test
  void refuses_paths_with_bytes_that_are_no_text() {
    for (String id : List.of("%00", "%0d%0a", "%ff", "%ed%a0%80", VALUE_ID + "%00")) {
      Answered refused = api.get("/values/" + id);
      assertEquals(400, refused.status(), id);
      assertTrue(
          List.of("invalid-id", "bad-request").contains(refused.field("code")), refused.body());
      refused.givesNothingAway();
    }
  }

  @Test
  void paths_that_climb_lead_nowhere() {
    for (String path :
        List.of(
            "/values/..%2f..%2fdomains", "/values/../domains/x", "/values/..;/x", "/%2e%2e/x")) {
      Answered answered = api.get(path);
      assertTrue(answered.status() == 400 || answered.status() == 404, answered.body());
      answered.givesNothingAway();
    }
  }

  @Test
  void refuses_other_media_types_and_says_what_to_send() {
    for (String type :
        List.of(
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/xml",
            "multipart/form-data; boundary=x",
            "application/json; charset=utf-16",
            "application/json; charset=iso-8859-1",
            "application/jsonx",
            "x")) {
      Answered refused =
          api.send(
                  "POST", "/values", BodyPublishers.ofString("{\"value\":3}"), "Content-Type", type)
              .isProblem(415, "unsupported-media-type");
      assertEquals(
          "send it with -H 'Content-Type: application/json' (got " + type + ")",
          refused.field("detail"));
    }
    assertEquals(
        "send it with -H 'Content-Type: application/json' (got none)",
        api.send("POST", "/values", BodyPublishers.ofString("{\"value\":3}"))
            .isProblem(415, "unsupported-media-type")
            .field("detail"));
  }

  @Test
  void a_refused_request_does_not_cost_the_next_one_its_connection() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", api.api.port())) {
      socket.setSoTimeout(20_000);
      socket.setTcpNoDelay(true);
      OutputStream out = socket.getOutputStream();
      String refused = "POST /values HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n";
      for (int i = 0; i < 1_000; i++) {
        out.write((refused + "Content-Length: 11\r\n\r\n").getBytes(ISO_8859_1));
        out.flush();
        // A packet of its own: sometimes the server is done before it comes.
        out.write("{\"value\":3}".getBytes(ISO_8859_1));
        out.flush();
        assertEquals("HTTP/1.1 415 Unsupported Media Type", answered(socket.getInputStream()));
      }
    }
  }

  /** Reads one answer with a body, and returns its first line. */
  private static String answered(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int c = in.read();
      assertTrue(c >= 0, "the connection was closed after: " + head);
      head.append((char) c);
    }
    Matcher length = Pattern.compile("(?i)content-length: ([0-9]+)").matcher(head);
    assertTrue(length.find(), head.toString());
    in.readNBytes(Integer.parseInt(length.group(1)));
    return head.substring(0, head.indexOf("\r\n"));
  }

  @Test
  void refuses_compressed_bodies() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(new byte[10_000_000]);
    }
    Answered refused =
        api.send(
                "POST",
                "/values",
                BodyPublishers.ofByteArray(bytes.toByteArray()),
                "Content-Type",
                "application/json",
                "Content-Encoding",
                "gzip")
            .isProblem(415, "unsupported-media-type");
    assertEquals(Optional.of("identity"), refused.header("Accept-Encoding"));
  }

  @Test
  void refuses_a_body_over_256_KiB() {
    String fits = " ".repeat(256 * 1024 - 2) + "{}";
    api.post("/values", fits).isProblem(422, "schema-mismatch");
    api.post("/values", fits + " ").isProblem(413, "body-too-large");
  }

  @Test
  void refuses_a_chunked_body_over_256_KiB() {
    byte[] body = new byte[1024 * 1024];
    api.send(
            "POST",
            "/values",
            BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)),
            JSON)
        .isProblem(413, "body-too-large");
  }

  @Test
  void refuses_an_announced_body_before_it_is_sent() throws IOException {
    String answer =
        api.raw(
            ("POST /values HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    + "Expect: 100-continue\r\nContent-Length: 10000000\r\n\r\n")
                .getBytes(ISO_8859_1));
    assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
    assertTrue(answer.contains("body-too-large"), answer);
  }

  @Test
  void refuses_headers_over_16_KiB() throws IOException {
    String answer =
        api.raw(
            ("GET /domains HTTP/1.1\r\nHost: x\r\nX: " + "a".repeat(100_000) + "\r\n\r\n")
                .getBytes(ISO_8859_1));
    assertTrue(answer.startsWith("HTTP/1.1 431 "), answer);
    assertProblem(answer, "headers-too-large");
  }

  @Test
  void refuses_a_url_of_100_KB() throws IOException {
    String answer =
        api.raw(
            ("GET /" + "a".repeat(100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n").getBytes(ISO_8859_1));
    assertTrue(answer.startsWith("HTTP/1.1 414 "), answer);
    assertProblem(answer, "uri-too-long");
  }

  @Test
  void refuses_what_is_not_http() throws IOException {
    for (String request :
        List.of(
            "\r\n\u0000\u0001\r\n\r\n",
            "GET / HTTP/9.9\r\n\r\n",
            "GET /values/%zz HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET /domains HTTP/1.1\r\n\r\n",
            "GET /domains HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n",
            "POST /values HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
            "POST /values HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
            "POST /values HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n")) {
      String answer = api.raw(request.getBytes(ISO_8859_1));
      assertTrue(answer.matches("(?s)HTTP/1.1 (400|505) .*"), request + " -> " + answer);
      assertFalse(answer.contains("jetty") || answer.contains("Exception"), answer);
    }
  }

  @Test
  void a_client_is_told_that_its_connection_is_closed() throws IOException {
    for (String start : List.of("GET /values/%00 HTTP/1.1", "GET /values/%ff HTTP/1.1")) {
      String answer = api.raw((start + "\r\nHost: x\r\n\r\n").getBytes(ISO_8859_1));
      assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
      assertTrue(answer.contains("\r\nConnection: close\r\n"), answer);
    }
  }

  @Test
  void a_header_cannot_be_split() throws IOException {
    String answer =
        api.raw(
            ("POST /values HTTP/1.1\r\nHost: x\r\nContent-Type: text/x\u0001y<script>\r\n"
                    + "Connection: close\r\nContent-Length: 2\r\n\r\n{}")
                .getBytes(ISO_8859_1));
    assertTrue(answer.matches("(?s)HTTP/1.1 4(00|15) .*"), answer);
    assertFalse(answer.contains("\u0001"), answer);
  }

  private static void assertProblem(String answer, String code) {
    assertTrue(answer.contains("Content-Type: application/problem+json"), answer);
    assertTrue(answer.contains("\"code\":\"" + code + "\""), answer);
    assertFalse(answer.contains("Server:"), answer);
    assertFalse(answer.toLowerCase().contains("jetty"), answer);
  }
}

package dev.pleat.interactivequeries;

import static dev.pleat.interactivequeries.RunningApi.COMMAND_ID;
import static dev.pleat.interactivequeries.RunningApi.LOG_ID;
import static dev.pleat.interactivequeries.RunningApi.VALUE_ID;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.interactivequeries.RunningApi.Answered;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Seeded: a failure names the seed and the request. */
final class FuzzTest {

  private static final long SEED = 20_261_121;

  private static final List<String> BODIES =
      List.of(
          "{\"value\":3}",
          "{\"operation\":\"ADD\",\"value\":-1.5e300}",
          "{\"value-id\":\"" + VALUE_ID + "\",\"value\":1e308}",
          "{\"value\":[{\"a\":null},\"\\u00e9\\ud83d\\ude00\"],\"x\":true}");

  private static final List<String> PATHS =
      List.of(
          "/values",
          "/values/" + VALUE_ID,
          "/domains/calculator/commands/CreateValue",
          "/domains/calculator/commands/UpdateValue");

  @Test
  void no_body_makes_the_server_fail() {
    Random random = new Random(SEED);
    try (RunningApi api = new RunningApi()) {
      int fits = 0;
      for (int i = 0; i < 2_000; i++) {
        byte[] body = mutated(random, pick(random, BODIES).getBytes(UTF_8));
        String path = pick(random, PATHS);
        Answered answered =
            api.send(
                path.equals("/values/" + VALUE_ID) ? "PUT" : "POST",
                path,
                BodyPublishers.ofByteArray(body),
                "Content-Type",
                "application/json");
        String request = "seed " + SEED + ", " + path + " " + new String(body, ISO_8859_1);
        assertTrue(answered.status() < 500, request + " -> " + answered.body());
        answered.givesNothingAway();
        fits += answered.status() < 300 ? 1 : 0;
      }
      assertTrue(fits > 0, "not one request came through: the fuzz finds nothing");
    }
  }

  @Test
  void no_header_makes_the_server_fail() throws IOException {
    Random random = new Random(SEED);
    List<String> headers =
        List.of(
            "Idempotency-Key: " + COMMAND_ID,
            "If-Match: \"7\"",
            "If-None-Match: *",
            "Prefer: respond-async, wait=1, return=representation",
            "Content-Type: application/json; charset=\"utf-8\"",
            "Content-Encoding: identity",
            "Accept: application/json;q=0.5, */*;q=0",
            "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "Pleat-Token: " + new Token("calculator", LOG_ID, VALUE_ID, 1).text());
    try (RunningApi api = new RunningApi()) {
      api.views.putRow(VALUE_ID, 1, 3);
      for (int i = 0; i < 2_000; i++) {
        boolean get = random.nextInt(3) == 0;
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.writeBytes(
            ((get ? "GET /values/" + VALUE_ID : "POST /values")
                    + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n")
                .getBytes(ISO_8859_1));
        if (!get) {
          request.writeBytes(
              "Content-Length: 11\r\nContent-Type: application/json\r\n".getBytes(ISO_8859_1));
        }
        for (int n = random.nextInt(3); n >= 0; n--) {
          String header = pick(random, headers);
          int value = header.indexOf(':') + 2;
          request.writeBytes(header.substring(0, value).getBytes(ISO_8859_1));
          request.writeBytes(
              withoutLineEnds(mutated(random, header.substring(value).getBytes(ISO_8859_1))));
          request.writeBytes("\r\n".getBytes(ISO_8859_1));
        }
        request.writeBytes("\r\n".getBytes(ISO_8859_1));
        if (!get) {
          request.writeBytes("{\"value\":3}".getBytes(ISO_8859_1));
        }
        String answer = api.raw(request.toByteArray());
        String what = "seed " + SEED + ", " + request.toString(ISO_8859_1) + " -> " + answer;
        // A token of a later version that was made up would be 503: the checksum stands before it.
        assertTrue(answer.matches("(?s)HTTP/1.1 [234].*"), what);
        assertTrue(!answer.contains("Exception") && !answer.contains("jetty"), what);
      }
    }
  }

  @Test
  void no_path_makes_the_server_fail() throws IOException {
    Random random = new Random(SEED);
    List<String> paths =
        List.of(
            "/values/" + VALUE_ID + "?wait=1s&after=x",
            "/domains/calculator/views/values?limit=10&cursor=AAAA",
            "/domains/calculator/views/values/" + VALUE_ID,
            "/commands/" + COMMAND_ID + "?key=%e2%82%ac",
            "/domains/calculator");
    try (RunningApi api = new RunningApi()) {
      for (int i = 0; i < 2_000; i++) {
        String path =
            new String(
                    withoutLineEnds(mutated(random, pick(random, paths).getBytes(ISO_8859_1))),
                    ISO_8859_1)
                .replace(' ', '+');
        String answer =
            api.raw(
                ("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    .getBytes(ISO_8859_1));
        String what = "seed " + SEED + ", " + path + " -> " + answer;
        assertTrue(answer.matches("(?s)HTTP/1.1 ([234]|505).*") || answer.isEmpty(), what);
        assertTrue(!answer.contains("Exception") && !answer.contains("jetty"), what);
      }
      assertEquals(200, api.get("/domains").status());
    }
  }

  private static byte[] withoutLineEnds(byte[] bytes) {
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\r' || bytes[i] == '\n') {
        bytes[i] = '?';
      }
    }
    return bytes;
  }

  private static <T> T pick(Random random, List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  /** Up to three bytes changed, left out, repeated or put in; or, now and then, none. */
  private static byte[] mutated(Random random, byte[] original) {
    byte[] bytes = original.clone();
    for (int n = random.nextInt(4); n > 0 && bytes.length > 0; n--) {
      int at = random.nextInt(bytes.length);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.write(bytes, 0, at);
      switch (random.nextInt(5)) {
        case 0 -> out.write(bytes, at + 1, bytes.length - at - 1);
        case 1 -> {
          out.write(random.nextInt(256));
          out.write(bytes, at + 1, bytes.length - at - 1);
        }
        case 2 -> {
          out.write("{}[]\",:0e-.\\ \u0000".charAt(random.nextInt(14)));
          out.write(bytes, at, bytes.length - at);
        }
        case 3 -> {
          out.write(bytes, at, bytes.length - at);
          out.write(bytes, at, bytes.length - at);
        }
        default -> {
          byte[] digits = "9".repeat(random.nextInt(400)).getBytes(ISO_8859_1);
          out.writeBytes(digits);
          out.write(bytes, at, bytes.length - at);
        }
      }
      bytes = out.toByteArray();
    }
    return bytes;
  }
}

package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.UnreadableMessage.Reason;
import java.io.ByteArrayOutputStream;
import java.util.HexFormat;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What counts as JSON at all: one object, in strict UTF-8, within limits. */
class StrictJsonTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "  \n",
        "null",
        "3",
        "\"a\"",
        "[1]",
        "{",
        "{\"a\":",
        "{\"a\":1,}",
        "{'a':1}",
        "{a:1}",
        "{/**/}",
        "{\"a\":1} x",
        "{\"a\":1}{}",
        "{\"a\":1}\u0000",
        "{\"a\":1,\"a\":2}",
        "{\"b\":{\"a\":1,\"a\":1}}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":-Infinity}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":5.}",
        "{\"a\":0x10}",
        "{\"a\":1e2147483648}",
        "{\"a\":1e-99999999999}",
        "{\"a\":\"\u0001\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\uD83D x\"}",
        "{\"a\":[{\"b\":\"\\udc00\"}]}",
        "{\"\\udc00\":1}",
        "\ufeff{\"a\":1}",
      })
  void refuses_what_is_not_one_json_object(String text) {
    assertMalformed(text.getBytes(UTF_8));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ff",
        "80",
        "c3",
        "c080",
        "c1bf",
        "e080af",
        "eda080",
        "edb080",
        "eda0bdedb880",
        "f08080af",
        "f4908080",
        "f5808080",
        "f880808080",
      })
  void refuses_text_that_is_not_utf_8(String hex) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes("{\"a\":\"".getBytes(UTF_8));
    bytes.writeBytes(HexFormat.of().parseHex(hex));
    bytes.writeBytes("\"}".getBytes(UTF_8));

    assertMalformed(bytes.toByteArray());
  }

  @Test
  void refuses_other_encodings_of_unicode() {
    assertMalformed("{\"a\":1}".getBytes(UTF_16BE));
    assertMalformed("{\"a\":1}".getBytes(UTF_16LE));
  }

  @Test
  void takes_a_whole_surrogate_pair_however_it_is_written() {
    assertEquals(Optional.of("😀"), JsonCodec.readObject(utf8("{\"a\":\"😀\"}")).text("a"));
    assertEquals(
        Optional.of("😀"), JsonCodec.readObject(utf8("{\"a\":\"\\ud83d\\uDE00\"}")).text("a"));
    assertEquals(
        Optional.of("\\ud83d"), JsonCodec.readObject(utf8("{\"a\":\"\\\\ud83d\"}")).text("a"));
  }

  @Test
  void takes_64_levels_and_no_more() {
    assertDoesNotThrow(() -> JsonCodec.readObject(nested(64)));
    assertMalformed(nested(65));
    assertMalformed(nested(100_000));
  }

  @Test
  void takes_numbers_of_1000_characters_and_no_more() {
    assertDoesNotThrow(() -> JsonCodec.readObject(utf8("{\"a\":" + "9".repeat(1000) + "}")));
    assertMalformed(utf8("{\"a\":" + "9".repeat(1001) + "}"));
  }

  @Test
  void takes_text_of_1_MiB_and_no_more() {
    String most = "x".repeat(1 << 20);
    assertEquals(
        Optional.of(most), JsonCodec.readObject(utf8("{\"a\":\"" + most + "\"}")).text("a"));
    assertMalformed(utf8("{\"a\":\"" + most + "x\"}"));
  }

  @Test
  void takes_names_of_256_bytes_and_no_more() {
    assertDoesNotThrow(() -> JsonCodec.readObject(utf8("{\"" + "é".repeat(128) + "\":1}")));
    assertMalformed(utf8("{\"" + "é".repeat(129) + "\":1}"));
    assertDoesNotThrow(() -> JsonCodec.readObject(utf8("{\"" + "n".repeat(256) + "\":1}")));
    assertMalformed(utf8("{\"" + "n".repeat(257) + "\":1}"));
  }

  @Test
  void says_where_without_repeating_much_of_the_bytes() {
    UnreadableMessage refused = malformed(utf8("{\"a\":1,\n \"b\":" + "x".repeat(100_000) + "}"));

    assertTrue(refused.detail().startsWith("line 2, column "), refused.detail());
    assertTrue(refused.detail().length() < 250, () -> refused.detail().length() + " characters");
  }

  @Test
  void refuses_random_bytes_and_broken_messages_in_one_way_only() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    byte[] good =
        utf8(
            "{\"id\":\"7037a79d-7e6b-4969-9ea5-6d5c28605ac4\",\"action\":\"A\",\"data\":"
                + "{\"n\":1.5e3,\"t\":\"\\u00e9é😀\",\"l\":[true,null]},"
                + "\"timestamp\":\"2026-11-21T10:00:00.000Z\",\"expected-version\":3}");
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = i % 10 == 0 ? new byte[random.nextInt(64)] : good.clone();
      if (i % 10 == 0) {
        random.nextBytes(bytes);
      } else {
        for (int flips = random.nextInt(1, 4); flips > 0; flips--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
      }
      try {
        SubmittedCommand read = JsonCodec.readCommand(bytes);
        byte[] written = JsonCodec.write(read);
        assertArrayEquals(written, JsonCodec.write(JsonCodec.readCommand(written)));
      } catch (UnreadableMessage e) {
        // As it should be.
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + ", bytes " + HexFormat.of().formatHex(bytes), e);
      }
    }
  }

  private static byte[] nested(int levels) {
    return utf8("{\"a\":".repeat(levels) + "1" + "}".repeat(levels));
  }

  private static void assertMalformed(byte[] bytes) {
    assertEquals(Reason.MALFORMED_JSON, malformed(bytes).reason());
  }

  private static UnreadableMessage malformed(byte[] bytes) {
    return assertThrows(UnreadableMessage.class, () -> JsonCodec.readObject(bytes));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(UTF_8);
  }
}

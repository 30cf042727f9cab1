package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When the payloads of two commands count as the same. */
class FingerprintTest {

  @ParameterizedTest
  @ValueSource(strings = {"3.0", "3e0", "30e-1", "0.3E+1", "3.000000"})
  void does_not_care_how_a_number_is_written(String three) {
    assertEquals(print("{\"a\":3}"), print("{\"a\":" + three + "}"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0", "-0", "-0.0", "0e999", "0E-5"})
  void takes_every_zero_for_zero(String zero) {
    assertEquals(print("{\"a\":0}"), print("{\"a\":" + zero + "}"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"100e2147483647", "1e2147483647", "1e-2147483647", "0.001e-2147483640"})
  void bears_exponents_at_the_limit(String number) {
    assertNotEquals(print("{\"a\":1}"), print("{\"a\":" + number + "}"));
  }

  @Test
  void does_not_care_for_the_order_of_fields_and_for_white_space() {
    assertEquals(
        print("{\"a\":{\"x\":1,\"y\":[1,2]},\"b\":null}"),
        print("{ \"b\" : null, \"a\" : {\"y\":[1, 2.0],\"x\":1}}"));
    assertEquals(print("{\"é\":\"é\"}"), print("{\"\\u00e9\":\"\\u00e9\"}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\":3} | {\"a\":4}",
        "{\"a\":3} | {\"a\":\"3\"}",
        "{\"a\":3} | {\"a\":30}",
        "{\"a\":3} | {\"a\":-3}",
        "{\"a\":3} | {\"b\":3}",
        "{\"a\":3} | {\"a\":[3]}",
        "{\"a\":3} | {\"a\":3,\"b\":3}",
        "{\"a\":[1,2]} | {\"a\":[2,1]}",
        "{\"a\":[1,2]} | {\"a\":[[1,2]]}",
        "{\"a\":[12]} | {\"a\":[1,2]}",
        "{\"a\":null} | {}",
        "{\"a\":null} | {\"a\":\"null\"}",
        "{\"a\":true} | {\"a\":\"true\"}",
        "{\"a\":\"x\"} | {\"a\":\"X\"}",
        "{\"a\":\"x,b:y\"} | {\"a\":\"x\",\"b\":\"y\"}",
        "{\"a\":{\"b\":1}} | {\"a\":{},\"b\":1}",
        "{\"a\":9007199254740992} | {\"a\":9007199254740993}",
      })
  void tells_other_data_apart(String one, String other) {
    assertNotEquals(print(one), print(other));
  }

  @Test
  void covers_what_it_is_told_to_cover() {
    assertNotEquals(print("{}", "CreateValue\n"), print("{}", "CreateValue\n1"));
  }

  @Test
  void stays_the_same_from_release_to_release() {
    assertEquals(
        "0b88eb2a431ca98649be44aa4d6e6793",
        print("{\"value-id\":\"v\",\"value\":3.50,\"l\":[1e2,{}]}", "A\n7"));
  }

  private static String print(String json) {
    return print(json, "");
  }

  private static String print(String json, String context) {
    return HexFormat.of()
        .formatHex(JsonCodec.readObject(json.getBytes(UTF_8)).fingerprint(context));
  }
}

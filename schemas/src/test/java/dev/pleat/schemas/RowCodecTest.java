package dev.pleat.schemas;

import static dev.pleat.schemas.calculator.CalculatorSchema.SCHEMA;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pleat.schemas.calculator.CalculatorValue;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows in one pass are rows in the general way. */
class RowCodecTest {

  private static final String VALUE_ID = "6f9a1c52-2d70-4e2b-8a3f-1a5d0c9b7e11";
  private static final RowCodec<CalculatorValue> ROWS =
      RowCodec.of(SCHEMA, SCHEMA.view("values").orElseThrow(), CalculatorValue.class);

  @Test
  void finds_the_version_at_the_end_of_a_row_and_nowhere_else() {
    assertEquals(7, versionAtEnd("{\"value\":1.5,\"version\":7}"));
    assertEquals(123456789012345678L, versionAtEnd("{\"a\":1,\"version\":123456789012345678}"));
    for (String other :
        List.of(
            "",
            "}",
            "7}",
            "{\"version\":7}",
            "{\"version\":7,\"value\":1}",
            "{\"a\":{\"b\":1,\"version\":7}}",
            "{\"a\":\",\\\"version\\\":7}\"}",
            "{\"a\":1,\"version\":}",
            "{\"a\":1,\"version\":-7}",
            "{\"a\":1,\"version\":1.7}",
            "{\"a\":1,\"diversion\":7}",
            "{\"a\":1,\"version\":1234567890123456789}")) {
      assertEquals(-1, versionAtEnd(other), other);
    }
  }

  @Test
  void finds_the_version_wherever_it_is_written() {
    assertEquals(7, RowCodec.version("{\"value\":1.5,\"version\":7}".getBytes(UTF_8)));
    assertEquals(7, RowCodec.version("{ \"version\": 7, \"value\": 1.5 }".getBytes(UTF_8)));
    assertThrows(UnreadableMessage.class, () -> RowCodec.version("7".getBytes(UTF_8)));
  }

  private static long versionAtEnd(String row) {
    return RowCodec.versionAtEnd(row.getBytes(UTF_8));
  }

  @Test
  void random_rows_have_the_general_bytes_and_come_back() {
    long seed = Long.getLong("pleat.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (!Double.isFinite(value)) {
        continue;
      }
      CalculatorValue row =
          new CalculatorValue(random.nextInt(5) == 0 ? "größer \" " + i : VALUE_ID, value);
      long version = random.nextLong() >>> 1;
      byte[] bytes = ROWS.write(row, version);
      assertEquals(
          new String(JsonCodec.toObject(row).with("version", version).bytes(), UTF_8),
          new String(bytes, UTF_8),
          "seed " + seed);
      assertEquals(row, ROWS.read(bytes), "seed " + seed);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"version\":7,\"value\":1.50,\"value-id\":\"v\"}",
        "{\"value-id\":\"v\",\"value\":1.5,\"more\":[1],\"version\":7}",
        "{\"value-id\":\"\\u0076\",\"value\":15e-1}"
      })
  void reads_rows_that_are_written_otherwise(String json) {
    assertEquals(new CalculatorValue("v", 1.5), ROWS.read(json.getBytes(UTF_8)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "{}", "[]", "{\"value-id\":\"v\"}"})
  void refuses_what_is_no_row(String json) {
    assertThrows(UnreadableMessage.class, () -> ROWS.read(json.getBytes(UTF_8)));
  }

  @Test
  void refuses_to_write_what_could_not_be_read_back() {
    assertThrows(
        IllegalArgumentException.class,
        () -> ROWS.write(new CalculatorValue(VALUE_ID, Double.NaN), 1));
  }
}

package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pleat.schemas.JsonSchemas.Violation;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is said about an object that does not fit its schema. */
class JsonSchemasTest {

  private static final String ID = "\"value-id\":\"d35e95f5-2a7a-4c31-8d28-2eb92643a154\"";
  private static final JsonSchemas SCHEMAS = CalculatorSchema.SCHEMA.jsonSchemas();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "3",
        "3.0",
        "-0.0",
        "1e308",
        "-1.7976931348623157e308",
        "1.7976931348623157e308",
        "1e-999999999",
        "4.9e-324",
        "123456789012345678901234567890"
      })
  void takes_numbers_a_double_can_be(String number) {
    assertEquals(List.of(), create("{" + ID + ",\"value\":" + number + "}"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e999", "1e999999999", "1.7976931348623159e308", "10000e2147483647"})
  void refuses_numbers_beyond_the_largest_double(String number) {
    assertEquals(
        List.of(
            new Violation("/value", "maximum", "/value must be at most 1.7976931348623157E308")),
        create("{" + ID + ",\"value\":" + number + "}"));
    assertEquals(
        List.of(
            new Violation("/value", "minimum", "/value must be at least -1.7976931348623157E308")),
        create("{" + ID + ",\"value\":-" + number + "}"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"x\"", "\"3\"", "null", "true", "[]", "{}", "[3]"})
  void says_what_type_a_field_must_have(String value) {
    assertEquals(
        List.of(new Violation("/value", "type", "/value must be a number")),
        create("{" + ID + ",\"value\":" + value + "}"));
  }

  @Test
  void says_which_words_a_field_may_be() {
    assertEquals(
        List.of(new Violation("/operation", "enum", "/operation must be one of ADD, MULTIPLY")),
        violations("UpdateValue", "{" + ID + ",\"operation\":\"add\",\"value\":1}"));
  }

  @Test
  void names_every_field_that_is_missing() {
    assertEquals(
        List.of(
            new Violation("/value-id", "required", "/value-id is missing"),
            new Violation("/operation", "required", "/operation is missing"),
            new Violation("/value", "required", "/value is missing")),
        violations("UpdateValue", "{}"));
  }

  @Test
  void names_a_field_that_does_not_belong_there() {
    assertEquals(
        List.of(
            new Violation(
                "/a~1b~0c", "additionalProperties", "/a~1b~0c is not a field of this schema")),
        create("{" + ID + ",\"value\":1,\"a/b~c\":1}"));
  }

  @Test
  void shortens_a_long_name_without_cutting_a_character_in_two() {
    String name = "x".repeat(63) + "😀" + "y".repeat(100);
    assertEquals(
        "/" + "x".repeat(63) + "😀...",
        create("{" + ID + ",\"value\":1,\"" + name + "\":1}").get(0).pointer());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "D35E95F5-2A7A-4C31-8D28-2EB92643A154",
        "d35e95f5-2a7a-4c31-8d28-2eb92643a154\\n",
        " d35e95f5-2a7a-4c31-8d28-2eb92643a154"
      })
  void holds_an_id_to_its_pattern(String id) {
    assertEquals(
        List.of(
            new Violation(
                "/value-id",
                "pattern",
                "/value-id must match"
                    + " \"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$\"")),
        create("{\"value-id\":\"" + id + "\",\"value\":1}"));
  }

  @Test
  void says_at_most_20_things() {
    StringBuilder json = new StringBuilder("{" + ID + ",\"value\":1");
    for (int i = 0; i < 100; i++) {
      json.append(",\"f").append(i).append("\":1");
    }
    assertEquals(20, create(json.append('}').toString()).size());
  }

  @Test
  void knows_no_schema_of_another_name() {
    assertThrows(IllegalArgumentException.class, () -> violations("DeleteValue", "{}"));
    assertEquals(Optional.empty(), SCHEMAS.source("DeleteValue"));
  }

  @Test
  void hands_out_the_schema_file_itself() {
    assertEquals(
        Optional.of("https://json-schema.org/draft/2020-12/schema"),
        SCHEMAS.source("CreateValue").flatMap(schema -> schema.text("$schema")));
  }

  private static List<Violation> create(String json) {
    return violations("CreateValue", json);
  }

  private static List<Violation> violations(String name, String json) {
    return SCHEMAS.validate(name, JsonCodec.readObject(json.getBytes(UTF_8)));
  }
}

package dev.pleat.schemas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.pleat.schemas.SchemaChange.Break;
import dev.pleat.schemas.SchemaChange.Use;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaChangeTest {

  private static final String RELEASED =
      """
      {"type":"object","properties":{
        "name":{"type":"string","maxLength":10,"pattern":"^[a-z]*$"},
        "count":{"type":"integer","minimum":0,"maximum":100},
        "kind":{"type":"string","enum":["A","B"]},"note":{"type":"string"}},
       "required":["name","count"]}
      """;

  private static JsonCodec.JsonObject of(String json) {
    return JsonCodec.readObject(json.getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> rules(String part, String instead, Use use) {
    String today = RELEASED.replace(part, instead);
    assertFalse(today.equals(RELEASED), "nothing was changed by " + part);
    return SchemaChange.breaks(of(RELEASED), of(today), use).stream().map(Break::rule).toList();
  }

  @ParameterizedTest(name = "{0} -> {1}: command {2}, event {3}, row {4}")
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      quoteCharacter = '!',
      value = {
        // part | instead | command | event | row
        "\"note\":{\"type\":\"string\"} | \"note\":{\"type\":\"string\"},\"more\":{\"type\":\"string\"} | property-typed | - | -",
        ",\"note\":{\"type\":\"string\"} | !! | property-removed | property-removed | property-removed",
        "[\"name\",\"count\"] | [\"name\",\"count\",\"note\"] | property-required | property-required | -",
        "[\"name\",\"count\"] | [\"name\"] | - | property-optional | property-optional",
        "\"integer\" | \"number\" | - | type-changed | type-changed",
        "\"integer\" | \"string\" | type-changed | type-changed | type-changed",
        "[\"A\",\"B\"] | [\"A\"] | word-removed | word-removed | -",
        "[\"A\",\"B\"] | [\"A\",\"B\",\"C\"] | - | word-added | word-added",
        "\"minimum\":0 | \"minimum\":1 | bound-tightened | bound-tightened | -",
        "\"minimum\":0 | \"minimum\":-1 | - | - | -",
        "\"maximum\":100 | \"maximum\":99 | bound-tightened | bound-tightened | -",
        "\"maximum\":100 | \"maximum\":101 | - | - | -",
        ",\"maximum\":100 | !! | - | - | -",
        "\"maxLength\":10 | \"maxLength\":9 | bound-tightened | bound-tightened | -",
        "^[a-z]*$ | ^[a-y]*$ | text-form-changed | text-form-changed | -",
        "\"type\":\"object\" | \"type\":\"object\",\"additionalProperties\":false | properties-closed | properties-closed | -",
        "\"type\":\"object\" | \"type\":\"object\",\"minProperties\":1 | unknown-keyword | unknown-keyword | unknown-keyword",
        "\"type\":\"object\" | \"type\":\"object\",\"description\":\"x\" | - | - | -",
      })
  void tells_what_breaks_and_for_whom(
      String part, String instead, String command, String event, String row) {
    assertEquals(expected(command), rules(part, instead, Use.COMMAND));
    assertEquals(expected(event), rules(part, instead, Use.EVENT));
    assertEquals(expected(row), rules(part, instead, Use.ROW));
  }

  private static List<String> expected(@Nullable String rule) {
    return rule == null ? List.of() : List.of(rule);
  }

  @Test
  void says_where() {
    String today = RELEASED.replace("\"maximum\":100", "\"maximum\":99");

    assertEquals(
        List.of(
            "/properties/count/maximum: bound-tightened: what was written before may lie beyond it"),
        SchemaChange.breaks(of(RELEASED), of(today), Use.COMMAND).stream()
            .map(Break::toString)
            .toList());
  }

  @Test
  void what_it_lets_pass_the_validator_lets_pass_too() {
    long seed = Long.getLong("pleat.seed", System.nanoTime());
    SplittableRandom random = new SplittableRandom(seed);
    int passed = 0;
    for (int i = 0; i < 3_000; i++) {
      Map<String, Object> released = schema(random);
      Map<String, Object> today = changed(released, random);
      JsonCodec.JsonObject before = JsonCodec.object(released);
      JsonCodec.JsonObject after = JsonCodec.object(today);
      if (!SchemaChange.breaks(before, after, Use.COMMAND).isEmpty()) {
        continue;
      }
      passed++;
      Schema old = compiled(before);
      Schema now = compiled(after);
      for (int j = 0; j < 20; j++) {
        JsonCodec.JsonObject instance = JsonCodec.object(instance(random));
        if (old.validate(instance.tree()).isEmpty()) {
          assertEquals(
              List.of(),
              now.validate(instance.tree()),
              "seed " + seed + ": " + before + " -> " + after + " with " + instance);
        }
      }
    }
    assertTrue(passed > 300, "seed " + seed + ": only " + passed + " changes broke nothing");
  }

  private static Schema compiled(JsonCodec.JsonObject schema) {
    return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
        .getSchema(schema.tree());
  }

  private static Map<String, Object> schema(SplittableRandom random) {
    Map<String, Object> properties = new LinkedHashMap<>();
    List<String> required = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      if (random.nextInt(4) > 0) {
        properties.put(name, property(random));
        if (random.nextBoolean()) {
          required.add(name);
        }
      }
    }
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("type", "object");
    schema.put("properties", properties);
    schema.put("required", required);
    if (random.nextBoolean()) {
      schema.put("additionalProperties", random.nextBoolean());
    }
    return schema;
  }

  private static Map<String, Object> property(SplittableRandom random) {
    Map<String, Object> property = new LinkedHashMap<>();
    switch (random.nextInt(3)) {
      case 0 -> {
        property.put("type", random.nextBoolean() ? "integer" : "number");
        if (random.nextBoolean()) {
          property.put("minimum", random.nextInt(-3, 3));
        }
        if (random.nextBoolean()) {
          property.put("maximum", random.nextInt(-3, 3));
        }
      }
      case 1 -> {
        property.put("type", "string");
        if (random.nextBoolean()) {
          property.put("maxLength", random.nextInt(3));
        }
      }
      default -> {
        property.put("type", "string");
        property.put("enum", List.of("x", "yy").subList(0, random.nextInt(1, 3)));
      }
    }
    return property;
  }

  /** One part is another. */
  private static Map<String, Object> changed(Map<String, Object> schema, SplittableRandom random) {
    Map<String, Object> other = schema(random);
    Map<String, Object> changed = new LinkedHashMap<>(schema);
    switch (random.nextInt(4)) {
      case 0 -> changed.put("required", other.get("required"));
      case 1 -> {
        changed.remove("additionalProperties");
        if (other.containsKey("additionalProperties")) {
          changed.put("additionalProperties", other.get("additionalProperties"));
        }
      }
      default -> {
        Map<String, Object> properties = new LinkedHashMap<>();
        ((Map<?, ?>) schema.get("properties"))
            .forEach(
                (name, property) ->
                    properties.put(
                        (String) name, random.nextBoolean() ? property : property(random)));
        if (random.nextBoolean()) {
          properties.putIfAbsent("c", property(random));
        }
        changed.put("properties", properties);
      }
    }
    return changed;
  }

  private static Map<String, Object> instance(SplittableRandom random) {
    Map<String, Object> instance = new LinkedHashMap<>();
    for (String name : List.of("a", "b", "c", "d")) {
      switch (random.nextInt(6)) {
        case 0 -> instance.put(name, random.nextInt(-4, 4));
        case 1 -> instance.put(name, random.nextInt(-4, 4) + 0.5);
        case 2 -> instance.put(name, "x");
        case 3 -> instance.put(name, "yy");
        case 4 -> instance.put(name, "");
        default -> {}
      }
    }
    return instance;
  }
}

package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pleat.schemas.JsonCodec.JsonObject;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Records as JSON and back. */
class RecordsTest {

  enum Colour {
    RED
  }

  record Shelf(
      String shelfName,
      int rows,
      double load,
      Colour colour,
      Instant builtAt,
      Optional<String> note,
      List<Book> books) {}

  record Book(String title) {}

  record Numbers(double number, BigDecimal decimal) {}

  sealed interface Door {}

  record Shut() implements Door {}

  sealed interface Open extends Door {}

  record Ajar(int degrees) implements Open {}

  record Wide() implements Open {}

  record House(Door front, Map<String, String> rooms) {}

  private static final Shelf SHELF =
      new Shelf(
          "top",
          3,
          1.5,
          Colour.RED,
          Instant.parse("2026-11-21T10:00:00.012Z"),
          Optional.empty(),
          List.of(new Book("Möbius")));

  @Test
  void writes_kebab_case_and_leaves_out_what_is_absent() {
    assertEquals(
        "{\"shelf-name\":\"top\",\"rows\":3,\"load\":1.5,\"colour\":\"RED\","
            + "\"built-at\":\"2026-11-21T10:00:00.012Z\",\"books\":[{\"title\":\"Möbius\"}]}",
        new String(JsonCodec.toObject(SHELF).bytes(), UTF_8));
  }

  @Test
  void reads_back_what_it_wrote() {
    assertEquals(SHELF, JsonCodec.toRecord(JsonCodec.toObject(SHELF), Shelf.class));
  }

  @Test
  void ignores_a_field_the_record_does_not_have() {
    assertEquals(
        new Book("a"), JsonCodec.toRecord(object("{\"title\":\"a\",\"pages\":3}"), Book.class));
  }

  @Test
  void refuses_an_object_without_a_field_the_record_needs() {
    for (String field : List.of("shelf-name", "rows", "load", "colour", "built-at", "books")) {
      Map<String, Object> fields = new HashMap<>();
      JsonCodec.toObject(SHELF)
          .tree()
          .properties()
          .forEach(property -> fields.put(property.getKey(), property.getValue()));
      fields.remove(field);
      assertThrows(
          UnreadableMessage.class,
          () -> JsonCodec.toRecord(JsonCodec.object(fields), Shelf.class),
          field);
    }
  }

  @Test
  void refuses_a_field_of_another_type() {
    for (String wrong :
        List.of("{\"number\":true,\"decimal\":1}", "{\"number\":null,\"decimal\":1}")) {
      assertThrows(
          UnreadableMessage.class, () -> JsonCodec.toRecord(object(wrong), Numbers.class), wrong);
    }
  }

  @Test
  void writes_nothing_a_reader_would_refuse() {
    BigDecimal one = BigDecimal.ONE;
    assertNotJson(new Numbers(Double.NaN, one));
    assertNotJson(new Numbers(Double.NEGATIVE_INFINITY, one));
    assertNotJson(new Numbers(1, new BigDecimal("1".repeat(1001))));
    assertNotJson(new Book("half a pair: \ud83d"));
    assertNotJson(new House(new Shut(), Map.of("\udc00", "x")));
    assertNotJson(new House(new Shut(), Map.of("x".repeat(257), "x")));
    assertNotJson(new House(new Shut(), Map.of("é".repeat(129), "x")));
    assertNotJson("not an object");
  }

  @Test
  void keeps_the_digits_of_a_decimal() {
    JsonObject object = object("{\"number\":3.0,\"decimal\":1.500}");

    assertEquals("{\"number\":3.0,\"decimal\":1.500}", new String(object.bytes(), UTF_8));
    assertEquals(
        new Numbers(3, new BigDecimal("1.500")), JsonCodec.toRecord(object, Numbers.class));
  }

  @Test
  void reads_back_a_value_of_a_sealed_type() {
    for (Door door : List.of(new Shut(), new Ajar(30), new Wide())) {
      assertEquals(door, JsonCodec.readValue(JsonCodec.writeValue(door, Door.class), Door.class));
      House house = new House(door, Map.of());
      assertEquals(house, JsonCodec.readValue(JsonCodec.writeValue(house), House.class));
    }
    assertEquals(
        "{\"type\":\"Ajar\",\"degrees\":30}",
        new String(JsonCodec.writeValue(new Ajar(30), Door.class), UTF_8));
  }

  @Test
  void reads_back_whatever_it_could_write_as_a_value() {
    String large = "x".repeat(2 << 20);
    House house = new House(new Ajar(1), Map.of("n".repeat(1000), large, "nan", "\ud83d"));
    assertEquals(house, JsonCodec.readValue(JsonCodec.writeValue(house), House.class));

    Numbers numbers = new Numbers(Double.NaN, new BigDecimal("1".repeat(2000)));
    assertEquals(numbers, JsonCodec.readValue(JsonCodec.writeValue(numbers), Numbers.class));
  }

  @Test
  void refuses_a_value_that_is_something_else() {
    assertThrows(
        UnreadableMessage.class, () -> JsonCodec.readValue("{".getBytes(UTF_8), House.class));
    assertThrows(
        UnreadableMessage.class,
        () -> JsonCodec.readValue("{\"type\":\"Window\"}".getBytes(UTF_8), Door.class));
  }

  @Test
  void puts_a_field_first_or_last_in_place_of_its_namesake() {
    JsonObject object = object("{\"a\":\"1\",\"b\":2,\"version\":7,\"c\":3}");

    assertEquals(
        "{\"b\":\"x\",\"a\":\"1\",\"version\":7,\"c\":3}",
        object.startingWith("b", "x").toString());
    assertEquals(
        "{\"a\":\"1\",\"b\":2,\"c\":3,\"version\":8}", object.with("version", 8).toString());
    assertEquals("{\"a\":\"1\",\"b\":2,\"version\":7,\"c\":3}", object.toString());
  }

  @Test
  void is_equal_by_content() {
    assertEquals(object("{\"a\":1}"), object("{ \"a\" : 1 }"));
    assertEquals(object("{\"a\":1}").hashCode(), object("{\"a\":1}").hashCode());
    assertNotEquals(object("{\"a\":1}"), object("{\"a\":2}"));
    assertEquals(Optional.empty(), object("{\"a\":1}").text("a"));
    assertEquals(List.of("b", "a"), object("{\"b\":1,\"a\":2}").fields());
  }

  @Test
  void writes_instants_with_milliseconds_in_utc() {
    assertEquals("2026-11-21T10:00:00.000Z", JsonCodec.text(Instant.parse("2026-11-21T10:00:00Z")));
    assertEquals(
        "2026-11-21T10:00:00.012Z", JsonCodec.text(Instant.parse("2026-11-21T10:00:00.012999Z")));
  }

  private static void assertNotJson(Object record) {
    assertThrows(
        IllegalArgumentException.class, () -> JsonCodec.toObject(record), record.toString());
  }

  private static JsonObject object(String json) {
    return JsonCodec.readObject(json.getBytes(UTF_8));
  }
}

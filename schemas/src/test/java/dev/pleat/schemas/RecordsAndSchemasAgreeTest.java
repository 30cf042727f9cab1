package dev.pleat.schemas;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.schemas.JsonCodec.JsonObject;
import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.schemas.catalogue.CatalogueSchema;
import dev.pleat.schemas.customers.CustomerSchema;
import dev.pleat.schemas.enrolments.EnrolmentSchema;
import dev.pleat.schemas.listings.ListingSchema;
import dev.pleat.schemas.market.MarketSchema;
import dev.pleat.schemas.payments.PaymentSchema;
import dev.pleat.schemas.prices.PriceSchema;
import dev.pleat.schemas.products.ProductSchema;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** The records and the JSON Schema files of every domain say the same. */
class RecordsAndSchemasAgreeTest {

  static final List<DomainSchema<?, ?>> DOMAINS =
      List.of(
          CalculatorSchema.SCHEMA,
          CustomerSchema.SCHEMA,
          ProductSchema.SCHEMA,
          PriceSchema.SCHEMA,
          CatalogueSchema.SCHEMA,
          ListingSchema.SCHEMA,
          EnrolmentSchema.SCHEMA,
          PaymentSchema.SCHEMA,
          MarketSchema.SCHEMA);

  static Stream<Arguments> actions() {
    return DOMAINS.stream()
        .flatMap(
            domain ->
                domain.actions().stream()
                    .map(action -> Arguments.of(domain, action.name(), action.type())));
  }

  static Stream<Arguments> everything() {
    return Stream.concat(
        actions(),
        DOMAINS.stream()
            .flatMap(
                domain ->
                    Stream.concat(
                        domain.events().stream()
                            .map(
                                event ->
                                    Arguments.of(domain, event, domain.event(event).orElseThrow())),
                        domain.views().stream()
                            .map(view -> Arguments.of(domain, view.name(), view.row())))));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("everything")
  void has_a_property_for_every_component_and_no_other(
      DomainSchema<?, ?> domain, String name, Class<?> type) {
    JsonNode schema = schema(domain, name);

    assertEquals("object", schema.path("type").asString());
    assertEquals(name, schema.path("title").asString());
    assertEquals("urn:pleat:" + domain.name() + ":" + name, schema.path("$id").asString());
    assertEquals(
        components(type).map(RecordsAndSchemasAgreeTest::property).toList(),
        List.copyOf(schema.path("properties").propertyNames()));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("everything")
  void requires_every_component_that_is_not_optional(
      DomainSchema<?, ?> domain, String name, Class<?> type) {
    assertEquals(
        components(type)
            .filter(component -> component.getType() != Optional.class)
            .map(RecordsAndSchemasAgreeTest::property)
            .collect(Collectors.toCollection(TreeSet::new)),
        required(domain, name));
  }

  private static Set<String> required(DomainSchema<?, ?> domain, String name) {
    Set<String> required = new TreeSet<>();
    schema(domain, name).path("required").forEach(field -> required.add(field.asString()));
    return required;
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("everything")
  void has_the_types_of_the_components(DomainSchema<?, ?> domain, String name, Class<?> type) {
    components(type)
        .forEach(
            component -> {
              JsonNode property = schema(domain, name).path("properties").path(property(component));
              Class<?> java = valueType(component);
              assertEquals(typeOf(java), property.path("type").asString(), component.toString());
              if (java.isEnum()) {
                Set<String> words = new HashSet<>();
                property.path("enum").forEach(word -> words.add(word.asString()));
                assertEquals(
                    Arrays.stream(java.getEnumConstants())
                        .map(Object::toString)
                        .collect(Collectors.toSet()),
                    words,
                    component.toString());
              }
              if (java == double.class) {
                assertEquals(Double.MAX_VALUE, property.path("maximum").asDouble());
                assertEquals(-Double.MAX_VALUE, property.path("minimum").asDouble());
              }
            });
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("actions")
  void lets_no_other_field_into_a_command(DomainSchema<?, ?> domain, String name, Class<?> type) {
    JsonNode additional = schema(domain, name).path("additionalProperties");

    assertEquals(Boolean.FALSE, additional.isBoolean() ? additional.booleanValue() : null);
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("everything")
  void takes_any_instance_of_the_record(DomainSchema<?, ?> domain, String name, Class<?> type)
      throws ReflectiveOperationException {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 200; i++) {
      Object instance = instance(type, random);
      String shown = "seed " + seed + ": " + instance;
      JsonObject json = JsonCodec.toObject(instance);

      assertEquals(List.of(), domain.jsonSchemas().validate(name, json), shown);
      assertEquals(instance, JsonCodec.toRecord(json, type), shown);
      assertEquals(instance, JsonCodec.toRecord(JsonCodec.readObject(json.bytes()), type), shown);
    }
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("everything")
  void refuses_an_instance_without_one_of_its_fields(
      DomainSchema<?, ?> domain, String name, Class<?> type) throws ReflectiveOperationException {
    Object instance = instance(type, new SplittableRandom(1));
    for (String field : JsonCodec.toObject(instance).fields()) {
      if (!required(domain, name).contains(field)) {
        continue;
      }
      var fields = new java.util.LinkedHashMap<String, Object>();
      JsonCodec.toObject(instance)
          .tree()
          .properties()
          .forEach(
              property -> {
                if (!property.getKey().equals(field)) {
                  fields.put(property.getKey(), property.getValue());
                }
              });
      assertEquals(
          List.of("/" + field + " is missing"),
          domain.jsonSchemas().validate(name, JsonCodec.object(fields)).stream()
              .map(JsonSchemas.Violation::message)
              .toList());
    }
  }

  private static Object instance(Class<?> type, SplittableRandom random)
      throws ReflectiveOperationException {
    RecordComponent[] components = type.getRecordComponents();
    Object[] values = new Object[components.length];
    Class<?>[] types = new Class<?>[components.length];
    for (int i = 0; i < components.length; i++) {
      types[i] = components[i].getType();
      values[i] = value(components[i], random);
    }
    var constructor = type.getDeclaredConstructor(types);
    return constructor.newInstance(values);
  }

  private static Object value(RecordComponent component, SplittableRandom random)
      throws ReflectiveOperationException {
    Class<?> type = valueType(component);
    if (component.getType() == Optional.class) {
      return random.nextInt(3) == 0
          ? Optional.empty()
          : Optional.of(value(component.getName(), type, random));
    }
    if (component.getType() == List.class) {
      ParameterizedType list = (ParameterizedType) component.getGenericType();
      List<Object> elements = new ArrayList<>();
      for (int i = random.nextInt(3); i > 0; i--) {
        elements.add(instance((Class<?>) list.getActualTypeArguments()[0], random));
      }
      return elements;
    }
    return value(component.getName(), type, random);
  }

  private static Object value(String name, Class<?> type, SplittableRandom random) {
    if (type == double.class) {
      return switch (random.nextInt(5)) {
        case 0 -> 0.0;
        case 1 -> (double) random.nextInt();
        case 2 -> Double.MAX_VALUE;
        case 3 -> -Double.MIN_VALUE;
        default -> random.nextDouble(-1e300, 1e300);
      };
    }
    if (type == String.class) {
      return name.equals("currency")
          ? random.ints(3, 'A', 'Z' + 1).mapToObj(Character::toString).collect(Collectors.joining())
          : new UUID(random.nextLong(), random.nextLong()).toString();
    }
    if (type == long.class || type == Long.class) {
      return random.nextLong(1, 1_000_000_000_000L);
    }
    if (type == int.class) {
      return random.nextInt(1, 1_001);
    }
    if (type == Instant.class) {
      return Instant.ofEpochSecond(
          random.nextLong(4_000_000_000L), random.nextInt(1_000) * 1_000_000L);
    }
    if (type.isEnum()) {
      Object[] constants = type.getEnumConstants();
      return constants[random.nextInt(constants.length)];
    }
    throw new AssertionError("say here what a random " + type + " is");
  }

  private static String typeOf(Class<?> type) {
    if (type == double.class) {
      return "number";
    }
    if (type == int.class || type == long.class || type == Long.class) {
      return "integer";
    }
    if (type == List.class) {
      return "array";
    }
    if (type == boolean.class) {
      return "boolean";
    }
    if (type == String.class || type == Instant.class || type.isEnum()) {
      return "string";
    }
    throw new AssertionError("say here what a " + type + " is in JSON Schema");
  }

  /** What is in it, where it need not be there. */
  private static Class<?> valueType(RecordComponent component) {
    return component.getType() == Optional.class
        ? (Class<?>) ((ParameterizedType) component.getGenericType()).getActualTypeArguments()[0]
        : component.getType();
  }

  private static Stream<RecordComponent> components(Class<?> type) {
    return Arrays.stream(type.getRecordComponents());
  }

  private static String property(RecordComponent component) {
    return component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  private static JsonNode schema(DomainSchema<?, ?> domain, String name) {
    return domain.jsonSchemas().source(name).orElseThrow().tree();
  }
}

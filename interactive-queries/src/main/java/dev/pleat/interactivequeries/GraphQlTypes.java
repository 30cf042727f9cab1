package dev.pleat.interactivequeries;

import graphql.Scalars;
import graphql.schema.DataFetcher;
import graphql.schema.FieldCoordinates;
import graphql.schema.GraphQLCodeRegistry;
import graphql.schema.GraphQLEnumType;
import graphql.schema.GraphQLFieldDefinition;
import graphql.schema.GraphQLInputObjectField;
import graphql.schema.GraphQLInputObjectType;
import graphql.schema.GraphQLInputType;
import graphql.schema.GraphQLList;
import graphql.schema.GraphQLNonNull;
import graphql.schema.GraphQLObjectType;
import graphql.schema.GraphQLOutputType;
import graphql.schema.GraphQLType;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * GraphQL types of what JSON Schemas describe. A form that GraphQL has no type for is {@code JSON}:
 * several types, references, objects without named properties.
 *
 * <p>Used by one thread; what it has made is immutable.
 */
final class GraphQlTypes {

  private static final BigDecimal MIN_INT = BigDecimal.valueOf(Integer.MIN_VALUE);
  private static final BigDecimal MAX_INT = BigDecimal.valueOf(Integer.MAX_VALUE);
  private static final Set<String> SEVERAL =
      Set.of("$ref", "$dynamicRef", "oneOf", "anyOf", "allOf", "if", "not");
  private static final String UUID =
      "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

  private final GraphQlNames names;
  private final GraphQLCodeRegistry.Builder code;

  GraphQlTypes(GraphQlNames names, GraphQLCodeRegistry.Builder code) {
    this.names = names;
    this.code = code;
  }

  /**
   * A property of an object.
   *
   * @param json its name in JSON
   * @param name its name in GraphQL
   */
  record Property(String json, String name, Map<?, ?> schema, boolean isRequired) {

    String description() {
      return schema.get("description") instanceof String text ? text : "";
    }
  }

  /** The properties of an object, always with the same names. */
  static List<Property> properties(Map<?, ?> object) {
    List<Property> properties = new ArrayList<>();
    List<?> required = object.get("required") instanceof List<?> list ? list : List.of();
    GraphQlNames names = new GraphQlNames();
    if (object.get("properties") instanceof Map<?, ?> all) {
      all.forEach(
          (name, schema) ->
              properties.add(
                  new Property(
                      (String) name,
                      names.taking(GraphQlNames.field((String) name)),
                      schema instanceof Map<?, ?> described ? described : Map.of(),
                      required.contains(name))));
    }
    return properties;
  }

  /** An object type with these fields, which are read from maps by their names in JSON. */
  GraphQLObjectType object(String name, String description, List<Property> properties) {
    GraphQLObjectType.Builder type =
        GraphQLObjectType.newObject().name(name).description(description);
    for (Property property : properties) {
      GraphQLOutputType of = output(name, property);
      type.field(field(property, property.isRequired() ? GraphQLNonNull.nonNull(of) : of));
      code.dataFetcher(
          FieldCoordinates.coordinates(name, property.name()), fromMap(property.json()));
    }
    return type.build();
  }

  static GraphQLFieldDefinition field(Property property, GraphQLOutputType type) {
    return GraphQLFieldDefinition.newFieldDefinition()
        .name(property.name())
        .description(property.description())
        .type(type)
        .build();
  }

  /** Reads a field of a map; what is read is counted. */
  static DataFetcher<@Nullable Object> fromMap(String json) {
    return environment ->
        environment.getSource() instanceof Map<?, ?> map
            ? GraphQlRun.of(environment).counted(environment, map.get(json))
            : null;
  }

  /** The type of a property in answers. */
  private GraphQLOutputType output(String owner, Property property) {
    return (GraphQLOutputType)
        type(
            GraphQlNames.type(owner, property.json()),
            property.schema(),
            name -> object(name, property.description(), properties(objectIn(property.schema()))));
  }

  /** The type of a property in arguments. */
  GraphQLInputType input(String owner, Property property) {
    return (GraphQLInputType)
        type(
            GraphQlNames.type(owner, property.json())
                + (isNested(property.schema()) ? "Input" : ""),
            property.schema(),
            name -> inputObject(name, property));
  }

  private GraphQLInputObjectType inputObject(String name, Property of) {
    GraphQLInputObjectType.Builder type =
        GraphQLInputObjectType.newInputObject().name(name).description(of.description());
    for (Property property : properties(objectIn(of.schema()))) {
      GraphQLInputType each = input(name, property);
      type.field(
          GraphQLInputObjectField.newInputObjectField()
              .name(property.name())
              .description(property.description())
              .type(property.isRequired() ? GraphQLNonNull.nonNull(each) : each));
    }
    return type.build();
  }

  /** The object itself, or the one that a list is of. */
  private static Map<?, ?> objectIn(Map<?, ?> schema) {
    Map<?, ?> inner = schema;
    while (inner.get("items") instanceof Map<?, ?> items) {
      inner = items;
    }
    return inner;
  }

  private static boolean isNested(Map<?, ?> schema) {
    return "object".equals(objectIn(schema).get("type"));
  }

  private GraphQLType type(String name, Map<?, ?> schema, Function<String, GraphQLType> object) {
    if (SEVERAL.stream().anyMatch(schema::containsKey)) {
      return GraphQlScalars.JSON;
    }
    return switch (String.valueOf(schema.get("type"))) {
      case "string" -> text(name, schema);
      case "integer" -> isInt(schema) ? Scalars.GraphQLInt : GraphQlScalars.LONG;
      case "number" -> Scalars.GraphQLFloat;
      case "boolean" -> Scalars.GraphQLBoolean;
      case "array" ->
          schema.get("items") instanceof Map<?, ?> items
              ? GraphQLList.list(GraphQLNonNull.nonNull(type(name, items, object)))
              : GraphQlScalars.JSON;
      case "object" ->
          properties(schema).isEmpty() ? GraphQlScalars.JSON : object.apply(names.taking(name));
      default -> GraphQlScalars.JSON;
    };
  }

  private GraphQLType text(String name, Map<?, ?> schema) {
    if (schema.get("enum") instanceof List<?> values
        && !values.isEmpty()
        && values.stream().allMatch(GraphQlNames::isConstant)) {
      GraphQLEnumType.Builder type = GraphQLEnumType.newEnum().name(names.taking(name));
      values.forEach(value -> type.value((String) value));
      return type.build();
    }
    return "uuid".equals(schema.get("format")) || UUID.equals(schema.get("pattern"))
        ? Scalars.GraphQLID
        : Scalars.GraphQLString;
  }

  private static boolean isInt(Map<?, ?> schema) {
    return schema.get("minimum") instanceof Number least
        && schema.get("maximum") instanceof Number most
        && new BigDecimal(least.toString()).compareTo(MIN_INT) >= 0
        && new BigDecimal(most.toString()).compareTo(MAX_INT) <= 0;
  }

  /** Arguments as the JSON they stand for; what is not said or null is left out. */
  static Map<String, Object> toJson(Map<?, ?> arguments, List<Property> properties) {
    Map<String, Object> json = new LinkedHashMap<>();
    for (Property property : properties) {
      Object value = arguments.get(property.name());
      if (value != null) {
        json.put(property.json(), toJson(value, property.schema()));
      }
    }
    return json;
  }

  private static Object toJson(Object value, Map<?, ?> schema) {
    if (value instanceof List<?> list && schema.get("items") instanceof Map<?, ?> items) {
      return list.stream().map(each -> toJson(each, items)).toList();
    }
    List<Property> properties =
        SEVERAL.stream().anyMatch(schema::containsKey) ? List.of() : properties(schema);
    return value instanceof Map<?, ?> map && !properties.isEmpty()
        ? toJson(map, properties)
        : value;
  }
}

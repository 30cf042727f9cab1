package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.interactivequeries.GraphQlTypes.Property;
import dev.pleat.interactivequeries.ViewRoutes.Listed;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.DomainSchema.Order;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import graphql.Scalars;
import graphql.schema.DataFetcher;
import graphql.schema.DataFetchingEnvironment;
import graphql.schema.FieldCoordinates;
import graphql.schema.GraphQLArgument;
import graphql.schema.GraphQLCodeRegistry;
import graphql.schema.GraphQLEnumType;
import graphql.schema.GraphQLFieldDefinition;
import graphql.schema.GraphQLInputType;
import graphql.schema.GraphQLList;
import graphql.schema.GraphQLNonNull;
import graphql.schema.GraphQLObjectType;
import graphql.schema.GraphQLScalarType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The queries: for each view one for a row and one for a list, with the checks of the same over
 * HTTP. Builds the fields once; what they fetch with is safe for use by many threads.
 */
final class GraphQlViews {

  private final ViewRoutes views;
  private final GraphQlTypes types;
  private final GraphQlNames typeNames;
  private final GraphQLCodeRegistry.Builder code;
  private final Map<String, GraphQLObjectType> rows = new HashMap<>();

  GraphQlViews(
      ViewRoutes views,
      GraphQlTypes types,
      GraphQlNames typeNames,
      GraphQLCodeRegistry.Builder code) {
    this.views = views;
    this.types = types;
    this.typeNames = typeNames;
    this.code = code;
  }

  /** The type of the rows of a view, always the same one. */
  GraphQLObjectType row(DomainSchema<?, ?> schema, View view) {
    String of = schema.name() + "/" + view.name();
    GraphQLObjectType known = rows.get(of);
    if (known != null) {
      return known;
    }
    Map<?, ?> json = GraphQlCommands.json(schema, view.name());
    List<Property> properties = new ArrayList<>(GraphQlTypes.properties(json));
    if (view.derived().isEmpty()) {
      properties.add(
          new Property(
              "version",
              "version",
              Map.of("type", "integer", "description", "The version of the aggregate."),
              true));
    }
    GraphQLObjectType made =
        types.object(
            typeNames.taking(GraphQlNames.type(schema.name(), view.name())),
            json.get("description") instanceof String text ? text : "",
            properties);
    rows.put(of, made);
    return made;
  }

  /** The queries of a domain. */
  List<GraphQLFieldDefinition> queries(String root, GraphQlNames names, DomainSchema<?, ?> schema) {
    List<GraphQLFieldDefinition> fields = new ArrayList<>();
    for (View view : schema.views()) {
      fields.add(one(root, names.taking(name(schema, view)), schema, view));
      fields.add(list(root, names.taking(name(schema, view) + "List"), schema, view));
    }
    return fields;
  }

  static String name(DomainSchema<?, ?> schema, View view) {
    return GraphQlNames.field(schema.name(), view.name());
  }

  private GraphQLFieldDefinition one(
      String root, String name, DomainSchema<?, ?> schema, View view) {
    String key = GraphQlNames.field(schema.keyField(view));
    code.dataFetcher(
        FieldCoordinates.coordinates(root, name),
        (DataFetcher<Optional<Map<?, ?>>>)
            field -> {
              GraphQlRun.of(field).requireTime();
              return fields(
                  views.row(
                      parameters(field, reading()),
                      schema,
                      view,
                      Paths.key(text(field, key), schema, view)));
            });
    GraphQLFieldDefinition.Builder one =
        GraphQLFieldDefinition.newFieldDefinition()
            .name(name)
            .description("A row of " + view.name() + " of " + schema.name() + "; null without one.")
            .type(row(schema, view))
            .argument(argument(key, GraphQLNonNull.nonNull(keyType(schema, view))));
    reading().forEach(argument -> one.argument(argument.definition()));
    return one.build();
  }

  /** An argument that must be there. */
  static String text(DataFetchingEnvironment field, String argument) {
    return Optional.<String>ofNullable(field.getArgument(argument)).orElseThrow();
  }

  /** The type of a view's keys. */
  static GraphQLScalarType keyType(DomainSchema<?, ?> schema, View view) {
    return idType(schema.keyFormat(view));
  }

  static GraphQLScalarType idType(IdFormat format) {
    return format == IdFormat.UUID ? Scalars.GraphQLID : Scalars.GraphQLString;
  }

  private GraphQLFieldDefinition list(
      String root, String name, DomainSchema<?, ?> schema, View view) {
    String pageName = typeNames.taking(GraphQlNames.type(schema.name(), view.name(), "page"));
    GraphQLObjectType page =
        GraphQLObjectType.newObject()
            .name(pageName)
            .description("Some rows of " + view.name() + ".")
            .field(
                GraphQLFieldDefinition.newFieldDefinition()
                    .name("rows")
                    .type(
                        GraphQLNonNull.nonNull(
                            GraphQLList.list(GraphQLNonNull.nonNull(row(schema, view))))))
            .field(
                GraphQLFieldDefinition.newFieldDefinition()
                    .name("cursor")
                    .description("Where the next page begins; null if this is the last.")
                    .type(Scalars.GraphQLString))
            .build();
    code.dataFetcher(FieldCoordinates.coordinates(pageName, "rows"), GraphQlTypes.fromMap("rows"));
    code.dataFetcher(
        FieldCoordinates.coordinates(pageName, "cursor"), GraphQlTypes.fromMap("cursor"));
    List<ListArgument> arguments = listArguments(schema, view);
    code.dataFetcher(
        FieldCoordinates.coordinates(root, name),
        (DataFetcher<Map<String, Object>>)
            field -> {
              GraphQlRun run = GraphQlRun.of(field);
              run.requireTime();
              Parameters asked = parameters(field, arguments);
              run.requireRows(ViewRoutes.limit(asked));
              return listed(
                  Refusal.found(views.page(asked, schema, view), "there is no such view"));
            });
    GraphQLFieldDefinition.Builder list =
        GraphQLFieldDefinition.newFieldDefinition()
            .name(name)
            .description("The rows of " + view.name() + " of " + schema.name() + ", page by page.")
            .type(page);
    arguments.forEach(argument -> list.argument(argument.definition()));
    return list.build();
  }

  private static Map<String, Object> listed(Listed page) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("rows", page.rows().stream().map(GraphQlViews::fields).toList());
    page.cursor().ifPresent(cursor -> fields.put("cursor", cursor));
    return fields;
  }

  // ---- arguments

  /**
   * An argument that says what a parameter of a URL says.
   *
   * @param parameter its name there
   */
  record ListArgument(String parameter, String name, GraphQLInputType type) {

    static ListArgument of(String parameter, GraphQLInputType type) {
      return new ListArgument(parameter, GraphQlNames.field(parameter), type);
    }

    GraphQLArgument definition() {
      return argument(name, type);
    }
  }

  private static GraphQLArgument argument(String name, GraphQLInputType type) {
    return GraphQLArgument.newArgument().name(name).type(type).build();
  }

  /** What every reading takes: tokens of writes to be seen, and how long to wait for that. */
  static List<ListArgument> reading() {
    return List.of(
        ListArgument.of("after", GraphQLList.list(GraphQLNonNull.nonNull(Scalars.GraphQLString))),
        ListArgument.of("wait", Scalars.GraphQLString));
  }

  /** By which part of the keys rows are selected. */
  static List<ListArgument> keys() {
    return List.of(
        ListArgument.of("prefix", Scalars.GraphQLString),
        ListArgument.of("from", Scalars.GraphQLString),
        ListArgument.of("before", Scalars.GraphQLString));
  }

  private List<ListArgument> listArguments(DomainSchema<?, ?> schema, View view) {
    List<ListArgument> arguments = new ArrayList<>(keys());
    GraphQLEnumType.Builder orders = GraphQLEnumType.newEnum();
    GraphQlNames constants = new GraphQlNames("TRUE", "FALSE", "NULL");
    boolean isOrdered = false;
    for (DomainSchema.Index index : view.indexes()) {
      if (index instanceof Order order) {
        orders.value(constants.taking(GraphQlNames.constant(order.name())), order.name());
        isOrdered = true;
      } else {
        arguments.add(ListArgument.of(index.name(), Scalars.GraphQLString));
      }
    }
    if (isOrdered) {
      String name = typeNames.taking(GraphQlNames.type(schema.name(), view.name(), "order"));
      arguments.add(ListArgument.of("order", orders.name(name).build()));
    }
    arguments.add(ListArgument.of("limit", Scalars.GraphQLInt));
    arguments.add(ListArgument.of("cursor", Scalars.GraphQLString));
    arguments.addAll(reading());
    return arguments;
  }

  /** What the arguments of a field say, as the query of a URL would. */
  static Parameters parameters(DataFetchingEnvironment field, List<ListArgument> arguments) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (ListArgument argument : arguments) {
      Object value = field.getArgument(argument.name());
      if (value instanceof List<?> several) {
        values.put(argument.parameter(), several.stream().map(String::valueOf).toList());
      } else if (value != null) {
        values.put(argument.parameter(), List.of(value.toString()));
      }
    }
    return Parameters.of(values);
  }

  // ---- rows

  /**
   * The fields of a row; empty if there is none.
   *
   * @throws Refusal if that is not known
   */
  static Optional<Map<?, ?>> fields(Answer<Row> answer) {
    return answer instanceof NotFound<Row>
        ? Optional.empty()
        : Optional.of(fields(Refusal.found(answer, "")));
  }

  private static Map<?, ?> fields(Row row) {
    return fields(row.json());
  }

  /** The fields of JSON. */
  static Map<?, ?> fields(byte[] json) {
    return JsonCodec.toRecord(JsonCodec.readObject(json), Map.class);
  }
}

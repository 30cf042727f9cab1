package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.interactivequeries.GraphQlViews.ListArgument;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import graphql.Scalars;
import graphql.schema.DataFetcher;
import graphql.schema.DataFetchingEnvironment;
import graphql.schema.FieldCoordinates;
import graphql.schema.GraphQLArgument;
import graphql.schema.GraphQLCodeRegistry;
import graphql.schema.GraphQLEnumType;
import graphql.schema.GraphQLFieldDefinition;
import graphql.schema.GraphQLNonNull;
import graphql.schema.GraphQLObjectType;
import graphql.schema.GraphQLOutputType;
import graphql.schema.GraphQLScalarType;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions: what can be followed over HTTP, each event as one result. Builds the fields
 * once; what they fetch with is safe for use by many threads.
 *
 * <p>A subscription is executed once to begin, where its field opens the stream, and once for each
 * event, where its field answers the event.
 */
final class GraphQlLive {

  private static final String LAST_EVENT_ID = "lastEventId";

  private static final GraphQLEnumType KIND =
      GraphQLEnumType.newEnum()
          .name("ChangeKind")
          .description("What is told of what is followed.")
          .value("ROW", "ROW", "The row as it is from here on.")
          .value("NO_ROW", "NO_ROW", "There is no row, or none any more.")
          .value("UP_TO_DATE", "UP_TO_DATE", "All rows there were have been told.")
          .value("RESYNC", "RESYNC", "What follows is everything again; reason says why.")
          .build();

  private static final GraphQLObjectType EVENT =
      GraphQLObjectType.newObject()
          .name("RecordedEvent")
          .description("Something that happened to an aggregate.")
          .field(field("id", GraphQLNonNull.nonNull(Scalars.GraphQLID)))
          .field(field("parentId", GraphQLNonNull.nonNull(Scalars.GraphQLID)))
          .field(field("action", GraphQLNonNull.nonNull(Scalars.GraphQLString)))
          .field(field("data", GraphQLNonNull.nonNull(GraphQlScalars.JSON)))
          .field(field("timestamp", GraphQLNonNull.nonNull(Scalars.GraphQLString)))
          .field(field("version", GraphQLNonNull.nonNull(GraphQlScalars.LONG)))
          .field(field("through", GraphQLNonNull.nonNull(GraphQlScalars.LONG)))
          .field(field("correlationId", Scalars.GraphQLString))
          .field(field("actor", Scalars.GraphQLString))
          .build();

  private final LiveRoutes live;
  private final GraphQlViews views;
  private final GraphQlNames typeNames;
  private final GraphQLCodeRegistry.Builder code;

  GraphQlLive(
      LiveRoutes live,
      GraphQlViews views,
      GraphQlNames typeNames,
      GraphQLCodeRegistry.Builder code) {
    this.live = live;
    this.views = views;
    this.typeNames = typeNames;
    this.code = code;
    Map.of("id", "id", "parentId", "parent-id", "action", "action", "data", "data")
        .forEach(this::readEvent);
    Map.of(
            "timestamp", "timestamp",
            "version", "version",
            "through", "through",
            "correlationId", "correlation-id",
            "actor", "actor")
        .forEach(this::readEvent);
  }

  private void readEvent(String name, String json) {
    code.dataFetcher(FieldCoordinates.coordinates(EVENT, name), GraphQlTypes.fromMap(json));
  }

  private static GraphQLFieldDefinition field(String name, GraphQLOutputType type) {
    return GraphQLFieldDefinition.newFieldDefinition().name(name).type(type).build();
  }

  /** The subscriptions of a domain. */
  List<GraphQLFieldDefinition> subscriptions(
      String root, GraphQlNames names, DomainSchema<?, ?> schema) {
    List<GraphQLFieldDefinition> fields = new ArrayList<>();
    for (View view : schema.views()) {
      GraphQLObjectType change = change(schema, view);
      String key = GraphQlNames.field(schema.keyField(view));
      fields.add(
          followed(
              root,
              names.taking(GraphQlViews.name(schema, view)),
              "A row of " + view.name() + " of " + schema.name() + " as it changes.",
              change,
              List.of(
                  argument(key, GraphQlViews.keyType(schema, view)),
                  GraphQlViews.reading().get(0).definition(),
                  GraphQlViews.reading().get(1).definition()),
              field ->
                  live.row(
                      GraphQlViews.parameters(field, GraphQlViews.reading()),
                      schema,
                      view,
                      Paths.key(GraphQlViews.text(field, key), schema, view),
                      lastEventId(field))));
      fields.add(
          followed(
              root,
              names.taking(GraphQlViews.name(schema, view) + "List"),
              "The rows of " + view.name() + " of " + schema.name() + " as they change.",
              change,
              GraphQlViews.keys().stream().map(ListArgument::definition).toList(),
              field ->
                  live.rows(
                      GraphQlViews.parameters(field, GraphQlViews.keys()),
                      schema,
                      view,
                      lastEventId(field))));
    }
    if (schema.takesCommands()) {
      String id = GraphQlNames.field(schema.idField());
      fields.add(
          followed(
              root,
              names.taking(GraphQlNames.field(schema.name(), "events")),
              "What happened to an aggregate of " + schema.name() + ", and what happens to it.",
              EVENT,
              List.of(argument(id, GraphQlViews.idType(schema.idFormat()))),
              field ->
                  live.events(
                      Parameters.of(Map.of()),
                      schema,
                      Paths.id(GraphQlViews.text(field, id), schema),
                      lastEventId(field))));
    }
    return fields;
  }

  private static GraphQLArgument argument(String name, GraphQLScalarType type) {
    return GraphQLArgument.newArgument().name(name).type(GraphQLNonNull.nonNull(type)).build();
  }

  private static Optional<String> lastEventId(DataFetchingEnvironment field) {
    return Optional.ofNullable(field.<@Nullable String>getArgument(LAST_EVENT_ID));
  }

  private GraphQLFieldDefinition followed(
      String root,
      String name,
      String description,
      GraphQLObjectType type,
      List<GraphQLArgument> arguments,
      Function<DataFetchingEnvironment, LiveStream> begin) {
    code.dataFetcher(
        FieldCoordinates.coordinates(root, name),
        (DataFetcher<@Nullable Object>)
            field -> {
              GraphQlRun run = GraphQlRun.of(field);
              if (run.change().isEmpty()) {
                run.follow(begin.apply(field));
              }
              return run.change().orElse(null);
            });
    return GraphQLFieldDefinition.newFieldDefinition()
        .name(name)
        .description(description)
        .type(type)
        .arguments(arguments)
        .argument(
            GraphQLArgument.newArgument()
                .name(LAST_EVENT_ID)
                .description(
                    type == EVENT
                        ? "The version of the last event that the client has."
                        : "The eventId of the last change that the client has.")
                .type(Scalars.GraphQLString))
        .build();
  }

  private GraphQLObjectType change(DomainSchema<?, ?> schema, View view) {
    String name = typeNames.taking(GraphQlNames.type(schema.name(), view.name(), "change"));
    List.of("kind", "key", "row", "eventId", "reason")
        .forEach(
            field ->
                code.dataFetcher(
                    FieldCoordinates.coordinates(name, field), GraphQlTypes.fromMap(field)));
    return GraphQLObjectType.newObject()
        .name(name)
        .description("A change of a row of " + view.name() + ".")
        .field(field("kind", GraphQLNonNull.nonNull(KIND)))
        .field(field("key", GraphQlViews.keyType(schema, view)))
        .field(field("row", views.row(schema, view)))
        .field(field("eventId", Scalars.GraphQLString))
        .field(field("reason", Scalars.GraphQLString))
        .build();
  }

  // ---- what is sent

  /**
   * The form in which the results are sent: the distinct connections mode of GraphQL over SSE.
   *
   * @param result the result for an event that is answered by the subscription's field
   */
  record Results(Function<Map<String, Object>, byte[]> result) implements LiveStream.Form {

    @Override
    public byte[] beginning() {
      return ":\n\n".getBytes(UTF_8);
    }

    @Override
    public byte[] event(String name, Optional<String> id, byte[] json) {
      return next(
          name.equals(LiveStream.PROBLEM)
              ? GraphQlRoute.failed(json)
              : result.apply(told(name, id, GraphQlViews.fields(json))));
    }

    private static Map<String, Object> told(String name, Optional<String> id, Map<?, ?> json) {
      Map<String, Object> fields = new LinkedHashMap<>();
      json.forEach((field, value) -> fields.put(String.valueOf(field), value));
      if (name.equals("event")) {
        return fields;
      }
      Map<String, Object> change = new LinkedHashMap<>();
      change.put("kind", GraphQlNames.constant(name));
      id.ifPresent(text -> change.put("eventId", text));
      switch (name) {
        case "row" -> change.put("row", fields);
        case "no-row" -> change.put("key", fields.values().iterator().next());
        case "resync" -> change.put("reason", fields.get("reason"));
        default -> {}
      }
      return change;
    }

    @Override
    public byte[] end() {
      return "event: complete\ndata:\n\n".getBytes(UTF_8);
    }

    static byte[] next(byte[] result) {
      ByteArrayOutputStream text = new ByteArrayOutputStream(result.length + 32);
      text.writeBytes("event: next\ndata: ".getBytes(UTF_8));
      text.writeBytes(result);
      text.writeBytes("\n\n".getBytes(UTF_8));
      return text.toByteArray();
    }
  }
}

package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.RouteRow.Parameter;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.Action;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.JsonCodec.JsonObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes the OpenAPI 3.1 document of the HTTP API from its table of routes and the domains' JSON
 * Schemas. Pure.
 */
final class OpenApi {

  static final String PROBLEM = "Problem";
  static final String HEALTH = "Health";
  static final String DOMAINS = "Domains";
  static final String DOMAIN = "Domain";
  static final String COMMAND_STATUS = "CommandStatus";
  static final String DOCUMENT = "Document";
  static final String VIEWS = "Views";
  static final String RESUMED = "Resumed";
  static final String NOTHING = "Nothing";
  static final String EVENTS = "Events";
  static final String STATE = "State";
  static final String REPLAY = "Replay";
  static final String PACE = "Pace";
  static final String BEGUN = "Begun";
  static final String LOG = "Log";
  static final String COMMANDS_PACE = "CommandsPace";
  static final String GRAPHQL_REQUEST = "GraphQlRequest";
  static final String GRAPHQL_RESPONSE = "GraphQlResponse";
  static final String LOG_BEGUN = "LogBegun";

  private static final Set<String> NOT_INSIDE_A_DOCUMENT = Set.of("$schema", "$id");

  private static final String REF = "$ref";
  private static final String COMPONENTS = "#/components/schemas/";

  private OpenApi() {}

  /** The component of an action's full data. */
  static String data(DomainSchema<?, ?> schema, Action<?> action) {
    return schema.name() + "." + action.name();
  }

  /** The component of an action's data without the aggregate's id. */
  static String dataWithoutId(DomainSchema<?, ?> schema, Action<?> action) {
    return data(schema, action) + ".without-id";
  }

  /** The component of any of a domain's commands. */
  static String anyData(DomainSchema<?, ?> schema) {
    return schema.name() + ".command";
  }

  /** The component of what a domain's command is answered with. */
  static String answer(DomainSchema<?, ?> schema) {
    return schema.name() + ".answer";
  }

  /** The component of a view's row. */
  static String row(DomainSchema<?, ?> schema, View view) {
    return schema.name() + "." + view.name();
  }

  /** The component of a page of a view. */
  static String page(DomainSchema<?, ?> schema, View view) {
    return row(schema, view) + ".page";
  }

  static JsonObject document(List<RouteRow> routes, List<DomainSchema<?, ?>> schemas) {
    Map<String, Object> paths = new LinkedHashMap<>();
    for (RouteRow route : routes) {
      @SuppressWarnings("unchecked")
      Map<String, Object> operations =
          (Map<String, Object>) paths.computeIfAbsent(route.path(), path -> new LinkedHashMap<>());
      operations.put(route.method().name().toLowerCase(Locale.ROOT), operation(route));
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("openapi", "3.1.0");
    document.put("info", ordered("title", "Pleat", "version", "1"));
    document.put("paths", paths);
    document.put("components", Map.of("schemas", named(paths, components(schemas))));
    return JsonCodec.object(document);
  }

  /** Those components that the paths name, and those that these name. */
  private static Map<String, Object> named(
      Map<String, Object> paths, Map<String, Object> components) {
    Set<String> names = new HashSet<>();
    Deque<Object> nodes = new ArrayDeque<>(List.of(paths));
    while (!nodes.isEmpty()) {
      Object node = nodes.pop();
      if (node instanceof Map<?, ?> object) {
        object.values().forEach(nodes::push);
        if (object.get(REF) instanceof String reference) {
          String name = reference.substring(COMPONENTS.length());
          if (names.add(name)) {
            Optional.ofNullable(components.get(name)).ifPresent(nodes::push);
          }
        }
      } else if (node instanceof List<?> list) {
        list.forEach(nodes::push);
      }
    }
    components.keySet().retainAll(names);
    return components;
  }

  // ---- operations

  private static Map<String, Object> operation(RouteRow route) {
    Map<String, Object> operation = new LinkedHashMap<>();
    operation.put("summary", route.summary());
    List<Object> parameters = new ArrayList<>();
    route
        .pathParameters()
        .forEach(
            name ->
                parameters.add(
                    ordered(
                        "name", name, "in", "path", "required", true, "schema", type("string"))));
    route.parameters().forEach(parameter -> parameters.add(parameter(parameter)));
    if (!parameters.isEmpty()) {
      operation.put("parameters", parameters);
    }
    route
        .body()
        .ifPresent(
            body ->
                operation.put(
                    "requestBody",
                    ordered("required", true, "content", content(Reply.JSON, body))));
    Map<String, Object> responses = new LinkedHashMap<>();
    for (int status : route.statuses()) {
      responses.put(
          Integer.toString(status),
          status < 400
              ? ordered("description", title(status), "content", answers(route))
              : ordered(
                  "description", title(status), "content", content(Problem.CONTENT_TYPE, PROBLEM)));
    }
    operation.put("responses", responses);
    return operation;
  }

  private static Map<String, Object> answers(RouteRow route) {
    Map<String, Object> content = new LinkedHashMap<>();
    route.contentTypes().forEach(type -> content.putAll(content(type, route.answer())));
    route
        .followed()
        .ifPresent(
            events ->
                content.put(
                    EventStream.CONTENT_TYPE,
                    Map.of("schema", ordered("type", "string", "description", events))));
    return content;
  }

  private static Map<String, Object> parameter(Parameter parameter) {
    return ordered(
        "name",
        parameter.label(),
        "in",
        parameter.in(),
        "description",
        parameter.description(),
        "schema",
        type(parameter == Parameter.LIMIT ? "integer" : "string"));
  }

  private static Map<String, Object> content(String type, String component) {
    return Map.of(type, Map.of("schema", ref(component)));
  }

  private static String title(int status) {
    return switch (status) {
      case 200 -> "Answered";
      case 201 -> "Created";
      case 202 -> "Received, not decided yet";
      case 400 -> "The request is not well-formed";
      case 403 -> "Not permitted";
      case 404 -> "Not found";
      case 406 -> "Only JSON is answered";
      case 409 -> "The domain rejected the command";
      case 412 -> "The aggregate does not have the expected version";
      case 413 -> "The body is too large";
      case 415 -> "Only JSON is taken";
      case 422 -> "The command does not fit its schema, or its id was used before";
      case 500 -> "The server failed";
      case 501 -> "The runtime that answers has no such thing";
      case 503 -> "Not now: try again later";
      default -> throw new IllegalArgumentException("no route answers with " + status);
    };
  }

  // ---- components

  private static Map<String, Object> components(List<DomainSchema<?, ?>> schemas) {
    Map<String, Object> components = new LinkedHashMap<>();
    for (DomainSchema<?, ?> schema : schemas) {
      List<Object> commands = new ArrayList<>();
      for (Action<?> action : schema.actions()) {
        Map<String, Object> data = source(schema, action.name());
        components.put(data(schema, action), data);
        components.put(dataWithoutId(schema, action), without(schema.idField(), data));
        commands.add(ref(data(schema, action)));
      }
      if (schema.takesCommands()) {
        components.put(anyData(schema), Map.of("anyOf", commands));
        components.put(answer(schema), answerSchema(schema));
      }
      for (View view : schema.views()) {
        Map<String, Object> row = source(schema, view.name());
        components.put(row(schema, view), view.derived().isEmpty() ? withVersion(row) : row);
        components.put(page(schema, view), pageSchema(row(schema, view)));
      }
    }
    components.put(PROBLEM, problemSchema());
    components.put(HEALTH, type("object"));
    components.put(DOMAINS, type("object"));
    components.put(DOMAIN, type("object"));
    components.put(DOCUMENT, type("object"));
    components.put(VIEWS, type("object"));
    components.put(RESUMED, type("object"));
    components.put(NOTHING, type("object"));
    components.put(
        EVENTS,
        object(
            "events",
            array(type("object")),
            "outcomes-through",
            type("integer"),
            "cursor",
            type("string")));
    components.put(STATE, object("version", type("integer"), "state", type("object")));
    components.put(
        REPLAY,
        object(
            "steps",
            array(object("event", type("object"), "state", type("object"), "rows", type("object"))),
            "cursor",
            type("string")));
    components.put(PACE, object("events-per-second", type("integer")));
    components.put(
        BEGUN,
        object("domain", type("string"), "view", type("string"), "generation", type("integer")));
    components.put(LOG, type("object"));
    components.put(COMMANDS_PACE, object("commands-per-second", type("integer")));
    components.put(LOG_BEGUN, object("domain", type("string"), "generation", type("integer")));
    components.put(
        GRAPHQL_REQUEST,
        object(
            "query", type("string"),
            "operationName", type("string"),
            "variables", type("object"),
            "extensions", type("object")));
    components.put(
        GRAPHQL_RESPONSE, object("data", type("object"), "errors", array(type("object"))));
    components.put(
        COMMAND_STATUS,
        object(
            "command-id", text("uuid"),
            "status", oneOf("pending", "accepted", "unchanged", "rejected"),
            "version", type("integer"),
            "events", array(text("uuid")),
            "token", type("string"),
            "reason", type("string"),
            "detail", type("string")));
    return components;
  }

  /** A schema file as part of the document. */
  private static Map<String, Object> source(DomainSchema<?, ?> schema, String name) {
    Map<String, Object> copy = new LinkedHashMap<>();
    fields(JsonCodec.toRecord(schema.jsonSchemas().source(name).orElseThrow(), Map.class))
        .forEach(
            (field, value) -> {
              if (!NOT_INSIDE_A_DOCUMENT.contains(field)) {
                copy.put(field, value);
              }
            });
    return copy;
  }

  private static Map<String, Object> without(String idField, Map<String, Object> data) {
    Map<String, Object> copy = new LinkedHashMap<>(data);
    copy.computeIfPresent(
        "properties",
        (name, properties) -> {
          Map<String, Object> fewer = fields((Map<?, ?>) properties);
          fewer.remove(idField);
          return fewer;
        });
    copy.computeIfPresent(
        "required",
        (name, required) ->
            ((List<?>) required).stream().filter(field -> !field.equals(idField)).toList());
    return copy;
  }

  private static Map<String, Object> withVersion(Map<String, Object> row) {
    Map<String, Object> copy = new LinkedHashMap<>(row);
    copy.computeIfPresent(
        "properties",
        (name, properties) -> {
          Map<String, Object> more = fields((Map<?, ?>) properties);
          more.put("version", type("integer"));
          return more;
        });
    return copy;
  }

  private static Map<String, Object> answerSchema(DomainSchema<?, ?> schema) {
    return object(
        "command-id",
        text("uuid"),
        "status",
        oneOf("pending", "accepted", "unchanged"),
        schema.idField(),
        schema.idFormat() == IdFormat.UUID ? text("uuid") : type("string"),
        "version",
        type("integer"),
        "events",
        ordered(
            "description",
            "The ids of the events; of a dry run the events themselves.",
            "type",
            "array",
            "items",
            Map.of("type", List.of("string", "object"))),
        "token",
        type("string"),
        "dry-run",
        type("boolean"));
  }

  private static Map<String, Object> pageSchema(String row) {
    return object("rows", array(ref(row)), "cursor", type("string"));
  }

  private static Map<String, Object> problemSchema() {
    return object(
        "type", type("string"),
        "title", type("string"),
        "status", type("integer"),
        "code", type("string"),
        "detail", type("string"),
        "command-id", text("uuid"),
        "version", type("integer"),
        "retryable", type("boolean"),
        "dry-run", type("boolean"),
        "errors", array(object("pointer", type("string"), "code", type("string"))));
  }

  private static Map<String, Object> object(Object... properties) {
    return ordered("type", "object", "properties", ordered(properties));
  }

  private static Map<String, Object> array(Map<String, Object> items) {
    return ordered("type", "array", "items", items);
  }

  private static Map<String, Object> oneOf(String... values) {
    return ordered("type", "string", "enum", List.of(values));
  }

  private static Map<String, Object> text(String format) {
    return ordered("type", "string", "format", format);
  }

  private static Map<String, Object> type(String type) {
    return Map.of("type", type);
  }

  private static Map<String, Object> ref(String component) {
    return Map.of(REF, COMPONENTS + component);
  }

  private static Map<String, Object> fields(Map<?, ?> object) {
    Map<String, Object> fields = new LinkedHashMap<>();
    object.forEach((name, value) -> fields.put(String.valueOf(name), value));
    return fields;
  }

  private static Map<String, Object> ordered(Object... namesAndValues) {
    Map<String, Object> fields = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      fields.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return fields;
  }
}

package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.Action;
import dev.pleat.schemas.DomainSchema.DeclaredPolicy;
import dev.pleat.schemas.DomainSchema.View;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the API says of domains: their actions, events, views, topics and routes. */
final class DomainDescription {

  private DomainDescription() {}

  /** Their names, and where each is described. */
  static Reply list(List<DomainSchema<?, ?>> schemas) {
    return Reply.json(
        200,
        Map.of(
            "domains",
            schemas.stream()
                .map(
                    schema -> {
                      Map<String, Object> fields = new LinkedHashMap<>();
                      fields.put("name", schema.name());
                      fields.put("path", "/domains/" + schema.name());
                      return fields;
                    })
                .toList()));
  }

  /**
   * One of them.
   *
   * @param table the routes of all
   * @param onKafka whether its topics are there
   */
  static Reply of(DomainSchema<?, ?> schema, List<RouteRow> table, boolean onKafka) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", schema.name());
    if (schema.takesCommands()) {
      fields.put("id-field", schema.idField());
    }
    fields.put("actions", schema.actions().stream().map(DomainDescription::described).toList());
    fields.put("events", schema.events());
    fields.put("views", schema.views().stream().map(View::name).toList());
    if (!schema.policies().isEmpty()) {
      fields.put("policies", schema.policies().stream().map(DeclaredPolicy::name).toList());
    }
    fields.put(
        "topics",
        schema.takesCommands() && onKafka
            ? List.of(
                schema.commandsTopic(),
                schema.eventsTopic(),
                schema.outcomesTopic(),
                schema.deadLettersTopic())
            : List.of());
    fields.put("routes", routes(schema, table));
    return Reply.json(200, fields);
  }

  /** The routes of a table that are about a domain, each as its method and path. */
  static List<String> routes(DomainSchema<?, ?> schema, List<RouteRow> table) {
    return table.stream()
        .filter(row -> belongs(row, schema))
        .map(row -> row.method() + " " + row.path())
        .toList();
  }

  private static boolean belongs(RouteRow row, DomainSchema<?, ?> schema) {
    String base = "/domains/" + schema.name();
    return row.path().equals(base)
        || row.path().startsWith(base + "/")
        || schema.routes().stream()
            .anyMatch(
                own -> row.path().equals(own.path()) || row.path().equals(own.path() + "/events"));
  }

  private static Map<String, Object> described(Action<?> action) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", action.name());
    fields.put("reasons", action.reasons().stream().sorted().toList());
    return fields;
  }
}

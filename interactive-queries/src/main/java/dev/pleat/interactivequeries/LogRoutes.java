package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.LogOperations.Difference;
import dev.pleat.interactivequeries.LogOperations.Outcomes;
import dev.pleat.interactivequeries.LogOperations.Side;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What operators do with the events log of a domain, and ask of it. Safe for many threads. */
final class LogRoutes {

  private static final String COMMANDS_PER_SECOND = "commands-per-second";

  private final LogOperations operations;

  LogRoutes(LogOperations operations) {
    this.operations = operations;
  }

  /** The routes of one domain. */
  List<RouteRow> rows(DomainSchema<?, ?> schema) {
    String path = "/domains/" + schema.name() + "/log";
    return List.of(
        HttpApi.get(
            path,
            "What became of the last rebuild of the events log, as this process knows it.",
            OpenApi.LOG,
            List.of(),
            HttpApi.DESCRIBED,
            request -> state(schema)),
        HttpApi.operates(
            path + "/rebuild",
            "Decide all commands again beside the live log, and compare the events.",
            OpenApi.COMMANDS_PACE,
            OpenApi.LOG_BEGUN,
            HttpApi.BEGINS,
            request -> rebuild(request, schema)),
        HttpApi.operates(
            path + "/cancel",
            "Give up a rebuild of the log, and delete what there is of it.",
            OpenApi.NOTHING,
            OpenApi.LOG_BEGUN,
            HttpApi.BEGINS,
            request -> cancel(request, schema)));
  }

  private Reply rebuild(Context request, DomainSchema<?, ?> schema) throws IOException {
    int rate = OperatorRoutes.perSecond(RequestBody.read(request), COMMANDS_PER_SECOND);
    return begun(
        schema,
        operations.rebuild(schema, rate),
        Problem.REBUILD_UNDER_WAY,
        "the log of " + schema.name() + " is being rebuilt already; wait, or cancel that");
  }

  private Reply cancel(Context request, DomainSchema<?, ?> schema) {
    RequestHeaders.requireJsonBody(request);
    return begun(
        schema,
        operations.cancel(schema),
        Problem.NOT_BUILDING,
        "the log of "
            + schema.name()
            + " is not being rebuilt by this process, and no rebuild has left anything");
  }

  private static Reply begun(
      DomainSchema<?, ?> schema, Answer<Integer> answer, String conflict, String detail) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("domain", schema.name());
    return OperatorRoutes.begun(answer, conflict, detail, fields);
  }

  private Reply state(DomainSchema<?, ?> schema) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("domain", schema.name());
    switch (operations.state(schema)) {
      case LogOperations.None none -> fields.put("status", "none");
      case LogOperations.Rebuilding now -> {
        putProgress(fields, "rebuilding", now.generation(), now.position(), now.end());
        if (now.commandsPerSecond() > 0) {
          fields.put(COMMANDS_PER_SECOND, now.commandsPerSecond());
        }
      }
      case LogOperations.Comparing now ->
          putProgress(fields, "comparing", now.generation(), now.position(), now.end());
      case LogOperations.Identical same -> {
        fields.put("status", "identical");
        fields.put("generation", same.generation());
        fields.put("events", same.events());
        fields.put("outcomes", described(same.outcomes()));
      }
      case LogOperations.Different different -> {
        fields.put("status", "different");
        fields.put("generation", different.generation());
        fields.put("events", different.events());
        fields.put("outcomes", described(different.outcomes()));
        fields.put("difference", described(different.first()));
      }
      case LogOperations.Failed failed -> {
        fields.put("status", "failed");
        fields.put("generation", failed.generation());
        fields.put("reason", failed.reason());
      }
    }
    return Reply.json(200, fields);
  }

  private static void putProgress(
      Map<String, Object> fields, String status, int generation, long position, long end) {
    fields.put("status", status);
    fields.put("generation", generation);
    fields.put("position", position);
    fields.put("end", end);
    fields.put("percent", end == 0 ? 0 : 100 * position / end);
  }

  private static Map<String, Object> described(Outcomes outcomes) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("compared", outcomes.compared());
    fields.put("different", outcomes.different());
    outcomes.trouble().ifPresent(reason -> fields.put("reason", reason));
    return fields;
  }

  private static Map<String, Object> described(Difference difference) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("partition", difference.partition());
    fields.put("aggregate-id", difference.aggregateId());
    fields.put("version", difference.version());
    fields.put("command-id", difference.commandId().toString());
    fields.put("timestamp", JsonCodec.text(difference.timestamp()));
    fields.put("live", described(difference.live()));
    fields.put("rebuilt", described(difference.rebuilt()));
    return fields;
  }

  private static Map<String, Object> described(Side side) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("topic", side.topic());
    side.offset().ifPresent(offset -> fields.put("offset", offset));
    side.event().ifPresent(event -> fields.put("event", event));
    side.outcome().ifPresent(outcome -> fields.put("outcome", outcome));
    return fields;
  }
}

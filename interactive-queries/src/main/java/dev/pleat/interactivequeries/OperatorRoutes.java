package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.DeclaredPolicy;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.JsonCodec.JsonObject;
import dev.pleat.schemas.StoppedView;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What operators ask and do; the command line goes by these routes. Safe for many threads. */
final class OperatorRoutes {

  private static final String EVENTS_PER_SECOND = "events-per-second";

  /** Leaves most of two cores to those who ask. */
  private static final int DEFAULT_PER_SECOND = 2_000;

  private static final int SLOWEST = 100;
  private static final int FASTEST = 10_000_000;

  private final ViewOperations operations;
  private final PolicyOperations policies;

  OperatorRoutes(ViewOperations operations, PolicyOperations policies) {
    this.operations = operations;
    this.policies = policies;
  }

  /** {@code GET /views}. */
  Reply views(Context request) {
    return Reply.json(
        200,
        Map.of("views", operations.reports().stream().map(OperatorRoutes::described).toList()));
  }

  private static Map<String, Object> described(ViewOperations.Report report) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("domain", report.domain());
    fields.put("view", report.view());
    fields.put("version", report.version());
    fields.put("generation", report.generation());
    fields.put("status", status(report));
    if (report.eventsPerSecond() > 0) {
      fields.put("events-per-second", report.eventsPerSecond());
    }
    report.trouble().ifPresent(reason -> fields.put("reason", reason));
    List<Object> parts = new ArrayList<>();
    for (ViewOperations.Part part : report.parts()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("topic", part.topic());
      entry.put("partition", part.partition());
      part.position().ifPresent(position -> entry.put("position", position));
      part.end().ifPresent(end -> entry.put("end", end));
      part.stopped().ifPresent(mark -> entry.put("stopped", described(mark)));
      parts.add(entry);
    }
    fields.put("partitions", parts);
    return fields;
  }

  private static String status(ViewOperations.Report report) {
    boolean stopped = report.parts().stream().anyMatch(part -> part.stopped().isPresent());
    return switch (report.status()) {
      case SERVING -> report.trouble().isPresent() ? "down" : stopped ? "stopped" : "serving";
      case BUILDING -> stopped ? "building, stopped" : "building";
      case NOT_HERE -> "not here";
    };
  }

  private static Map<String, Object> described(StoppedView mark) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("partition", mark.partition());
    fields.put("offset", mark.offset());
    fields.put("reason", mark.reason());
    fields.put("detail", mark.detail());
    return fields;
  }

  /** {@code POST} on a view's {@code continue} or {@code skip}. */
  Reply resume(Context request, DomainSchema<?, ?> schema, View view, boolean skip) {
    // A page in a browser may send a body of another type to this address without being asked.
    RequestHeaders.requireJsonBody(request);
    return switch (operations.resume(schema, view, skip)) {
      case Answer.Found<List<StoppedView>> found ->
          resumed("the view " + view.name(), found.value());
      case Answer.NotFound<List<StoppedView>> notFound ->
          resumed("the view " + view.name(), List.of());
      case Answer.NotYet<List<StoppedView>> notYet ->
          throw Refusal.of(Answer.NOT_NOW, notYet.detail());
      case Answer.Unavailable<List<StoppedView>> unavailable ->
          throw Refusal.of(unavailable.code(), unavailable.detail());
    };
  }

  /** {@code POST} on a policy's {@code continue} or {@code skip}. */
  Reply resume(Context request, DomainSchema<?, ?> schema, DeclaredPolicy policy, boolean skip) {
    RequestHeaders.requireJsonBody(request);
    return resumed("the policy " + policy.name(), policies.resume(schema, policy, skip));
  }

  private static Reply resumed(String what, List<StoppedView> resumed) {
    if (resumed.isEmpty()) {
      throw Refusal.of(Problem.NOT_STOPPED, what + " has stopped nowhere in this process");
    }
    return Reply.json(
        200, Map.of("resumed", resumed.stream().map(OperatorRoutes::described).toList()));
  }

  /** {@code POST} on a view's {@code rebuild}. */
  Reply rebuild(Context request, DomainSchema<?, ?> schema, View view) throws IOException {
    int rate = perSecond(RequestBody.read(request), EVENTS_PER_SECOND);
    return begun(
        operations.rebuild(schema, view, rate),
        Problem.REBUILD_UNDER_WAY,
        "the view " + view.name() + " is being built already; wait, or cancel that",
        schema,
        view);
  }

  /** The pace a body asks for in its only field; 0 for as fast as it can. */
  static int perSecond(JsonObject body, String field) {
    Map<?, ?> fields = JsonCodec.toRecord(body, Map.class);
    Object rate = fields.get(field);
    if (fields.isEmpty()) {
      return DEFAULT_PER_SECOND;
    }
    if (fields.size() == 1
        && rate instanceof Integer number
        && (number == 0 || (number >= SLOWEST && number <= FASTEST))) {
      return number;
    }
    throw Refusal.of(
        Problem.INVALID_PARAMETER,
        "the body may have one field, %s: a whole number from %d to %d, or 0 for as fast as it can"
            .formatted(field, SLOWEST, FASTEST));
  }

  /** {@code POST} on a view's {@code cancel}. */
  Reply cancel(Context request, DomainSchema<?, ?> schema, View view) {
    RequestHeaders.requireJsonBody(request);
    return begun(
        operations.cancel(schema, view),
        Problem.NOT_BUILDING,
        "the view " + view.name() + " is not being built beside one that serves",
        schema,
        view);
  }

  private static Reply begun(
      Answer<Integer> answer,
      String conflict,
      String detail,
      DomainSchema<?, ?> schema,
      View view) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("domain", schema.name());
    fields.put("view", view.name());
    return begun(answer, conflict, detail, fields);
  }

  /** Answers with these fields and the generation, or says what is in the way. */
  static Reply begun(
      Answer<Integer> answer, String conflict, String detail, Map<String, Object> fields) {
    return switch (answer) {
      case Answer.Found<Integer> found -> {
        fields.put("generation", found.value());
        yield Reply.json(202, fields);
      }
      case Answer.NotFound<Integer> notFound -> throw Refusal.of(conflict, detail);
      case Answer.NotYet<Integer> notYet -> throw Refusal.of(Answer.NOT_NOW, notYet.detail());
      case Answer.Unavailable<Integer> unavailable ->
          throw Refusal.of(unavailable.code(), unavailable.detail());
    };
  }
}

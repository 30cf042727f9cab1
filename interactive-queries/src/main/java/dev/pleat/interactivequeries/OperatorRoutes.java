package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.StoppedView;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What operators ask and do; the command line goes by these routes. Safe for many threads. */
final class OperatorRoutes {

  private final ViewOperations operations;

  OperatorRoutes(ViewOperations operations) {
    this.operations = operations;
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
    fields.put("view", report.view().name());
    fields.put("version", report.view().version());
    boolean stopped = report.parts().stream().anyMatch(part -> part.stopped().isPresent());
    fields.put("status", report.trouble().isPresent() ? "down" : stopped ? "stopped" : "serving");
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
    List<StoppedView> resumed = operations.resume(schema, view, skip);
    if (resumed.isEmpty()) {
      throw Refusal.of(
          Problem.NOT_STOPPED, "the view " + view.name() + " has stopped nowhere in this process");
    }
    return Reply.json(
        200, Map.of("resumed", resumed.stream().map(OperatorRoutes::described).toList()));
  }
}

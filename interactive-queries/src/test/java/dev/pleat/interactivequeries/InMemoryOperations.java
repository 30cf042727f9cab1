package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.StoppedView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Views that are where the test says, and note what is done with them. */
final class InMemoryOperations implements ViewOperations {

  private final List<Report> reports = new ArrayList<>();
  private final Map<String, Integer> building = new HashMap<>();
  private final List<String> resumed = new ArrayList<>();

  synchronized void report(Report report) {
    reports.add(report);
  }

  /** What was let go on, in order. */
  synchronized List<String> resumed() {
    return List.copyOf(resumed);
  }

  @Override
  public synchronized List<Report> reports() {
    return List.copyOf(reports);
  }

  @Override
  public synchronized Answer<List<StoppedView>> resume(
      DomainSchema<?, ?> schema, View view, boolean skip) {
    List<StoppedView> marks =
        reports.stream()
            .filter(report -> report.view().equals(view.name()))
            .flatMap(report -> report.parts().stream())
            .flatMap(part -> part.stopped().stream())
            .toList();
    if (!marks.isEmpty()) {
      resumed.add((skip ? "skip " : "continue ") + schema.name() + "/" + view.name());
    }
    return new Answer.Found<>(marks);
  }

  @Override
  public synchronized Answer<Integer> rebuild(
      DomainSchema<?, ?> schema, View view, int eventsPerSecond) {
    if (building.putIfAbsent(view.name(), eventsPerSecond) != null) {
      return new Answer.NotFound<>();
    }
    return new Answer.Found<>(2);
  }

  @Override
  public synchronized Answer<Integer> cancel(DomainSchema<?, ?> schema, View view) {
    return building.remove(view.name()) == null ? new Answer.NotFound<>() : new Answer.Found<>(2);
  }

  /** Views that are being built, and how fast. */
  synchronized Map<String, Integer> building() {
    return Map.copyOf(building);
  }
}

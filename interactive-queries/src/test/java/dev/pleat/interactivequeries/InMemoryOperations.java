package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.StoppedView;
import java.util.ArrayList;
import java.util.List;

/** Views that are where the test says, and note what is done with them. */
final class InMemoryOperations implements ViewOperations {

  private final List<Report> reports = new ArrayList<>();
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
  public synchronized List<StoppedView> resume(DomainSchema<?, ?> schema, View view, boolean skip) {
    List<StoppedView> marks =
        reports.stream()
            .filter(report -> report.view().equals(view))
            .flatMap(report -> report.parts().stream())
            .flatMap(part -> part.stopped().stream())
            .toList();
    if (!marks.isEmpty()) {
      resumed.add((skip ? "skip " : "continue ") + schema.name() + "/" + view.name());
    }
    return marks;
  }
}

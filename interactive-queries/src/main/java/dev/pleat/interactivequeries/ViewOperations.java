package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.StoppedView;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What an operator can see of the views of this process, and do with them. */
public interface ViewOperations {

  /**
   * A view.
   *
   * @param trouble why its application does not run
   * @param parts what it reads
   */
  record Report(String domain, View view, Optional<String> trouble, List<Part> parts) {
    /** Keeps its own copy of the parts. */
    public Report {
      parts = List.copyOf(parts);
    }
  }

  /**
   * One partition of the events a view is made from.
   *
   * @param position the offset up to which everything is folded; empty if nobody can say
   * @param end where the events end
   * @param stopped where and why the view stopped, if it did
   */
  record Part(
      String topic,
      int partition,
      OptionalLong position,
      OptionalLong end,
      Optional<StoppedView> stopped) {}

  /** All views. May ask the cluster. */
  List<Report> reports();

  /**
   * Lets a view go on wherever it has stopped in this process.
   *
   * @param skip whether the event at which it stopped is left out; else it is folded again
   * @return the marks at which it goes on; empty if it has stopped nowhere here
   */
  List<StoppedView> resume(DomainSchema<?, ?> schema, View view, boolean skip);
}

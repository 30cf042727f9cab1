package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.StoppedView;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What an operator can see of the views of this process, and do with them. */
public interface ViewOperations {

  /** What a generation of a view is for. */
  enum Status {
    /** It is asked. */
    SERVING,
    /** It is made from the events, and takes the other one's place once it shows as much. */
    BUILDING,
    /** This process does not run it: it is of another release, or is about to be deleted. */
    NOT_HERE
  }

  /**
   * A generation of a view: one making of it from the events.
   *
   * @param version the view's declared version it is made with
   * @param generation counts the makings of the view from 1
   * @param eventsPerSecond how fast it is built at most; 0 for as fast as it can
   * @param trouble why its application does not run
   * @param parts what it reads; empty if it does not run here
   */
  record Report(
      String domain,
      String view,
      int version,
      int generation,
      Status status,
      int eventsPerSecond,
      Optional<String> trouble,
      List<Part> parts) {
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

  /** All generations of all views. May ask the cluster. */
  List<Report> reports();

  /**
   * Lets a view go on wherever it has stopped, as far as this process can tell it to.
   *
   * @param skip whether the event at which it stopped is left out; else it is folded again
   * @return the marks at which it goes on; an empty list if it has stopped nowhere here
   */
  Answer<List<StoppedView>> resume(DomainSchema<?, ?> schema, View view, boolean skip);

  /**
   * Makes a view anew from the events beside the one that serves, which it replaces when it shows
   * as much.
   *
   * @param eventsPerSecond the most events each process reads a second; 0 for as many as it can
   * @return the number of the new generation; not found if one is being built already
   */
  Answer<Integer> rebuild(DomainSchema<?, ?> schema, View view, int eventsPerSecond);

  /**
   * Gives up what {@link #rebuild} began, and deletes it.
   *
   * @return the number of the generation; not found if none is being built beside one that serves
   */
  Answer<Integer> cancel(DomainSchema<?, ?> schema, View view);
}

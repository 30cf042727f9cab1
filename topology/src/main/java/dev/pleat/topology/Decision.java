package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import java.util.List;

/**
 * What a decider makes of a command: accepted with events, unchanged, or rejected with a reason.
 *
 * @param <E> the events
 */
public sealed interface Decision<E> {

  /**
   * The reason for a command that this actor may not send; every action may be rejected with it.
   */
  String NOT_AUTHORISED = DomainSchema.NOT_AUTHORISED;

  /**
   * The command changes its aggregate.
   *
   * @param events what happened, in order; never empty
   */
  record Accepted<E>(List<E> events) implements Decision<E> {
    /**
     * Keeps its own copy.
     *
     * @throws IllegalArgumentException if there are no events: that is {@link Unchanged}
     */
    public Accepted {
      events = List.copyOf(events);
      if (events.isEmpty()) {
        throw new IllegalArgumentException("accepted without an event: answer unchanged instead");
      }
    }
  }

  /** Nothing would change. */
  record Unchanged<E>() implements Decision<E> {}

  /**
   * The rules say no.
   *
   * @param reason one of the reasons the schema declares for the action
   * @param detail a sentence for a person
   */
  record Rejected<E>(String reason, String detail) implements Decision<E> {}

  /** Accepts with one event. */
  static <E> Decision<E> accept(E event) {
    return new Accepted<>(List.of(event));
  }

  /** Accepts with several events, which readers see all at once. */
  static <E> Decision<E> accept(List<E> events) {
    return new Accepted<>(events);
  }

  /** Nothing to do: no event is written. */
  static <E> Decision<E> unchanged() {
    return new Unchanged<>();
  }

  /** Refuses, with a reason the schema declares and a sentence for a person. */
  static <E> Decision<E> reject(String reason, String detail) {
    return new Rejected<>(reason, detail);
  }
}
